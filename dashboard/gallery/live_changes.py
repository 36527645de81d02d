"""Rows that were added or deleted elsewhere since a gallery was loaded: the poll behind "1 new video. Show".

A page has a mark: the newest key and the time when it was loaded. The poll (gallery-changes.js) sends the mark back
with the keys that the page shows, and gets 204 while nothing has changed: one query that indexes answer, however many
rows there are. Search and filters are applied only to new rows.
"""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Self

from django.db.models import Model, Q
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django_htmx.http import trigger_client_event

from dashboard.gallery.filters import STATE_GROUPS, FilterForm, encode_query
from dashboard.gallery.pagination import Page
from dashboard.request import Request
from dashboard.trash.trashable_model import TrashableModel

MAX_NEW = 99  # more are shown as "99+"
MAX_SHOWN = 500  # a page shows 24 or 30 rows, and what was uploaded on it
# Filters by these states get old rows too: those that were being made when the page was loaded.
END_STATES = ("ready", "failed")


@dataclass(frozen=True)
class Mark:
    """When a page was loaded. Taken before its rows are read: rows added in between are shown, and so never new."""

    newest: int
    moment: datetime

    @classmethod
    def now(cls, model: type[Model]) -> Self:
        newest = model._default_manager.order_by("-pk").values_list("pk", flat=True).first()
        return cls(newest or 0, timezone.now())

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The mark of which `text` is the `str`; None for anything else."""
        match = re.fullmatch(r"([0-9]{1,18})-([0-9]{1,13})", text)
        if not match:
            return None
        newest, milliseconds = map(int, match.groups())
        return cls(newest, datetime.fromtimestamp(milliseconds / 1000, UTC))

    def __str__(self) -> str:
        return f"{self.newest}-{int(self.moment.timestamp() * 1000)}"


@dataclass(frozen=True)
class Changes:
    """What a page says about added and deleted rows, and the addresses of its next poll and of the rows."""

    gallery: "Gallery"
    mark: Mark
    form: FilterForm | None = None
    page: str = ""  # its number, empty for the first
    new: int = 0
    deleted: int = 0
    uploaded: int = 0  # newer than the mark, but shown already: uploaded on this page

    @classmethod
    def none_yet(cls, gallery: "Gallery", page: Page[Any]) -> Self:
        """For a page that is being loaded."""
        return cls(gallery, Mark(page.newest, page.read_at), page.form, page.number_in_address)

    @property
    def stamp(self) -> str:
        """What the page says now; the poll sends it back to hear only of changes."""
        return f"{self.new}.{self.deleted}.{self.uploaded}"

    @property
    def words(self) -> str:
        """ "1 new video", "2 new videos, 1 deleted", "1 video was deleted"; nothing when nothing changed."""
        if not self.new:
            verb = "was" if self.deleted == 1 else "were"
            noun = self.gallery.noun(self.deleted)
            return f"{self.deleted} {noun} {verb} deleted" if self.deleted else ""
        number = f"{MAX_NEW}+" if self.new > MAX_NEW else str(self.new)
        new = f"{number} new {self.gallery.noun(self.new)}"
        return f"{new}, {self.deleted} deleted" if self.deleted else new

    @property
    def poll_url(self) -> str:
        state = {"page": self.page, "mark": self.mark, "said": self.stamp}
        return reverse(f"{self.gallery.url_name}-changes") + encode_query(self._filters | state)

    @property
    def show_url(self) -> str:
        """Where the change is seen: new rows at the top of the first page, deleted ones on the same page."""
        filters = self._filters | ({"sort": ""} if self.new else {"page": self.page})
        return reverse(self.gallery.url_name) + encode_query(filters)

    @property
    def has_results(self) -> bool:
        """Whether the page has results that can be replaced: an empty gallery has none."""
        return self.form is not None and self.mark.newest > 0

    @property
    def is_in_place(self) -> bool:
        """Whether `show_url` keeps the order of the page: then it is enough to replace the results."""
        return self.has_results and not (self.new and "sort" in self._filters)

    @property
    def _filters(self) -> dict[str, Any]:
        return dict(self.form.active) if self.form else {}


@dataclass(frozen=True)
class Gallery:
    """A list of rows whose page tells what was added or deleted elsewhere."""

    model: type[Model]
    one: str
    many: str
    url_name: str  # of the page; the poll has the same with "-changes" at its end
    form: type[FilterForm] | None = None  # search and filters, if it has them

    def noun(self, number: int) -> str:
        return self.one if number == 1 else self.many

    def poll(self, request: Request) -> HttpResponse:
        """The answer to a poll: 204 while what the page says is still true."""
        mark = Mark.parse(request.GET.get("mark", ""))
        if mark is None:
            return HttpResponse(status=204)
        shown = {int(key) for key in re.findall(r"[0-9]{1,18}", request.GET.get("shown", ""))[:MAX_SHOWN]}
        rows = self.model._default_manager.all()
        match = match_changed(mark, shown, request.GET.get("state", "") if self.form else "")
        existing = self._find_existing(match)
        new = sorted(existing - shown, reverse=True)[: MAX_NEW + 1]
        form = self.form(request.GET, request.user) if self.form and new else None
        changes = Changes(
            self,
            mark,
            page=_parse_page(request.GET.get("page", "")),
            new=form.apply(rows.filter(pk__in=new)).count() if form else len(new),
            deleted=len(shown - existing),
            uploaded=sum(key > mark.newest for key in shown & existing),
        )
        said = request.GET.get("said", "")
        if said == changes.stamp:
            return HttpResponse(status=204)
        if self.form and not form:
            form = self.form(request.GET, request.user)
        return self._render(request, replace(changes, form=form), said)

    def _find_existing(self, match: Q) -> set[int]:
        """The rows that match and are not in the trash: with that as a condition, SQLite would read a whole index."""
        rows = self.model._base_manager.filter(match).order_by()
        if not issubclass(self.model, TrashableModel):
            return set(rows.values_list("pk", flat=True))
        return {pk for pk, trashed_at in rows.values_list("pk", "trashed_at") if trashed_at is None}

    def _render(self, request: Request, changes: Changes, said: str) -> HttpResponse:
        context: dict[str, Any] = {"changes": changes, "swapped": True}
        if changes.form:
            page = Page(changes.form, self.model._default_manager.all(), None)
            context["words"] = page.describe_total(self.one, self.many)
        response = render(request, "_changes.html", context)
        before = [int(number) for number in re.findall(r"[0-9]{1,9}", said)[:2]] or [0, 0]
        if [changes.new, changes.deleted] > before and changes.words:
            trigger_client_event(response, "announce", {"text": f"{changes.words}."})
        return response


def match_changed(mark: Mark, shown: set[int], state: str) -> Q:
    """New rows, shown rows that still exist, and rows that have come to the `state` of the filter."""
    match = Q(pk__gt=mark.newest) | Q(pk__in=shown)
    if state in END_STATES:
        match |= Q(state__in=STATE_GROUPS[state], state_since__gt=mark.moment)
    return match


def _parse_page(number: str) -> str:
    return number if re.fullmatch(r"[0-9]{1,9}", number) else ""
