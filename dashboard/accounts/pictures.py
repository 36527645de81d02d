"""Pictures of people: any picture becomes a small plain one; without one, pages show initials."""

import uuid
from pathlib import Path

from django.core.files.base import File
from django.db import transaction

from dashboard.files.stored_files import delete_files, delete_on_commit
from dashboard.models import User
from dashboard.uploads import portraits


def set_picture(user: User, source: File | Path) -> None:
    """Decode an upload, store it anew and show it from now on. Raises UploadError."""
    with portraits.convert(source) as converted, (converted.thumbnail or converted.path).open("rb") as file:
        new = User(pk=user.pk).picture
        new.save(f"{uuid.uuid4()}.webp", File(file), save=False)
    try:
        _replace(user, new.name or "")
    except BaseException:  # without a row, nothing would ever delete it
        delete_files([new])
        raise


def remove_picture(user: User) -> None:
    """Show initials from now on."""
    _replace(user, "")


def _replace(user: User, name: str) -> None:
    with transaction.atomic():
        row = User.objects.select_for_update().get(pk=user.pk)
        delete_on_commit([row.picture])
        User.objects.filter(pk=user.pk).update(picture=name)
        user.picture = name
