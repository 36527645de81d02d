"""Where exports are made and stored. Every name is known before the file is written, so a killed run can be cleaned up."""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.db.models.fields.files import FieldFile

from dashboard.uploads import sandbox
from videos.models import Export

Kind = Export.Kind
SUFFIXES: dict[str, str] = {
    Kind.LOOK: ".mp4",
    Kind.WEBM: ".webm",
    Kind.MOV: ".mov",
    Kind.GIF: ".gif",
    Kind.WEBP: ".webp",
    Kind.SOUND: ".m4a",
    Kind.POSTER: ".jpg",
}
FOLDERS: dict[str, str] = {Kind.LOOK: "videos/styled", Kind.POSTER: "videos/posters"}


def create_filename(kind: str) -> str:
    """A new unique name in the storage: a stored file never changes, so no name is used twice."""
    return f"{FOLDERS.get(kind, 'videos/exports')}/{uuid.uuid4()}{SUFFIXES[kind]}"


def get_still_names(name: str) -> tuple[str, str]:
    """The names of the poster and the thumbnail that belong to the stored file `name`."""
    stem = Path(name).stem
    return f"videos/posters/{stem}.jpg", f"videos/thumbnails/{stem}.webp"


def list_files(export: Export) -> list[str]:
    """The names of all files that this export has stored, or may have stored before it was killed."""
    name = export.file.name
    return list(dict.fromkeys([name, *get_still_names(name)])) if name else []


def delete_files(export: Export) -> None:
    """Delete what an earlier run stored."""
    for name in list_files(export):
        default_storage.delete(name)


@contextmanager
def open_workspace(export: Export) -> Iterator[Path]:
    """A temporary folder for this run; those of earlier runs of the same export are deleted."""
    root = settings.DATA_DIR / "tmp"
    # With the number of this process, by which the poller finds leftovers (dashboard.files.temporary_folders).
    prefix = f"upload-export-{export.pk}-"
    for abandoned in root.glob(f"{prefix}*"):
        shutil.rmtree(abandoned, ignore_errors=True)
    folder = root / f"{prefix}pid{os.getpid()}-{export.lease}"
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def get_local_path(file: FieldFile, folder: Path) -> Path:
    """A stored file as a path; copied to `folder` only if the storage is not a local disk."""
    try:
        path = Path(file.path)
    except NotImplementedError:
        # A video and its mask have the same name in two folders.
        path = folder / (file.name or "").replace("/", "-")
        with file.open("rb") as source, path.open("wb") as target:
            shutil.copyfileobj(source, target, sandbox.COPY_BYTES)
    if not path.exists():
        raise FileNotFoundError(path)
    return path


class _MovableFile(File):
    """A file that the storage may move instead of copying it: some are gigabytes."""

    def __init__(self, path: Path) -> None:
        super().__init__(path.open("rb"))
        self._path = path

    def temporary_file_path(self) -> str:
        return str(self._path)


def store(path: Path, name: str) -> None:
    """Store the file under exactly this name. Raises OSError if the disk is full."""
    with _MovableFile(path) as file:
        if default_storage.save(name, file) != name:
            raise FileExistsError(name)
