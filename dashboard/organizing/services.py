"""Putting rows into projects, tagging them, and marking favourites."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef

from dashboard.models import User
from dashboard.organizing.models import MAX_NAME, MAX_TAG, Project, Tag
from dashboard.organizing.organized_model import list_models

MAX_TAGS = 20  # on one row


def get_or_create_project(name: str, user: User) -> Project | None:
    """The project of this name, in upper or lower case; None for an empty name."""
    name = " ".join(name.split())[:MAX_NAME]
    if not name:
        return None
    if found := Project.objects.filter(name__iexact=name).first():
        return found
    try:
        with transaction.atomic():
            return Project.objects.create(name=name, made_by=user)
    except IntegrityError:  # somebody else has just made it
        return Project.objects.filter(name__iexact=name).first()


def parse_tags(text: str) -> list[str]:
    """The names in "spring, Museum": each once, at most MAX_TAGS."""
    names: dict[str, str] = {}
    for part in text.split(","):
        name = " ".join(part.split()).removeprefix("#")[:MAX_TAG]
        if name:
            names.setdefault(name.casefold(), name)
    return list(names.values())[:MAX_TAGS]


def get_or_create_tags(names: Iterable[str]) -> list[Tag]:
    return [tag for name in names if (tag := _get_or_create_tag(name))]


def _get_or_create_tag(name: str) -> Tag | None:
    if found := Tag.objects.filter(name__iexact=name).first():
        return found
    try:
        with transaction.atomic():
            return Tag.objects.create(name=name)
    except IntegrityError:
        return Tag.objects.filter(name__iexact=name).first()


def set_tags(row: Any, names: Sequence[str]) -> None:
    """Give a row exactly these tags."""
    with transaction.atomic():
        row.tags.set(get_or_create_tags(names))
        delete_unused_tags()


def add_tags(rows: Iterable[Any], names: Sequence[str]) -> None:
    tags = get_or_create_tags(names)
    for row in rows:
        row.tags.add(*tags)


def remove_tags(rows: Iterable[Any], names: Sequence[str]) -> None:
    with transaction.atomic():
        tags = [tag for name in names for tag in Tag.objects.filter(name__iexact=name)]
        for row in rows:
            row.tags.remove(*tags)
        delete_unused_tags()


def move(rows: Sequence[Any], project: Project | None) -> None:
    """Put rows of one model into a project, or out of any."""
    if rows:
        model = type(rows[0])
        model.objects.filter(pk__in=[row.pk for row in rows]).update(project=project)


def delete_unused_tags() -> None:
    unused = Tag.objects.all()
    for model in list_models():
        links = model.tags.through.objects.filter(tag=OuterRef("pk"))
        unused = unused.filter(~Exists(links))
    unused.delete()
