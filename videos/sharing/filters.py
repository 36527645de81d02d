"""Search, state and order of the owners' list of links."""

from typing import TypeVar

from django.db.models import Model, Q, QuerySet
from django.utils import timezone

from dashboard.gallery.filters import ChoiceField, FilterForm, contains

M = TypeVar("M", bound=Model)


class ShareFilterForm(FilterForm):
    ORDERS = {"": ("-created_at", "-pk"), "oldest": ("created_at", "pk")}
    SORTS = [("", "Newest first"), ("oldest", "Oldest first")]

    state = ChoiceField(
        required=False,
        label="State",
        choices=[("", "All states"), ("on", "Works"), ("off", "Switched off"), ("over", "Ended")],
    )
    made = None  # type: ignore[assignment]  # Django's way to leave out a field of the parent
    field_order = ["q", "state", "person", "sort"]

    def apply(self, rows: QuerySet[M]) -> QuerySet[M]:
        active, over = self.active, Q(expires_at__lte=timezone.now())
        for word in active.get("q", "").split():
            rows = rows.filter(contains("video__title", word) | contains("note", word))
        if state := active.get("state"):
            states = {"on": Q(revoked_at=None) & ~over, "off": Q(revoked_at__isnull=False), "over": over}
            rows = rows.filter(states[state])
        if person := active.get("person"):
            rows = rows.filter(made_by_id=None if person == "0" else int(person))
        return rows.order_by(*self.ORDERS[active.get("sort", "")])
