"""One page of a gallery.

Its cost does not grow with the number of rows: the keys of a page come from an index, and rows are counted only up to
a limit.
"""

import re
from collections.abc import Iterator
from typing import Generic, TypeVar

from django.db.models import Model, QuerySet, Subquery
from django.utils import timezone

from dashboard.gallery.filters import FilterForm
from dashboard.gallery.search_index import MAX_ROWS

M = TypeVar("M", bound=Model)

PER_PAGE = 24
MAX_COUNT = MAX_ROWS  # a search index has counted as far
MAX_PAGE = 100_000


class Page(Generic[M]):
    """The page of filtered rows that an address asks for. `total` is None for more than `min_total` rows."""

    def __init__(self, form: FilterForm, rows: QuerySet[M], number: str | None) -> None:
        self.form = form
        self.read_at = timezone.now()
        self.newest = 0  # the highest key of all rows, also those that do not match
        matching = form.apply(rows.order_by())
        self.number = min(int(number), MAX_PAGE) if number and re.fullmatch(r"[1-9]\d{0,8}", number) else 1
        self.total: int | None = None
        keys = self._load_keys(matching)
        if not keys and self.number > 1:  # beyond the end, for example after rows were deleted
            self.number = max(-(-matching.order_by().count() // PER_PAGE), 1)
            keys = self._load_keys(matching)
        self.has_next = len(keys) > PER_PAGE
        self.min_total = MAX_COUNT
        if self.has_next and form.is_costly:
            self.min_total = max(form.min_total, self.number * PER_PAGE)
        elif self.has_next:
            count = matching.order_by().values("pk")[: MAX_COUNT + 1].count()
            self.total = count if count <= MAX_COUNT else None
        else:
            self.total = (self.number - 1) * PER_PAGE + len(keys)
        self.keys = keys[:PER_PAGE]

    def _load_keys(self, matching: QuerySet[M]) -> list[int]:
        """The keys of this page and one more. Only keys, which an index has: skipped rows are never read."""
        start = (self.number - 1) * PER_PAGE
        newest = matching.model._default_manager.order_by("-pk").values("pk")[:1]
        rows = list(matching.values_list("pk", Subquery(newest))[start : start + PER_PAGE + 1])
        self.newest = rows[0][1] if rows else newest.values_list("pk", flat=True).first() or 0
        return [pk for pk, _ in rows]

    def load(self, rows: QuerySet[M]) -> list[M]:
        """The rows of this page, in its order, from a query set with the columns that are needed."""
        by_key = {row.pk: row for row in rows.filter(pk__in=self.keys)}
        return [by_key[key] for key in self.keys if key in by_key]

    @property
    def number_in_address(self) -> str:
        """Empty for the first page."""
        return str(self.number) if self.number > 1 else ""

    @property
    def has_other_pages(self) -> bool:
        return self.has_next or self.number > 1

    @property
    def previous(self) -> str:
        return self._address(self.number - 1)

    @property
    def next(self) -> str:
        return self._address(self.number + 1)

    @property
    def numbers(self) -> Iterator[tuple[int, str]]:
        """Page numbers to link to, with their addresses; 0 stands for a gap."""
        if self.total is None:
            last = self.number + 2
            linked = sorted({1, *range(max(self.number - 1, 1), last)})
        else:
            last = -(-self.total // PER_PAGE)
            linked = sorted({1, *range(max(self.number - 1, 1), min(self.number + 1, last) + 1), last})
        before = 0
        for number in linked:
            if number - before > 1:
                yield 0, ""
            yield number, self._address(number)
            before = number
        if self.total is None:
            yield 0, ""

    def _address(self, number: int) -> str:
        return self.form.query_string(page=number if number > 1 else 0)

    def describe_total(self, one: str, many: str) -> str:
        """ "1 video", "1,204 videos", "More than 2,400 videos"."""
        if self.total is None:
            return f"More than {self.min_total:,} {many}"
        return f"{self.total:,} {one if self.total == 1 else many}"
