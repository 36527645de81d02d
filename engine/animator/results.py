"""What `build_rig` and `render` return, and the sizes and rates that they promise."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from .errors import WARNINGS

FPS = 25
# px, the smaller side of the face in the original picture
MIN_FACE = 64  # smaller ones are rejected
SHARP_FACE = 160  # smaller ones are enlarged so much that the video looks soft: a warning says so


@dataclass
class RigInfo:
    """What was found in a portrait; lengths in pixels of the original picture.

    The original picture is not the frame of the video: `build_rig` crops it to head and shoulders and scales it, and the
    preview, the cut-out and every video have that frame. So `faces` say where people are in the portrait, not where
    they are in a video.
    """

    width: int  # of the picture, upright
    height: int
    face_box: tuple[int, int, int, int]  # x, y, w, h
    face_size: tuple[int, int]  # w, h
    gender: str  # "male" or "female": an estimate
    gender_confidence: float  # 0 (a guess) .. 1
    warnings: list[str] = field(default_factory=list)  # keys of WARNINGS
    # every usable face, largest first: x, y, w, h in the picture before it was rotated upright
    faces: list[tuple[int, int, int, int]] = field(default_factory=list)
    face: int = 0  # which of them was used
    # where the head is in the video, see framing.py
    framing: dict[str, list[float]] = field(default_factory=dict)

    def warning(self, key: str) -> str:
        """The sentence for one of `warnings`."""
        return WARNINGS[key].format(pixels=min(self.face_size))


class Word(NamedTuple):
    """Start and end in s; the text as in the script, with its punctuation."""

    start: float
    end: float
    text: str


@dataclass
class RenderInfo:
    """What was rendered; a frame lasts 1/25 s."""

    duration: float
    frames: int
    width: int
    height: int
    # of the script; empty without one, or if it does not match
    words: list[Word] = field(default_factory=list)
    framing: dict[str, list[float]] = field(default_factory=dict)  # as in RigInfo
