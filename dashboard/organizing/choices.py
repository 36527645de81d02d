"""What a gallery offers to choose: projects, tags, and the filters that a person saved, with one query."""

import functools
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import CharField, Value

from dashboard.models import User
from dashboard.organizing.models import Project, SavedFilter, Tag

_PERSON, _GALLERY = -1, "gallery"  # stand for the real ones in the query that is composed only once


@dataclass(frozen=True)
class Saved:
    """A saved filter."""

    pk: int
    name: str
    query: str


@dataclass(frozen=True)
class Choices:
    """Each sorted by name."""

    projects: list[tuple[str, str]] = field(default_factory=list)  # key and name
    tags: list[tuple[str, str]] = field(default_factory=list)
    saved: list[Saved] = field(default_factory=list)


def load_choices(user: User, gallery: str) -> Choices:
    """What this person can choose in this gallery."""
    sql, parameters = _query(connection.vendor)
    real: dict[Any, Any] = {_PERSON: user.pk, _GALLERY: gallery}
    with connection.cursor() as cursor:
        cursor.execute(sql, [real.get(value, value) for value in parameters])
        rows = sorted(cursor.fetchall(), key=lambda row: (str(row[2]).casefold(), row[1]))
    choices = Choices()
    for kind, pk, name, query in rows:
        if kind == "filter":
            choices.saved.append(Saved(pk, name, query))
        else:
            (choices.projects if kind == "project" else choices.tags).append((str(pk), name))
    return choices


@functools.cache
def _query(vendor: str) -> tuple[str, tuple[Any, ...]]:
    def columns(kind: str, rows: Any, query: Any) -> Any:
        return rows.order_by().values_list(Value(kind, CharField()), "pk", "name", query)

    nothing = Value("", CharField())
    saved = SavedFilter.objects.filter(user=_PERSON, gallery=_GALLERY)
    union = columns("project", Project.objects.all(), nothing).union(
        columns("tag", Tag.objects.all(), nothing), columns("filter", saved, "query"), all=True
    )
    sql, parameters = union.query.sql_with_params()
    return sql, tuple(parameters)
