"""A portrait and a sound become a video of the portrait saying it.

    portrait --face, portrait, matte, rig--> rig file           build_rig
    rig + sound --phonemes, visemes, performance--> curves
    curves --mouth, eyes, head, renderer, encoder--> video      render

Importing this package is cheap: the libraries that do the work are loaded by the first call.
Lengths inside are in IOD (the distance of the irises) or in pixels of the frame, times in frames of 1/25 s or
in seconds, as each function says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from .errors import WARNINGS, AnimatorError, PortraitError, SoundError

__all__ = [
    "MIN_FACE",
    "SHARP_FACE",
    "WARNINGS",
    "AnimatorError",
    "PortraitError",
    "RenderInfo",
    "RigInfo",
    "SoundError",
    "Word",
    "build_rig",
    "render",
]

# px, width and height of the face in the picture as it was handed in
MIN_FACE = 64  # smaller ones are refused
SHARP_FACE = 160  # smaller ones are enlarged so much that it is seen: a warning says so


@dataclass
class RigInfo:
    """What was found in a portrait; lengths in pixels of the picture as it was handed in.

    That picture is not the frame of the video: `build_rig` crops it to head and shoulders and scales that, and the
    preview, the cut-out and every video have that frame. So `faces` say where to find people in the portrait, not
    where they are in a video.
    """

    width: int  # of the picture, upright
    height: int
    face_box: tuple[int, int, int, int]  # x, y, w, h
    face_size: tuple[int, int]  # w, h
    gender: str  # "male" or "female": an estimate
    gender_confidence: float  # 0 (a guess) .. 1
    warnings: list[str] = field(default_factory=list)  # keys of WARNINGS
    # every face that could be used, largest first: x, y, w, h in the picture before it was turned upright
    faces: list[tuple[int, int, int, int]] = field(default_factory=list)
    face: int = 0  # which of them was used
    framing: dict[str, list[float]] = field(
        default_factory=dict
    )  # where the head is in the video: see framing.py

    def warning(self, key: str) -> str:
        """The sentence of one of `warnings`."""
        return WARNINGS[key].format(pixels=min(self.face_size))


class Word(NamedTuple):
    """Start and end in s; the text as it was given, with its punctuation."""

    start: float
    end: float
    text: str


@dataclass
class RenderInfo:
    """What was rendered; frames are 1/25 s."""

    duration: float
    frames: int
    width: int
    height: int
    words: list[Word] = field(default_factory=list)  # of the script; none without one, or if it does not fit
    framing: dict[str, list[float]] = field(default_factory=dict)  # as in RigInfo


def build_rig(
    portrait: Path,
    rig: Path,
    preview: Path,
    *,
    cutout: Path | None = None,
    min_face: int = MIN_FACE,
    face: int | tuple[float, float] | None = None,
) -> RigInfo:
    """Find the face in a picture and write everything `render` needs of it to `rig` (.npz).

    `preview` becomes a JPEG of the framed portrait, `cutout` a PNG of the person alone.
    Of several faces the largest is taken, or `face`: an index into `RigInfo.faces`, or a point x, y in one of them.
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
) -> RenderInfo:
    """Let the rig speak the sound: `video` an MP4 with the sound, `mask` the person in white on black.

    `size` is the short side in pixels (default 720). `progress` gets 0..1 a few times a second; what it raises
    ends the rendering and leaves no files. `script` is what the sound says, in English: the lips become more exact.
    A script that does not fit the sound is left aside.
    """
    from .renderer import render_files

    return render_files(
        Path(rig), Path(sound), Path(video), mask and Path(mask), size, seed, max_seconds, progress, script
    )
