"""Background pictures: anyone can upload one and use all of them; only the uploader or the owner deletes it."""

import uuid
from pathlib import Path

from django.core.files.base import File
from django.db import transaction

from dashboard.files.filenames import from_filename
from dashboard.files.stored_files import delete_on_commit
from dashboard.models import User
from dashboard.uploads import backdrops as uploads
from videos.models import Backdrop

MAX_LISTED = 60


def list_backdrops(chosen: int | None = None) -> list[Backdrop]:
    """The newest ones, and the one with the key `chosen`, however old."""
    listed = list(Backdrop.objects.filter(missing_files=[])[:MAX_LISTED])
    if chosen and chosen not in {backdrop.pk for backdrop in listed}:
        listed = [*listed, *Backdrop.objects.filter(pk=chosen, missing_files=[])]
    return listed


def create_backdrop(
    source: File | Path, filename: str, user: User | None, *, upload_ref: uuid.UUID | None = None
) -> Backdrop:
    """Check and save an uploaded picture. Raises UploadError."""
    return Backdrop.create_once(upload_ref, lambda: _create(source, filename, user, upload_ref))


def _create(source: File | Path, filename: str, user: User | None, upload_ref: uuid.UUID | None) -> Backdrop:
    with uploads.convert(source) as decoded:
        backdrop = Backdrop(
            name=from_filename(filename, "Background"),
            width=decoded.width,
            height=decoded.height,
            colour=decoded.colour,
            made_by=user,
            upload_ref=upload_ref,
        )
        name = uuid.uuid4()
        try:
            with decoded.path.open("rb") as picture, decoded.thumbnail.open("rb") as thumbnail:
                backdrop.picture.save(f"{name}.jpg", File(picture), save=False)
                backdrop.thumbnail.save(f"{name}.webp", File(thumbnail), save=False)
            backdrop.save()
        except BaseException:  # without a row, nothing would ever delete these files
            for file in (backdrop.picture, backdrop.thumbnail):
                if file.name:
                    file.storage.delete(file.name)
            raise
    return backdrop


def delete_backdrop(backdrop: Backdrop) -> None:
    """Delete it with its files."""
    with transaction.atomic():
        delete_on_commit([backdrop.picture, backdrop.thumbnail])
        backdrop.delete()
