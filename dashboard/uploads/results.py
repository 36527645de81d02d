"""What the provider sends back: looked at, like any upload, before it is shown to anybody."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from dashboard.uploads import sandbox

PICTURE_LIMITS = sandbox.Limits(memory=1536 * 2**20, seconds=30, file=100 * 2**20)
VIDEO_LIMITS = sandbox.Limits(memory=2048 * 2**20, seconds=120, file=100 * 2**20)
MAX_VIDEO_BYTES = 4 * 2**30
MAX_VIDEO_SIDE = 8192
THUMBNAIL_SIDE = 640
POSTER_SIDE = 1280
NO_PICTURE = "The picture that came back could not be read."
NO_VIDEO = "The video that came back could not be read."


@dataclass(frozen=True)
class PictureFacts:
    width: int
    height: int


@dataclass(frozen=True)
class VideoFacts:
    width: int
    height: int
    seconds: float
    frames: int
    has_sound: bool


def picture(path: Path) -> PictureFacts:
    """Its size, after decoding it to the end. Raises UploadError when it is no whole picture."""
    with sandbox.workplace() as work:
        source = sandbox.at_hand(path, work, max_bytes=settings.MAX_PORTRAIT_BYTES)
        pixels = settings.MAX_PORTRAIT_PIXELS
        facts = sandbox.run("picture", source, work, PICTURE_LIMITS, unreadable=NO_PICTURE, max_pixels=pixels)
    return PictureFacts(**facts)


def thumbnail(path: Path, target: Path) -> str:
    """Write a small WebP of the picture to `target` and return its mean colour, "#rrggbb"."""
    with sandbox.workplace() as work:
        facts = sandbox.run(
            "thumbnail",
            sandbox.at_hand(path, work, max_bytes=settings.MAX_PORTRAIT_BYTES),
            work,
            PICTURE_LIMITS,
            unreadable=NO_PICTURE,
            max_pixels=settings.MAX_PORTRAIT_PIXELS,
            thumbnail_side=THUMBNAIL_SIDE,
        )
        shutil.move(work / "thumbnail.webp", target)
    return facts["colour"]


def cutout(path: Path, target: Path) -> PictureFacts:
    """Write the picture, with its alpha channel, to `target` (WebP). Raises UploadError when it has none."""
    with sandbox.workplace() as work:
        facts = sandbox.run(
            "cutout",
            sandbox.at_hand(path, work, max_bytes=settings.MAX_PORTRAIT_BYTES),
            work,
            PICTURE_LIMITS,
            unreadable=NO_PICTURE,
            max_pixels=settings.MAX_PORTRAIT_PIXELS,
            max_side=POSTER_SIDE,
        )
        shutil.move(work / "cutout.webp", target)
    return PictureFacts(**facts)


def video(path: Path) -> VideoFacts:
    """Size, length and number of frames as they really are. Raises UploadError when it is no whole video."""
    with sandbox.workplace() as work:
        source = sandbox.at_hand(path, work, max_bytes=MAX_VIDEO_BYTES)
        facts = sandbox.run("video", source, work, VIDEO_LIMITS, unreadable=NO_VIDEO, max_side=MAX_VIDEO_SIDE)
    return VideoFacts(**facts)


def poster(path: Path, target: Path, *, at: float = 0.5) -> str:
    """Write the frame at `at` seconds to `target` (.webp, else JPEG) and return its mean colour, "#rrggbb"."""
    with sandbox.workplace() as work:
        name = "poster.webp" if target.suffix == ".webp" else "poster.jpg"
        facts = sandbox.run(
            "poster",
            sandbox.at_hand(path, work, max_bytes=MAX_VIDEO_BYTES),
            work,
            VIDEO_LIMITS,
            unreadable=NO_VIDEO,
            max_side=MAX_VIDEO_SIDE,
            at=at,
            name=name,
            poster_side=POSTER_SIDE,
        )
        shutil.move(work / name, target)
    return facts["colour"]


def film_cutout(video: Path, mask: Path, target: Path, *, at: float = 0.5) -> PictureFacts:
    """Write the person alone, as video and mask show it at `at` seconds, to `target` (WebP with alpha)."""
    with sandbox.workplace() as work:
        sandbox.at_hand(mask, work, max_bytes=MAX_VIDEO_BYTES)
        facts = sandbox.run(
            "film_cutout",
            sandbox.at_hand(video, work, max_bytes=MAX_VIDEO_BYTES),
            work,
            VIDEO_LIMITS,
            unreadable=NO_VIDEO,
            max_side=MAX_VIDEO_SIDE,
            mask=str(mask),
            at=at,
            poster_side=POSTER_SIDE,
        )
        shutil.move(work / "cutout.webp", target)
    return PictureFacts(**facts)
