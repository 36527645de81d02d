"""Files for rows that a test makes with names of files alone: without any, pages would say that they are gone."""

from typing import TypeVar

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db.models import FileField, Model

M = TypeVar("M", bound=Model)


def store_placeholders(row: M) -> M:
    """Store a file under each name in the row that has none."""
    for field in row._meta.concrete_fields:
        name = getattr(row, field.name).name if isinstance(field, FileField) else ""
        if name and not default_storage.exists(name):
            default_storage.save(name, ContentFile(b"x"))
    return row
