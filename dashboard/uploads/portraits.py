"""Portraits: any picture becomes one plain, upright JPEG without metadata, and a thumbnail."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.files import File

from dashboard.uploads import sandbox

LIMITS = sandbox.Limits(memory=1536 * 2**20, seconds=30, file=100 * 2**20)
UNREADABLE = (
    "This picture could not be read. It may be damaged. Save it again as JPEG or PNG and try that file."
)
THUMBNAIL_SIDE = 640
MIN_SIDE = 64  # px; our own engine takes faces from this size on
MAX_ASPECT = 5


@dataclass(frozen=True)
class ConvertedPortrait:
    path: Path  # JPEG, sRGB
    width: int
    height: int
    thumbnail: Path | None  # WebP
    colour: str  # "#rrggbb", shown while the picture loads; empty without a thumbnail


@contextmanager
def convert(source: File | Path, *, with_thumbnail: bool = True) -> Iterator[ConvertedPortrait]:
    """The upload as a plain picture, on disk until the `with` block ends. Raises UploadError."""
    with sandbox.work_folder() as work:
        facts = sandbox.run(
            "portrait",
            sandbox.to_path(source, work, max_bytes=settings.MAX_PORTRAIT_BYTES),
            work,
            LIMITS,
            unreadable=UNREADABLE,
            max_pixels=settings.MAX_PORTRAIT_PIXELS,
            max_side=settings.MAX_PORTRAIT_SIDE,
            min_side=MIN_SIDE,
            max_aspect=MAX_ASPECT,
            thumbnail_side=THUMBNAIL_SIDE if with_thumbnail else 0,
        )
        yield ConvertedPortrait(
            path=work / "portrait.jpg",
            width=facts["width"],
            height=facts["height"],
            thumbnail=work / "thumbnail.webp" if with_thumbnail else None,
            colour=facts.get("colour", ""),
        )
