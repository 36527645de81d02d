"""Where an export is made, and where its files go: places that the next run knows when this one was killed."""

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
SUFFIX = {
    Kind.LOOK: ".mp4",
    Kind.WEBM: ".webm",
    Kind.MOV: ".mov",
    Kind.GIF: ".gif",
    Kind.WEBP: ".webp",
    Kind.SOUND: ".m4a",
    Kind.POSTER: ".jpg",
}
FOLDER = {Kind.LOOK: "videos/styled", Kind.POSTER: "videos/posters"}


def new_name(kind: str) -> str:
    """A name for the file that nothing ever had: what is stored under a name never changes."""
    return f"{FOLDER.get(kind, 'videos/exports')}/{uuid.uuid4()}{SUFFIX[kind]}"


def still_names(name: str) -> tuple[str, str]:
    """Poster and thumbnail that belong to the file of that name."""
    stem = Path(name).stem
    return f"videos/posters/{stem}.jpg", f"videos/thumbnails/{stem}.webp"


def names(export: Export) -> list[str]:
    """All that this export has in the storage, or had when it was killed."""
    if not export.file:
        return []
    return list(dict.fromkeys([export.file.name, *still_names(export.file.name)]))


def clear(export: Export) -> None:
    """Delete what a run that was killed has stored."""
    for name in names(export):
        default_storage.delete(name)


@contextmanager
def bench(export: Export) -> Iterator[Path]:
    """A folder to make it in; those of earlier runs of the same row are gone, whoever they belonged to."""
    root = settings.DATA_DIR / "tmp"
    # "upload-": what nobody comes back to is cleared with what uploads leave (dashboard.uploads.sandbox).
    mine = f"upload-export-{export.pk}-"
    for left in root.glob(f"{mine}*"):
        shutil.rmtree(left, ignore_errors=True)
    folder = root / f"{mine}{export.lease}"
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def at_hand(file: FieldFile, folder: Path) -> Path:
    """A stored file as a path; copied only where the storage is no folder of this machine."""
    try:
        path = Path(file.path)
    except NotImplementedError:
        path = folder / Path(file.name).name
        with file.open("rb") as source, path.open("wb") as target:
            shutil.copyfileobj(source, target, sandbox.COPY_BYTES)
    if not path.exists():
        raise FileNotFoundError(path)
    return path


class _Made(File):
    """A file that the storage may move instead of copying it: some are gigabytes."""

    def __init__(self, path: Path) -> None:
        super().__init__(path.open("rb"))
        self._path = path

    def temporary_file_path(self) -> str:
        return str(self._path)


def store(path: Path, name: str) -> None:
    """Raises OSError when there is no room."""
    with _Made(path) as made:
        if default_storage.save(name, made) != name:
            raise FileExistsError(name)


def has_room(bytes_wanted: float) -> bool:
    """Whether so much, and something for everybody else, is free on the disk."""
    return shutil.disk_usage(settings.DATA_DIR).free > bytes_wanted + 300 * 2**20
