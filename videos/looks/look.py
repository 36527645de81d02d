"""What a finished video looks like: what is behind the person, the frame's shape, where the person stands.

Plain values and their arithmetic, the same for the page's preview and for the frames: no Django, no pictures here.
The look is laid over what the provider delivered, from video and mask alone, so it can change at any time.
"""

import hashlib
import json
import re
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

BACKGROUNDS = ("own", "colour", "gradient", "picture", "blur")
FRAMES = {"own": None, "1:1": (1, 1), "9:16": (9, 16), "16:9": (16, 9)}
MIN_SIZE, MAX_SIZE = 0.3, 2.0
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
class Look:
    """`size` 1 fills the canvas' height (with its own background: covers the canvas). "blur" is the own
    background, blurred and without the person, behind the person cut out.

    `x` and `y` say where the picture lies: 0 at the left or top edge, 1 at the right or bottom edge, as
    CSS's object-position does it. Pictures are rows of Backdrop.
    """

    background: str = "own"
    colour: str = "#e8e4dc"
    colour2: str = "#8fa3b8"  # the gradient's other end
    angle: int = 180  # degrees, as in CSS: 180 is from top to bottom
    picture: int | None = None
    frame: str = "own"
    size: float = 1.0
    x: float = 0.5
    y: float = 1.0

    def __post_init__(self) -> None:
        if self.background not in BACKGROUNDS:
            raise LookError("background: unknown")
        if self.frame not in FRAMES:
            raise LookError("frame: unknown")
        for name in ("colour", "colour2"):
            if not _COLOUR.fullmatch(getattr(self, name)):
                raise LookError(f"{name}: not #rrggbb")
        if not MIN_SIZE <= self.size <= MAX_SIZE:
            raise LookError("size: out of range")
        for name in ("x", "y"):
            if not 0 <= getattr(self, name) <= 1:
                raise LookError(f"{name}: out of range")
        if not 0 <= self.angle < 360:
            raise LookError("angle: out of range")
        if self.background == "picture" and self.picture is None:
            raise LookError("picture: none chosen")
        if self.keeps_background and self.size < 1:  # there is nothing beyond the picture's own edges
            raise LookError("size: the picture has to cover the frame")

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
        return {key: value for key, value in asdict(self).items() if value != plain[key]}

    @property
    def keeps_background(self) -> bool:
        return self.background == "own"

    @property
    def needs_mask(self) -> bool:
        return self.background != "own"

    @property
    def is_plain(self) -> bool:
        """The video is good as it came."""
        return self.background == "own" and self.frame == "own" and self.size == 1

    @property
    def words(self) -> str:
        """For people: "16:9, in front of a colour"."""
        if self.is_plain:
            return "as it came"
        behind = {
            "own": "closer" if self.frame == "own" else "own background",
            "blur": "own background, blurred",
        }
        where = behind.get(self.background, f"in front of a {self.background}")
        return where if self.frame == "own" else f"{self.frame}, {where}"

    @property
    def key(self) -> str:
        """The same for the same picture: names what was made with it. Empty when nothing is to be done."""
        if self.is_plain:
            return ""
        said = json.dumps(self.values(), sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()[:16]

    def canvas(self, width: int, height: int) -> tuple[int, int]:
        """Width and height of the finished frames (even numbers) for a source of this size."""
        shape = FRAMES[self.frame]
        if shape is None:
            return width, height
        short = min(width, height)
        across, down = shape
        scale = short / min(across, down)
        return round(across * scale / 2) * 2, round(down * scale / 2) * 2

    def place(self, width: int, height: int) -> Box:
        """Where a source of this size lies in the canvas."""
        across, down = self.canvas(width, height)
        scale = down / height
        if self.keeps_background:
            scale = max(scale, across / width)
        scale *= self.size
        w, h = width * scale, height * scale
        return Box((across - w) * self.x, (down - h) * self.y, w, h)
