"""Portraits: any picture becomes one plain, upright JPEG without metadata, and a thumbnail."""

import logging
import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.files import File

from dashboard.uploads import UploadError, sandbox

log = logging.getLogger(__name__)

LIMITS = sandbox.Limits(memory=1536 * 2**20, seconds=30, file=100 * 2**20)
UNREADABLE = (
    "This picture could not be read. It may be damaged. Save it again as JPEG or PNG and try that file."
)
THUMBNAIL_SIDE = 640
MIN_SIDE = 64  # px; our own engine takes faces from this size on
MAX_ASPECT = 5
CREDENTIALS_MARK = b"jumb"  # the type of the boxes that Content Credentials are made of
MAX_CREDENTIALS_BYTES = 2 * 2**20


@dataclass(frozen=True)
class ConvertedPortrait:
    path: Path  # JPEG, sRGB
    width: int
    height: int
    thumbnail: Path | None  # WebP
    credentials: Path | None  # what the upload said about itself: see _keep_credentials
    colour: str  # "#rrggbb", shown while the picture loads; empty without a thumbnail


@contextmanager
def convert(source: File | Path, *, with_thumbnail: bool = True) -> Iterator[ConvertedPortrait]:
    """The upload as a plain picture, on disk until the `with` block ends. Raises UploadError."""
    with sandbox.work_folder() as work:
        path = sandbox.to_path(source, work, max_bytes=settings.MAX_PORTRAIT_BYTES)
        facts = sandbox.run(
            "portrait",
            path,
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
            credentials=_keep_credentials(path, work) if with_thumbnail else None,
            colour=facts.get("colour", ""),
        )


def _keep_credentials(path: Path, work: Path) -> Path | None:
    """The Content Credentials of the upload, which the plain picture no longer has, in a file; None without any.

    The file is an ingredient archive of the C2PA library, for `dashboard.provenance.signing`.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if data.find(CREDENTIALS_MARK) < 0:  # as in nearly every upload
            return None
    target = work / "credentials.c2pa"
    try:
        sandbox.run("keep_credentials", path, work, LIMITS, unreadable=UNREADABLE, target=str(target))
    except UploadError as error:
        log.info("credentials of a portrait: %s", error)
    is_kept = target.exists() and 0 < target.stat().st_size <= MAX_CREDENTIALS_BYTES
    return target if is_kept else None
