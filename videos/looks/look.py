"""What a finished video looks like: what is behind the person, the frame's shape, where the person stands.

Plain values and their arithmetic, the same for the page's preview and for the frames: no Django, no pictures here.
The look is laid over what the provider delivered, from video and mask alone, so it can change at any time.
static/js/look.js is the same arithmetic in the browser; both are held to tests/videos/looks/placements.json.
"""

import hashlib
import json
import re
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from videos.looks.framing import Framing

BACKGROUNDS = ("own", "colour", "gradient", "picture", "blur")
FRAMES = {"own": None, "1:1": (1, 1), "9:16": (9, 16), "16:9": (16, 9)}
RESOLUTIONS = (720, 1080)  # pixels of the shorter side
MIN_SIZE, MAX_SIZE = 0.3, 3.0
PLACED = {"size": 1.0, "x": 0.5, "y": 1.0}  # what a placement by hand begins with
_COLOUR = re.compile(r"#[0-9a-f]{6}")


class LookError(ValueError):
    """A look that cannot be: `str` says which field and why."""


@dataclass(frozen=True)
class Box:
    """Where the whole source picture lies in the canvas, in canvas pixels; it may stick out."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Placement:
    """Where the picture lies, whatever the pixels of the canvas: see Look."""

    size: float
    x: float
    y: float


@dataclass(frozen=True)
class Look:
    """A look. "blur" is the own background, blurred and without the person, behind the person cut out.

    `size`, `x` and `y` are all None while the placement is automatic: it frames the face. Placed by hand, `size` 1
    fills the canvas' height (with its own background: covers the canvas), and `x` and `y` say where the picture lies:
    0 at the left or top edge, 1 at the right or bottom edge, as CSS's object-position does it.
    `resolution` is the shorter side of the finished frames; None is that of the video. Pictures are rows of Backdrop.
    """

    background: str = "own"
    colour: str = "#e8e4dc"
    colour2: str = "#8fa3b8"  # the gradient's other end
    angle: int = 180  # degrees, as in CSS: 180 is from top to bottom
    picture: int | None = None
    frame: str = "own"
    resolution: int | None = None
    size: float | None = None
    x: float | None = None
    y: float | None = None

    def __post_init__(self) -> None:
        if self.background not in BACKGROUNDS:
            raise LookError("background: unknown")
        if self.frame not in FRAMES:
            raise LookError("frame: unknown")
        if self.resolution not in (None, *RESOLUTIONS):
            raise LookError("resolution: unknown")
        for name in ("colour", "colour2"):
            if not _COLOUR.fullmatch(getattr(self, name)):
                raise LookError(f"{name}: not #rrggbb")
        if not 0 <= self.angle < 360:
            raise LookError("angle: out of range")
        if self.background == "picture" and self.picture is None:
            raise LookError("picture: none chosen")
        if not self.is_automatic:
            self._place_by_hand()

    def _place_by_hand(self) -> None:
        for name, usual in PLACED.items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, usual)
        if not MIN_SIZE <= self.size <= MAX_SIZE:
            raise LookError("size: out of range")
        for name in ("x", "y"):
            if not 0 <= getattr(self, name) <= 1:
                raise LookError(f"{name}: out of range")

    @classmethod
    def of(cls, values: dict[str, Any]) -> Self:
        """From what `values()` gave, unknown keys left out. Raises LookError."""
        names = {field.name for field in fields(cls)}
        try:
            return cls(**{key: value for key, value in values.items() if key in names})
        except TypeError as error:
            raise LookError(str(error)) from error

    def values(self) -> dict[str, Any]:
        """What is kept in the row: only what differs from the plain look."""
        plain = asdict(Look())
        kept = {key: value for key, value in asdict(self).items() if value != plain[key]}
        if not self.is_automatic:
            usual = [name for name in PLACED if kept[name] == PLACED[name]]
            # One of them stays, to tell it from a placement that is automatic.
            for name in usual if len(usual) < len(PLACED) else ("size", "x"):
                del kept[name]
        return kept

    @property
    def is_automatic(self) -> bool:
        """The face is framed by itself; nobody has moved or resized the person."""
        return self.size is None and self.x is None and self.y is None

    @property
    def keeps_background(self) -> bool:
        return self.background == "own"

    @property
    def needs_mask(self) -> bool:
        return self.background != "own"

    @property
    def is_plain(self) -> bool:
        """The video is good as it came."""
        is_whole = self.is_automatic or self.size == 1
        return self.background == "own" and self.frame == "own" and is_whole and self.resolution is None

    @property
    def words(self) -> str:
        """For people: "16:9, 1080p, blurred background"."""
        if self.is_plain:
            return "Original"
        parts = [] if self.frame == "own" else [self.frame]
        if self.resolution:
            parts.append(f"{self.resolution}p")
        behind = {"own": "original", "blur": "blurred"}.get(self.background, self.background)
        if self.background != "own" or not parts:
            parts.append(f"{behind} background")
        return ", ".join(parts)

    @property
    def key(self) -> str:
        """The same for the same picture: names what was made with it. Empty when nothing is to be done."""
        if self.is_plain:
            return ""
        values = self.values()
        if self.is_automatic and self.frame != "own":  # without this, what was made before faces were framed
            values["placement"] = "automatic"
        said = json.dumps(values, sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()[:16]

    def canvas(self, width: int, height: int) -> tuple[int, int]:
        """Width and height of the finished frames (even numbers) for a source of this size."""
        shape = FRAMES[self.frame]
        if shape is None and self.resolution is None:
            return width, height
        across, down = shape or (width, height)
        scale = (self.resolution or min(width, height)) / min(across, down)
        return round(across * scale / 2) * 2, round(down * scale / 2) * 2

    def placement(self, width: int, height: int, framing: Framing | None = None) -> Placement:
        """How a source of this size is placed; `framing` says where its face is, if that is known."""
        if not self.is_automatic:
            return Placement(self.size, self.x, self.y)
        if self.frame == "own":
            return Placement(**PLACED)
        across, down = self.canvas(width, height)
        framing = framing or Framing.guess(width, height)
        view = framing.view(width, height, across / down, covers=self.keeps_background)
        size = down / view.height / self._whole(width, height)
        x, y = _share(view.x, width - view.width), _share(view.y, height - view.height)
        return Placement(min(max(size, MIN_SIZE), MAX_SIZE), x, y)

    def place(self, width: int, height: int, framing: Framing | None = None) -> Box:
        """Where a source of this size lies in the canvas."""
        across, down = self.canvas(width, height)
        placed = self.placement(width, height, framing)
        scale = self._whole(width, height) * placed.size
        w, h = width * scale, height * scale
        return Box((across - w) * placed.x, (down - h) * placed.y, w, h)

    def is_rounded(self, width: int, height: int, framing: Framing | None = None) -> bool:
        """Whether shoulders that the picture cuts off would end in two upright lines: rather, they end in a curve."""
        across, down = self.canvas(width, height)
        box = self.place(width, height, framing)
        if self.keeps_background or box.x <= 0.5 or box.x + box.width >= across - 0.5:
            return False
        first = min((framing or Framing.guess(width, height)).cuts)
        is_standing = box.y <= 0.5 and box.y + box.height >= down - 0.5
        return is_standing and box.y + first * box.height < down - 0.5

    def _whole(self, width: int, height: int) -> float:
        """The scale at which `size` is 1."""
        across, down = self.canvas(width, height)
        return max(down / height, across / width) if self.keeps_background else down / height


def _share(start: float, room: float) -> float:
    """How far along `room` something starts, 0 to 1; in the middle where there is no room."""
    return min(max(start / room, 0.0), 1.0) if abs(room) >= 0.5 else 0.5
