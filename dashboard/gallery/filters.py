"""The search, filters and order of a gallery, as a form that reads them from the page's address."""

import itertools
import re
from datetime import timedelta
from typing import Any, TypeVar, cast

from django import forms
from django.db.models import Model, Q, QuerySet
from django.db.models.functions import Lower
from django.forms.utils import flatatt
from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from dashboard.gallery.search_index import MAX_ROWS, MIN_LETTERS, SearchIndex
from dashboard.jobs.provider_job import ACTIVE_STATES, ProviderState
from dashboard.models import User

M = TypeVar("M", bound=Model)

MAX_WORDS = 6
MAX_NON_ASCII_LETTERS = 2
STATE_GROUPS = {
    "ready": (ProviderState.READY,),
    "making": ACTIVE_STATES,
    "failed": (ProviderState.FAILED, ProviderState.UNSURE, ProviderState.CANCELLED),
}
DAYS = {"today": 0, "week": 6, "month": 29}
SELECTED = mark_safe(" selected")
ELSEWHERE = "0"  # the "person" of rows that a sync created


def contains(column: str, word: str) -> Q:
    """Whether the column contains the word, in upper or lower case.

    SQLite's LIKE knows the case of ASCII letters only, so other letters are tried in both cases; a word with many of
    them (Greek, Russian) needs a slower regular expression.
    """
    variants = [{c.lower(), c.upper()} if not c.isascii() and len(c.upper()) == 1 else {c} for c in word]
    if sum(len(letters) > 1 for letters in variants) > MAX_NON_ASCII_LETTERS:
        return Q(**{f"{column}__iregex": re.escape(word)})
    found = Q()
    for letters in itertools.product(*variants):
        found |= Q(**{f"{column}__icontains": "".join(letters)})
    return found


class Select(forms.Select):
    """Like Django's own, which renders a template for each option: too slow for many people or avatars."""

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        selected = self.format_value(value)
        options = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            ((key, SELECTED if str(key) in selected else "", label) for key, label in self.choices),
        )
        attributes = flatatt({"name": name, **self.build_attrs(self.attrs, attrs)})
        return format_html("<select{}>{}</select>", attributes, options)


class ChoiceField(forms.ChoiceField):
    widget = Select


class FilterForm(forms.Form):
    """Search, filters and order. Invalid values are ignored, so that an old link still shows a page."""

    NAME_COLUMN = "name"
    SEARCH_INDEX: SearchIndex | None = None
    ORDERS: dict[str, tuple[Any, ...]] = {
        "": ("-created_at", "-pk"),
        "oldest": ("created_at", "pk"),
        "name": (Lower("name"), "pk"),
    }
    SORTS = [("", "Newest first"), ("oldest", "Oldest first"), ("name", "By name")]

    q = forms.CharField(required=False, max_length=100, label="Search", widget=forms.SearchInput)
    state = ChoiceField(
        required=False,
        label="State",
        choices=[("", "All states"), ("ready", "Ready"), ("making", "In progress"), ("failed", "Failed")],
    )
    person = ChoiceField(required=False, label="Person")
    made = ChoiceField(
        required=False,
        label="Date",
        choices=[("", "Any time"), ("today", "Today"), ("week", "Last 7 days"), ("month", "Last 30 days")],
    )
    sort = ChoiceField(required=False, label="Order")

    # After `apply`: whether a count of the rows would take long, and more than how many there are for sure.
    is_costly = False
    min_total = 0

    def __init__(self, data: QueryDict, user: User) -> None:
        super().__init__(data)
        self.fields["q"].widget.attrs |= {"placeholder": "Search", "autocomplete": "off", "dir": "auto"}
        self.set_choices(user)
        self.is_valid()

    def set_choices(self, user: User) -> None:
        """Fill the selects whose options depend on the database or on the person."""
        people = list(User.objects.order_by(Lower("name"), "pk").values_list("pk", "name", "email"))
        others = [(str(pk), name or email) for pk, name, email in people if pk != user.pk]
        self.choice_field("sort").choices = self.SORTS
        self.choice_field("person").choices = [
            ("", "Anyone"),
            (str(user.pk), "Made by me"),
            *others,
            (ELSEWHERE, "Made elsewhere"),
        ]

    def choice_field(self, name: str) -> ChoiceField:
        return cast(ChoiceField, self.fields[name])

    @property
    def selects(self) -> list[forms.BoundField]:
        return [field for field in self.visible_fields() if field.name not in ("q", "sort")]

    @cached_property
    def active(self) -> dict[str, str]:
        """The values that are set, by field."""
        data = getattr(self, "cleaned_data", {})
        return {name: str(data[name]) for name in self.fields if data.get(name)}

    @property
    def is_narrowed(self) -> bool:
        """Whether a search or a filter is set."""
        return any(name != "sort" for name in self.active)

    def query_string(self, **more: Any) -> str:
        """The active values, and `more`, as the query of an address."""
        return encode_query(self.active | more) or "?"

    def match_word(self, word: str) -> Q:
        """The rows in which a word of the search occurs."""
        people = User.objects.filter(contains("name", word))
        return contains(self.NAME_COLUMN, word) | Q(made_by_id__in=people.values("pk"))

    def apply(self, rows: QuerySet[M]) -> QuerySet[M]:
        """The rows that match, in the chosen order."""
        active = self.active
        words = active.get("q", "").split()[:MAX_WORDS]
        if self.SEARCH_INDEX and self.SEARCH_INDEX.can_match(words):
            if (match := self.SEARCH_INDEX.match_all(words)) is not None:
                rows = rows.filter(match)
                words = [word for word in words if len(word) < MIN_LETTERS]
            else:
                # Words that narrow it further, or filters, may leave fewer; to know that, all rows would be read.
                is_narrower = set(active) - {"q", "sort"} or any(len(word) < MIN_LETTERS for word in words)
                self.is_costly, self.min_total = True, 0 if is_narrower else MAX_ROWS
        for word in words:
            rows = rows.filter(self.match_word(word))
        if state := active.get("state"):
            rows = rows.filter(state__in=STATE_GROUPS[state])
        if person := active.get("person"):
            rows = rows.filter(made_by=None if person == ELSEWHERE else int(person))
        if made := active.get("made"):
            midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
            rows = rows.filter(created_at__gte=midnight - timedelta(days=DAYS[made]))
        return rows.order_by(*self.ORDERS[active.get("sort", "")])


def encode_query(values: dict[str, Any]) -> str:
    """The values that are not empty as "?name=value&…", or an empty string."""
    query = QueryDict(mutable=True)
    query.update({name: str(value) for name, value in values.items() if value})
    return f"?{query.urlencode()}" if query else ""
