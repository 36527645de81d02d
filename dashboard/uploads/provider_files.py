"""Files from the provider: checked, like any upload, before anybody sees them."""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.conf import settings

from dashboard.uploads import UploadError, sandbox

PICTURE_LIMITS = sandbox.Limits(memory=1536 * 2**20, seconds=30, file=100 * 2**20)
VIDEO_LIMITS = sandbox.Limits(memory=2048 * 2**20, seconds=180, file=100 * 2**20)
MAX_VIDEO_BYTES = 4 * 2**30
MAX_VIDEO_SIDE = 8192
THUMBNAIL_SIDE = 640
POSTER_SIDE = 1280
NO_PICTURE = "The picture that came back could not be read."
NO_VIDEO = "The video that came back could not be read."


@dataclass(frozen=True)
class PictureSize:
    width: int
    height: int


@dataclass(frozen=True)
class Stills:
    poster: Path  # JPEG
    thumbnail: Path  # WebP
    colour: str  # "#rrggbb", the mean of the picture


@dataclass(frozen=True)
class CheckedVideo:
    width: int
    height: int
    seconds: float
    frames: int
    has_sound: bool
    stills: Stills
    cutout: Path | None  # WebP with alpha, the person alone; None without a usable mask
    mask_problem: str  # why the mask cannot be used; empty without a problem


def convert_cutout(path: Path, target: Path) -> PictureSize:
    """Write the picture with its alpha channel to `target` (WebP). Raises UploadError, also when it has none."""
    with sandbox.work_folder() as work:
        facts = sandbox.run(
            "cutout",
            sandbox.to_path(path, work, max_bytes=settings.MAX_PORTRAIT_BYTES),
            work,
            PICTURE_LIMITS,
            unreadable=NO_PICTURE,
            max_pixels=settings.MAX_PORTRAIT_PIXELS,
            max_side=POSTER_SIDE,
        )
        shutil.move(work / "cutout.webp", target)
    return PictureSize(**facts)


def check_video(path: Path, folder: Path, *, mask: Path | None = None, at: float = 0.0) -> CheckedVideo:
    """Check a video and its mask, and write stills of the frame at `at` seconds into `folder`.

    Raises UploadError when it is no complete video. A bad mask only sets `mask_problem`.
    """
    if mask is None:
        return _check(path, folder, None, at)
    try:
        sandbox.check_size(mask.stat().st_size, MAX_VIDEO_BYTES)
        return _check(path, folder, mask, at)
    except UploadError as error:  # the mask may have killed the decoder: check the video without it
        return replace(_check(path, folder, None, at), mask_problem=str(error))


def _check(path: Path, folder: Path, mask: Path | None, at: float) -> CheckedVideo:
    with sandbox.work_folder() as work:
        facts = _run_on_video("video", path, work, at, mask=str(mask or ""))
        colour, problem = facts.pop("colour"), facts.pop("mask_problem", "")
        has_cutout = mask is not None and not problem
        stills = _move_stills(work, folder, colour)
        cutout = _move("cutout.webp", work, folder) if has_cutout else None
    return CheckedVideo(**facts, stills=stills, cutout=cutout, mask_problem=problem)


def extract_stills(path: Path, folder: Path, *, at: float) -> Stills:
    """Write the frame at `at` seconds into `folder`, as a poster and as a thumbnail. Raises UploadError."""
    with sandbox.work_folder() as work:
        facts = _run_on_video("stills", path, work, at)
        return _move_stills(work, folder, facts["colour"])


def _run_on_video(job: str, path: Path, work: Path, at: float, **options: Any) -> dict[str, Any]:
    return sandbox.run(
        job,
        sandbox.to_path(path, work, max_bytes=MAX_VIDEO_BYTES),
        work,
        VIDEO_LIMITS,
        unreadable=NO_VIDEO,
        max_side=MAX_VIDEO_SIDE,
        at=at,
        poster_side=POSTER_SIDE,
        thumbnail_side=THUMBNAIL_SIDE,
        **options,
    )


def _move_stills(work: Path, folder: Path, colour: str) -> Stills:
    return Stills(_move("poster.jpg", work, folder), _move("thumbnail.webp", work, folder), colour)


def _move(name: str, source: Path, target: Path) -> Path:
    return Path(shutil.move(source / name, target / name))
