"""What is done about pictures of avatars that are gone."""

from typing import Any

from django.db.models import F

from avatars.models import Avatar
from dashboard.files.missing_files import is_storage_there


def mend_avatar(sender: type[Avatar], row: Avatar, **kwargs: Any) -> None:
    """A receiver of `files_missing`: leave out what is only a convenience."""
    for field in ("thumbnail", "cutout"):
        name = getattr(row, field).name
        if field in row.missing_files and is_storage_there(name):
            rows = Avatar.all_objects.filter(pk=row.pk, **{field: name})
            rows.update(**{field: "", "version": F("version") + 1})


def can_fetch_again(avatar: Avatar) -> bool:
    """Whether the provider may still have the picture of an avatar, which is gone here."""
    return avatar.is_at_provider and avatar.is_ready and "preview" in avatar.missing_files
