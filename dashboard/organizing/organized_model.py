"""What videos, avatars and voices have in common: a project, tags, and who likes them best."""

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.db import models

from dashboard.models import User
from dashboard.organizing.models import Project, Tag


class OrganizedModel(models.Model):
    """Something that can be in a project, have tags and be a favourite of people."""

    # Every subclass has an index that begins with this column and goes on with the date.
    project = models.ForeignKey(
        Project, null=True, blank=True, on_delete=models.SET_NULL, related_name="%(class)ss", db_index=False
    )
    tags = models.ManyToManyField(Tag, blank=True, related_name="%(class)ss")
    favourite_of = models.ManyToManyField(User, blank=True, related_name="favourite_%(class)ss")

    class Meta:
        abstract = True


def list_models() -> list[type[Any]]:
    return [model for model in apps.get_models() if issubclass(model, OrganizedModel)]


def find_model(name: str) -> type[Any] | None:
    """The model of a name in an address: "video"."""
    return next((model for model in list_models() if model._meta.model_name == name), None)


def list_favourites(model: type[Any], keys: Iterable[int], user: User) -> set[int]:
    """Which of these rows are favourites of this person."""
    links = model.favourite_of.through.objects.filter(**{f"{model._meta.model_name}_id__in": list(keys)})
    return set(links.filter(user=user).values_list(f"{model._meta.model_name}_id", flat=True))
