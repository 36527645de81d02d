"""Turns a portrait and a sound into a video of the portrait saying it.

    portrait --face, portrait, matte, rig--> rig file           build_rig
    rig + sound --phonemes, visemes, performance--> curves
    curves --mouth, eyes, head, renderer, encoder--> video      render

Importing this package is cheap: the libraries that do the work are loaded by the first call.
Lengths are in IOD (the interocular distance, between the irises) or in pixels of the frame, times in frames of 1/25 s or
in seconds, as each function says.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from .direction import Direction
from .errors import WARNINGS, AnimatorError, PortraitError, SoundError
from .results import FPS, MIN_FACE, SHARP_FACE, RenderInfo, RigInfo, Word

__all__ = [
    "FPS",
    "MIN_FACE",
    "SHARP_FACE",
    "WARNINGS",
    "AnimatorError",
    "Direction",
    "PortraitError",
    "RenderInfo",
    "RigInfo",
    "SoundError",
    "Word",
    "build_rig",
    "render",
]


def build_rig(
    portrait: Path,
    rig: Path,
    preview: Path,
    *,
    cutout: Path | None = None,
    min_face: int = MIN_FACE,
    face: int | tuple[float, float] | None = None,
) -> RigInfo:
    """Find the face in a picture and write everything that `render` needs to `rig` (.npz).

    `preview` is written as a JPEG of the framed portrait, `cutout` as a PNG of the person alone.
    Of several faces the largest is used, or `face`: an index into `RigInfo.faces`, or a point x, y in one of them.
    Raises PortraitError.
    """
    from .rig import build

    return build(Path(portrait), Path(rig), Path(preview), cutout and Path(cutout), min_face, face)


def render(
    rig: Path,
    sound: Path,
    video: Path,
    mask: Path | None,
    *,
    size: int | None = None,
    seed: int = 0,
    max_seconds: float | None = None,
    progress: Callable[[float], None] | None = None,
    script: str | None = None,
    direction: Direction | None = None,
) -> RenderInfo:
    """Animate the rig with the sound: `video` is an MP4 with the sound, `mask` one of the person, white on black.

    `size` is the short side in pixels (default 720). `progress` gets 0..1 a few times a second; an exception that it
    raises ends the rendering and leaves no files. `script` is what the sound says, in English, for more exact lips; a
    script that does not match the sound is not used. `direction` says how to move.
    Raises SoundError.
    """
    from .renderer import render_files

    return render_files(
        Path(rig),
        Path(sound),
        Path(video),
        mask and Path(mask),
        size,
        seed,
        max_seconds,
        progress,
        script,
        direction,
    )
