"""Activity: the page of the audit log for owners and admins, with filters, and as a sheet."""

from datetime import timedelta
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet
from django.db.models.functions import Lower
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dashboard.audit.models import KEEP_DAYS, KINDS, Action, AuditEntry
from dashboard.audit.subjects import find_subjects
from dashboard.files.sheet_writer import Sheet, attach
from dashboard.gallery.filters import DAYS, ChoiceField, FilterForm, contains
from dashboard.gallery.pagination import Page
from dashboard.gallery.rendering import render_gallery
from dashboard.models import User
from dashboard.permissions import Permission, requires
from dashboard.request import Request

M = TypeVar("M", bound=Model)

NOBODY = "0"  # the "person" of entries without one
MAX_ROWS = 100_000
HEADER = ("time", "person", "action", "what", "address")


class AuditFilterForm(FilterForm):
    """Search, action, person, time and order of the log."""

    ORDERS = {"": ("-at", "-pk"), "oldest": ("at", "pk")}
    SORTS = [("", "Newest first"), ("oldest", "Oldest first")]

    state = None  # type: ignore[assignment]  # Django's way to leave out a field of the parent
    kind = ChoiceField(
        required=False,
        label="Kind",
        choices=[("", "All kinds"), *((kind, words) for kind, (words, actions) in KINDS.items() if actions)],
    )
    action = ChoiceField(required=False, label="Action", choices=[("", "All actions"), *Action.choices])
    field_order = ["q", "kind", "action", "person", "made", "sort"]

    def set_choices(self, user: User) -> None:
        people = User.objects.order_by(Lower("name"), "pk")
        names = [(str(person.pk), str(person)) for person in people]
        self.choice_field("sort").choices = self.SORTS
        self.choice_field("person").choices = [("", "Anyone"), *names, (NOBODY, "Nobody signed in")]

    def apply(self, rows: QuerySet[M]) -> QuerySet[M]:
        active = self.active
        for word in active.get("q", "").split():
            rows = rows.filter(
                contains("subject", word) | contains("actor", word) | Q(address__startswith=word)
            )
        if kind := active.get("kind"):
            rows = rows.filter(action__in=KINDS[kind][1])
        if action := active.get("action"):
            rows = rows.filter(action=action)
        if person := active.get("person"):
            rows = rows.filter(actor_id=None if person == NOBODY else int(person))
        if made := active.get("made"):
            midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
            rows = rows.filter(at__gte=midnight - timedelta(days=DAYS[made]))
        return rows.order_by(*self.ORDERS[active.get("sort", "")])


@require_safe
@never_cache
@requires(Permission.SEE_ACTIVITY)
def audit(request: Request) -> HttpResponse:
    form = AuditFilterForm(request.GET, request.user)
    page = Page(form, AuditEntry.objects.all(), request.GET.get("page"))
    context: dict[str, Any] = {
        "form": form,
        "page": page,
        "words": page.describe_total("entry", "entries"),
        "entries": (entries := page.load(AuditEntry.objects.all())),
        "subjects": find_subjects(entries),
        "people": User.objects.in_bulk({entry.actor_id for entry in entries if entry.actor_id}),
        "query": form.query_string().removesuffix("?"),
        "days": KEEP_DAYS,
    }
    return render_gallery(request, "audit", context)


@require_safe
@never_cache
@requires(Permission.SEE_ACTIVITY)
def download(request: Request) -> HttpResponse:
    """The entries that the filters leave, as CSV; times are in UTC."""
    rows = AuditFilterForm(request.GET, request.user).apply(AuditEntry.objects.all())[:MAX_ROWS]
    lines = (
        (f"{entry.at:%Y-%m-%d %H:%M:%S}", entry.actor, entry.action_label, entry.subject, entry.address or "")
        for entry in rows.iterator()
    )
    return attach("csv", f"Activity {timezone.localtime():%Y-%m-%d}", Sheet("Activity", [HEADER, *lines]))
