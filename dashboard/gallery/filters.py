"""Finding something again in a gallery: what its address asks for, and one page of what was found.

Nothing here grows with the number of rows: a page is looked up by the keys that an index delivers in order, and
what is counted is counted up to a bound, because nobody reads "page 4167".
"""

import itertools
import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import Model, Q, QuerySet, Subquery
from django.db.models.functions import Lower
from django.forms.utils import flatatt
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django_htmx.http import push_url, trigger_client_event

from dashboard.gallery.search_index import LEAST_LETTERS, Index
from dashboard.jobs.provider_job import ACTIVE_STATES, ProviderState
from dashboard.models import User

PER_PAGE = 24
COUNT_UP_TO = 100 * PER_PAGE
MOST_WORDS = 6
MOST_LETTERS = 2
MOST_CHOSEN = 200
STATES = {
    "ready": (ProviderState.READY,),
    "making": ACTIVE_STATES,
    "failed": (ProviderState.FAILED, ProviderState.UNSURE, ProviderState.CANCELLED),
}
DAYS = {"today": 0, "week": 6, "month": 29}
SELECTED = mark_safe(" selected")
ELSEWHERE = "0"  # the "person" of what was brought in from the provider


def contains(column: str, word: str) -> Q:
    """Whether the column has the word in it, in capitals or not.

    SQLite's LIKE knows the capitals of English alone, so letters with two forms beyond it are asked for in both;
    words with many of them (Greek, Russian) pay for a regular expression.
    """
    written = [{c.lower(), c.upper()} if not c.isascii() and len(c.upper()) == 1 else {c} for c in word]
    if sum(len(both) > 1 for both in written) > MOST_LETTERS:
        return Q(**{f"{column}__iregex": re.escape(word)})
    found = Q()
    for letters in itertools.product(*written):
        found |= Q(**{f"{column}__icontains": "".join(letters)})
    return found


class Select(forms.Select):
    """Django's own, written in one go: that one renders a template for each option, and people and avatars are many."""

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        chosen = self.format_value(value)
        options = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            ((key, SELECTED if str(key) in chosen else "", label) for key, label in self.choices),
        )
        said = flatatt({"name": name, **self.build_attrs(self.attrs, attrs)})
        return format_html("<select{}>{}</select>", said, options)


class ChoiceField(forms.ChoiceField):
    widget = Select


class FindForm(forms.Form):
    """Search, filters and order. Whatever makes no sense counts as not said: an old link still shows a page."""

    NAME = "name"
    WORDS: Index | None = None
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
        choices=[("", "Any state"), ("ready", "Ready"), ("making", "Being made"), ("failed", "Not made")],
    )
    person = ChoiceField(required=False, label="Person")
    made = ChoiceField(
        required=False,
        label="Date",
        choices=[("", "Any time"), ("today", "Today"), ("week", "Last 7 days"), ("month", "Last 30 days")],
    )
    sort = ChoiceField(required=False, label="Order")

    def __init__(self, data: QueryDict, user: User) -> None:
        super().__init__(data)
        self.offer(user)
        self.is_valid()

    def offer(self, user: User) -> None:
        """Fill the selects with what can be chosen now."""
        self.fields["sort"].choices = self.SORTS
        people = list(User.objects.order_by(Lower("name"), "pk").values_list("pk", "name", "email"))
        others = [(str(pk), name or email) for pk, name, email in people if pk != user.pk]
        self.fields["person"].choices = [
            ("", "Anybody"),
            (str(user.pk), "Made by me"),
            *others,
            (ELSEWHERE, "Made elsewhere"),
        ]
        self.fields["q"].widget.attrs |= {"placeholder": "Search", "autocomplete": "off", "dir": "auto"}

    @property
    def selects(self) -> list[forms.BoundField]:
        return [field for field in self.visible_fields() if field.name not in ("q", "sort")]

    @cached_property
    def said(self) -> dict[str, str]:
        """What was asked for, without what was left open."""
        data = getattr(self, "cleaned_data", {})
        return {name: str(data[name]) for name in self.fields if data.get(name)}

    @property
    def is_narrowed(self) -> bool:
        return any(name != "sort" for name in self.said)

    def address(self, **more: Any) -> str:
        query = QueryDict(mutable=True)
        query.update(self.said | {name: str(value) for name, value in more.items() if value})
        return f"?{query.urlencode()}" if query else "?"

    def mentions(self, word: str) -> Q:
        """Rows that a word of the search finds."""
        people = User.objects.filter(contains("name", word))
        return contains(self.NAME, word) | Q(made_by_id__in=people.values("pk"))

    def find(self, rows: QuerySet) -> QuerySet:
        said = self.said
        words = said.get("q", "").split()[:MOST_WORDS]
        if self.WORDS and (having := self.WORDS.having(words)) is not None:
            rows = rows.filter(having)
            words = [word for word in words if len(word) < LEAST_LETTERS]
        for word in words:
            rows = rows.filter(self.mentions(word))
        if state := said.get("state"):
            rows = rows.filter(state__in=STATES[state])
        if person := said.get("person"):
            rows = rows.filter(made_by=None if person == ELSEWHERE else int(person))
        if made := said.get("made"):
            midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
            rows = rows.filter(created_at__gte=midnight - timedelta(days=DAYS[made]))
        return rows.order_by(*self.ORDERS[said.get("sort", "")])


