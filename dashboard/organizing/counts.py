"""How many videos, avatars and voices are in each project and have each tag."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet

from dashboard.organizing.models import Project, Tag
from dashboard.organizing.organized_model import list_models


@dataclass(frozen=True)
class RowCount:
    """How many of one kind there are."""

    gallery: str  # the name of its address
    words: str  # "3 videos"


def list_with_counts(model: type[Project] | type[Tag]) -> list[Any]:
    """All of them, each with its `counts`, without what is in the trash: one query for each kind."""
    counts: dict[int, list[RowCount]] = defaultdict(list)
    for kind in list_models():
        meta = kind._meta
        grouped: QuerySet[Any] = kind.objects.order_by()
        name = "project" if model is Project else "tags"
        grouped = grouped.exclude(**{name: None}).values_list(name).annotate(Count("pk"))
        for key, number in grouped:
            words = f"{number:,} {meta.verbose_name if number == 1 else meta.verbose_name_plural}"
            counts[key].append(RowCount(str(meta.verbose_name_plural), words))
    rows: list[Any] = list(model.objects.all())
    for row in rows:
        row.counts = counts[row.pk]
    return rows
