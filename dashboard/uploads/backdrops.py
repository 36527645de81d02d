"""Background pictures: any picture becomes one plain JPEG and a thumbnail."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.files import File

from dashboard.uploads import portraits, sandbox

MAX_SIDE = 2560  # px: the largest frame of a video
MIN_SIDE = 320
THUMBNAIL_SIDE = 360


@dataclass(frozen=True)
class ConvertedBackdrop:
    path: Path  # JPEG, sRGB
    width: int
    height: int
    thumbnail: Path  # WebP
    colour: str  # "#rrggbb", shown while the picture loads


@contextmanager
def convert(source: File | Path) -> Iterator[ConvertedBackdrop]:
    """The upload as a plain picture, on disk until the `with` block ends. Raises UploadError."""
    with sandbox.work_folder() as work:
        facts = sandbox.run(
            "backdrop",
            sandbox.to_path(source, work, max_bytes=settings.MAX_PORTRAIT_BYTES),
            work,
            portraits.LIMITS,
            unreadable=portraits.UNREADABLE,
            max_pixels=settings.MAX_PORTRAIT_PIXELS,
            max_side=MAX_SIDE,
            min_side=MIN_SIDE,
            thumbnail_side=THUMBNAIL_SIDE,
        )
        yield ConvertedBackdrop(
            path=work / "backdrop.jpg",
            width=facts["width"],
            height=facts["height"],
            thumbnail=work / "thumbnail.webp",
            colour=facts["colour"],
        )