class Page:
    """One page of what was found. `total` is None where there is more than anybody would count."""

    def __init__(self, form: FindForm, rows: QuerySet, asked: str | None) -> None:
        self.form = form
        self.read_at = timezone.now()
        self.newest = 0  # the highest key there is, found or not
        found = form.find(rows.order_by())
        self.number = min(int(asked), 100_000) if asked and re.fullmatch(r"[1-9]\d{0,8}", asked) else 1
        self.total: int | None = None
        keys = self._keys(found)
        if not keys and self.number > 1:  # beyond the end, for example after much was deleted
            count = found.order_by().count()
            self.number = max(-(-count // PER_PAGE), 1)
            keys = self._keys(found)
        self.has_next = len(keys) > PER_PAGE
        before = (self.number - 1) * PER_PAGE
        if self.has_next:
            count = found.order_by().values("pk")[: COUNT_UP_TO + 1].count()
            self.total = count if count <= COUNT_UP_TO else None
        else:
            self.total = before + len(keys)
        self.keys = keys[:PER_PAGE]

    def _keys(self, found: QuerySet) -> list[int]:
        """The keys alone, which an index has: rows that are skipped are never read."""
        start = (self.number - 1) * PER_PAGE
        newest = found.model.objects.order_by("-pk").values("pk")[:1]
        rows = list(found.values_list("pk", Subquery(newest))[start : start + PER_PAGE + 1])
        self.newest = rows[0][1] if rows else newest.values_list("pk", flat=True).first() or 0
        return [pk for pk, _ in rows]

    def load(self, rows: QuerySet) -> list[Any]:
        by_key = {row.pk: row for row in rows.filter(pk__in=self.keys)}
        return [by_key[key] for key in self.keys if key in by_key]

    @property
    def as_asked(self) -> str:
        """Its number in an address, which the first page does without."""
        return str(self.number) if self.number > 1 else ""

    @property
    def has_other_pages(self) -> bool:
        return self.has_next or self.number > 1

    @property
    def previous(self) -> str:
        return self.form.address(page=self.number - 1 if self.number > 2 else 0)

    @property
    def next(self) -> str:
        return self.form.address(page=self.number + 1)

    @property
    def numbers(self) -> Iterable[tuple[int, str]]:
        """Pages to go to, with their addresses; 0 stands for those that are left out."""
        if self.total is None:
            last = self.number + 2
            shown = sorted({1, *range(max(self.number - 1, 1), last)})
        else:
            last = -(-self.total // PER_PAGE)
            shown = sorted({1, *range(max(self.number - 1, 1), min(self.number + 1, last) + 1), last})
        before = 0
        for number in shown:
            if number - before > 1:
                yield 0, ""
            yield number, self.form.address(page=number if number > 1 else 0)
            before = number
        if self.total is None:
            yield 0, ""

    def words(self, one: str, many: str) -> str:
        """ "1 video", "1,204 videos", "More than 2,400 videos"."""
        if self.total is None:
            return f"More than {COUNT_UP_TO:,} {many}"
        return f"{self.total:,} {one if self.total == 1 else many}"


def is_part(request: HttpRequest) -> bool:
    """The search asks for the results alone, everybody else for the page."""
    return (
        bool(request.htmx) and request.htmx.target == "results" and not request.htmx.history_restore_request
    )


def answered(request: HttpRequest, response: HttpResponse, form: FindForm, words: str) -> HttpResponse:
    # One address has two answers: a browser must not show the part for the page when somebody goes back.
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    if is_part(request):
        page = request.GET.get("page", "")
        push_url(
            response, request.path + form.address(page=page if page.isdecimal() else "").removesuffix("?")
        )
        trigger_client_event(response, "announce", {"text": words})
    return response


def chosen(data: QueryDict) -> list[int]:
    """The keys of what was selected on a gallery's page."""
    return [int(key) for key in data.getlist("pk")[:MOST_CHOSEN] if re.fullmatch(r"\d{1,18}", key)]


def what_was_deleted(deleted: int, left: int, one: str, many: str) -> str:
    sentence = f"{deleted} {one if deleted == 1 else many} deleted." if deleted else "Nothing was deleted."
    if left:
        sentence += f" {left} {'was' if left == 1 else 'were'} left: only who made them and the owner may delete them."
    return sentence


def mine_and_others(rows: Iterable[Model], user: User) -> tuple[list[Any], int]:
    rows = list(rows)
    mine = [row for row in rows if user.may_change(row)]
    return mine, len(rows) - len(mine)
