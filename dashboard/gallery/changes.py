"""What came and went elsewhere since a gallery was drawn: the poll behind "1 new video. Show".

A page knows by a mark where it stands: the newest key there was, and the moment. The poll sends it back with the
keys of what the page shows (gallery-changes.js), and gets nothing while nothing changed: one query that is answered
from indexes, however many rows there are. Search and filters are asked only about what is new.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from django.db.models import Model, Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django_htmx.http import trigger_client_event

from dashboard.gallery.filters import STATES, FindForm, Page

MOST_NEW = 99  # more than that are "99+"
MOST_SHOWN = 500  # a page has 24 or 30, and what was uploaded on it
# Filters whose rows come to them without being new: what was being made before is ready now.
ENDED = ("ready", "failed")


@dataclass(frozen=True)
class Mark:
    """Where a page stands. Taken before its rows are read: what comes in between is shown, and so never new."""

    newest: int
    moment: datetime

    @classmethod
    def take(cls, model: type[Model]) -> Self:
        newest = model.objects.order_by("-pk").values_list("pk", flat=True).first()
        return cls(newest or 0, timezone.now())

    @classmethod
    def read(cls, text: str) -> Self | None:
        """The mark that a page sends back, `str` of an earlier one; None for anything else."""
        found = re.fullmatch(r"([0-9]{1,18})-([0-9]{1,13})", text)
        if not found:
            return None
        newest, milliseconds = map(int, found.groups())
        return cls(newest, datetime.fromtimestamp(milliseconds / 1000, UTC))

    def __str__(self) -> str:
        return f"{self.newest}-{int(self.moment.timestamp() * 1000)}"


@dataclass(frozen=True)
class Changes:
    """What a page says of what came and went, and how it asks again."""

    gallery: "Gallery"
    mark: Mark
    form: FindForm | None = None
    page: str = ""  # its number, where it is not the first
    new: int = 0
    gone: int = 0
    added: int = 0  # newer than the mark, but shown already: uploaded on this very page

    @classmethod
    def since(cls, gallery: "Gallery", page: Page) -> Self:
        """Of a page that is just being drawn: nothing yet."""
        return cls(gallery, Mark(page.newest, page.read_at), page.form, page.as_asked)

    @property
    def stamp(self) -> str:
        """What the poll compares."""
        return f"{self.new}.{self.gone}.{self.added}"

    @property
    def words(self) -> str:
        """ "1 new video", "2 new videos, 1 deleted", "1 video was deleted"; nothing when nothing changed."""
        if not self.new:
            gone = f"{self.gone} {self.gallery.noun(self.gone)} {'was' if self.gone == 1 else 'were'} deleted"
            return gone if self.gone else ""
        number = f"{MOST_NEW}+" if self.new > MOST_NEW else str(self.new)
        new = f"{number} new {self.gallery.noun(self.new)}"
        return f"{new}, {self.gone} deleted" if self.gone else new

    @property
    def poll(self) -> str:
        """The address of the next poll: the filters in force, and what this page knows."""
        known = {"page": self.page, "mark": self.mark, "said": self.stamp}
        return reverse(f"{self.gallery.url_name}-changes") + _query(self._filters | known)

    @property
    def show(self) -> str:
        """Where the change is seen: what is new, first on the first page; what is gone, on the same page."""
        filters = self._filters | ({"sort": ""} if self.new else {"page": self.page})
        return reverse(self.gallery.url_name) + _query(filters)

    @property
    def has_results(self) -> bool:
        """Whether the page has a search, and results that can be replaced: not where nothing was there at all."""
        return self.form is not None and self.mark.newest > 0

    @property
    def is_in_place(self) -> bool:
        """Whether `show` has the order that the page has: then it is enough to replace the results."""
        return self.has_results and not (self.new and "sort" in self._filters)

    @property
    def _filters(self) -> dict[str, Any]:
        return dict(self.form.said) if self.form else {}


@dataclass(frozen=True)
class Gallery:
    """A list that tells what came and went elsewhere while somebody looks at it."""

    model: type[Model]
    one: str
    many: str
    url_name: str  # of the page; the poll's is the same and "-changes"
    form: type[FindForm] | None = None  # search and filters, where it has them

    def noun(self, number: int) -> str:
        return self.one if number == 1 else self.many

    def poll(self, request: HttpRequest) -> HttpResponse:
        """The answer to a page that asks: 204 while what it says is still true."""
        mark = Mark.read(request.GET.get("mark", ""))
        if mark is None:
            return HttpResponse(status=204)
        shown = {int(key) for key in re.findall(r"[0-9]{1,18}", request.GET.get("shown", ""))[:MOST_SHOWN]}
        asked = changed_since(mark, shown, request.GET.get("state", "") if self.form else "")
        there = set(self.model.objects.filter(asked).order_by().values_list("pk", flat=True))
        new = sorted(there - shown, reverse=True)[: MOST_NEW + 1]
        form = self.form(request.GET, request.user) if self.form and new else None
        number = form.find(self.model.objects.filter(pk__in=new)).count() if form else len(new)
        added = sum(key > mark.newest for key in shown & there)
        said = request.GET.get("said", "")
        if said == f"{number}.{len(shown - there)}.{added}":
            return HttpResponse(status=204)
        if self.form and not form:
            form = self.form(request.GET, request.user)
        page = request.GET.get("page", "")
        page = page if re.fullmatch(r"[0-9]{1,9}", page) else ""
        return self._tell(request, Changes(self, mark, form, page, number, len(shown - there), added), said)

    def _tell(self, request: HttpRequest, changes: Changes, said: str) -> HttpResponse:
        context: dict[str, Any] = {"changes": changes, "swapped": True}
        if changes.form:
            context["words"] = Page(changes.form, self.model.objects.all(), None).words(self.one, self.many)
        response = render(request, "_changes.html", context)
        before = [int(number) for number in re.findall(r"[0-9]{1,9}", said)[:2]] or [0, 0]
        if [changes.new, changes.gone] > before and changes.words:
            trigger_client_event(response, "announce", {"text": f"{changes.words}."})
        return response


def changed_since(mark: Mark, shown: set[int], state: str) -> Q:
    """What is new, what is shown (if it is still there), and what came to the state that is filtered by."""
    asked = Q(pk__gt=mark.newest) | Q(pk__in=shown)
    if state in ENDED:
        asked |= Q(state__in=STATES[state], state_since__gt=mark.moment)
    return asked


def _query(values: dict[str, Any]) -> str:
    query = QueryDict(mutable=True)
    query.update({name: str(value) for name, value in values.items() if value})
    return f"?{query.urlencode()}" if query else ""
