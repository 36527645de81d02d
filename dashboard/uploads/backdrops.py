"""Pictures to stand in front of: whatever was uploaded becomes one plain JPEG and a small one to choose it by."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.files import File

from dashboard.uploads import portraits, sandbox

MAX_SIDE = 2560  # px: as large as a frame may get
MIN_SIDE = 320
THUMBNAIL_SIDE = 360


@dataclass(frozen=True)
class Backdrop:
    path: Path  # JPEG, sRGB
    width: int
    height: int
    thumbnail: Path  # WebP
    colour: str  # "#rrggbb", shown while the picture loads


@contextmanager
def take(source: File | Path) -> Iterator[Backdrop]:
    """The backdrop made from an upload, on disk until the `with` block ends. Raises UploadError."""
    with sandbox.workplace() as work:
        facts = sandbox.run(
            "backdrop",
            sandbox.at_hand(source, work, max_bytes=settings.MAX_PORTRAIT_BYTES),
            work,
            portraits.LIMITS,
            unreadable=portraits.UNREADABLE,
            max_pixels=settings.MAX_PORTRAIT_PIXELS,
            max_side=MAX_SIDE,
            min_side=MIN_SIDE,
            thumbnail_side=THUMBNAIL_SIDE,
        )
        yield Backdrop(
            path=work / "backdrop.jpg",
            width=facts["width"],
            height=facts["height"],
            thumbnail=work / "thumbnail.webp",
            colour=facts["colour"],
        )
