"""The look of a finished video: the background, the shape of the frame, and the placement of the person.

Plain values and arithmetic without Django or pictures, shared by the preview and the finished frames. A look is
applied to the provider's video and mask, so it can change at any time without generating the video again.
static/js/look.js has the same arithmetic in the browser; both are tested against tests/videos/looks/placements.json.
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
CORNERS = ("top-left", "top-right", "bottom-left", "bottom-right")
MAX_LABEL = 40  # characters
MAX_SPEAKER = 60  # characters of the name, and of the title
DEFAULT_PLACEMENT = {"size": 1.0, "x": 0.5, "y": 1.0}  # of a manual placement
_COLOUR = re.compile(r"#[0-9a-f]{6}")
# What the font of labels and names has: Latin, Greek and Cyrillic letters.
_LABEL = re.compile("[ -~¡-ſΑ-ΡΣ-ωЀ-џ–—’]*")


class LookError(ValueError):
    """An invalid look: `str` says which field and why."""


@dataclass(frozen=True)
class Box:
    """Where the whole source picture lies in the canvas, in canvas pixels; it may extend beyond the canvas."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Placement:
    """Where the picture lies, independent of the canvas' resolution: see Look."""

    size: float
    x: float
    y: float


@dataclass(frozen=True)
class Look:
    """A look. The background "own" is the original one; "blur" is the original one without the person, blurred.

    `size`, `x` and `y` are all None while the placement is automatic: it frames the face. Placed manually, `size` 1
    fills the height of the canvas (with the original background: covers the canvas), and `x` and `y` say where the
    picture lies: 0 at the left or top edge, 1 at the right or bottom edge, like CSS's object-position.
    `resolution` is the shorter side of the finished frames; None is that of the video. `picture` is the key of a Backdrop.
    `label` is a text in a corner, such as "AI-generated"; `label_chosen` says that it was switched on for this video
    and not for all. `speaker_name` and `speaker_title` are shown at the bottom during the first seconds.
    """

    background: str = "own"
    colour: str = "#e8e4dc"
    colour2: str = "#8fa3b8"  # the end of the gradient
    angle: int = 180  # degrees, as in CSS: 180 is from top to bottom
    picture: int | None = None
    frame: str = "own"
    resolution: int | None = None
    size: float | None = None
    x: float | None = None
    y: float | None = None
    label: str = ""
    label_corner: str = "top-left"
    label_chosen: bool = False
    speaker_name: str = ""
    speaker_title: str = ""

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
        if self.label_corner not in CORNERS:
            raise LookError("label_corner: unknown")
        if len(self.label) > MAX_LABEL or not is_label(self.label):
            raise LookError("label: cannot be drawn")
        for name in ("speaker_name", "speaker_title"):
            if len(getattr(self, name)) > MAX_SPEAKER or not is_label(getattr(self, name)):
                raise LookError(f"{name}: cannot be drawn")
        if self.background == "picture" and self.picture is None:
            raise LookError("picture: none chosen")
        if not self.is_automatic:
            self._complete_placement()

    def _complete_placement(self) -> None:
        """Fill in the defaults of a manual placement, and check its ranges."""
        for name, default in DEFAULT_PLACEMENT.items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, default)
        placement = self._manual_placement
        if not MIN_SIZE <= placement.size <= MAX_SIZE:
            raise LookError("size: out of range")
        for name in ("x", "y"):
            if not 0 <= getattr(placement, name) <= 1:
                raise LookError(f"{name}: out of range")

    @property
    def _manual_placement(self) -> Placement:
        values = {"size": self.size, "x": self.x, "y": self.y}
        return Placement(
            **DEFAULT_PLACEMENT | {name: each for name, each in values.items() if each is not None}
        )

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """From the result of `to_dict`; unknown keys are ignored. Raises LookError."""
        names = {field.name for field in fields(cls)}
        try:
            return cls(**{key: value for key, value in values.items() if key in names})
        except TypeError as error:
            raise LookError(str(error)) from error

    def to_dict(self) -> dict[str, Any]:
        """What is stored in the database: only the values that differ from the default look."""
        defaults = asdict(Look())
        stored = {key: value for key, value in asdict(self).items() if value != defaults[key]}
        if not self.is_automatic:
            unchanged = [name for name in DEFAULT_PLACEMENT if stored[name] == DEFAULT_PLACEMENT[name]]
            # At least one stays, to distinguish it from an automatic placement.
            for name in unchanged if len(unchanged) < len(DEFAULT_PLACEMENT) else ("size", "x"):
                del stored[name]
        return stored

    @property
    def is_automatic(self) -> bool:
        """Whether the face is framed automatically: nobody has moved or resized the person."""
        return self.size is None and self.x is None and self.y is None

    @property
    def keeps_background(self) -> bool:
        return self.background == "own"

    @property
    def needs_mask(self) -> bool:
        return self.background != "own"

    @property
    def has_lower_third(self) -> bool:
        """Whether the name or the title of who speaks is shown."""
        return bool(self.speaker_name or self.speaker_title)

    @property
    def is_plain(self) -> bool:
        """Whether there is nothing to apply."""
        is_whole = self.is_automatic or self.size == 1
        keeps_size = self.frame == "own" and self.resolution is None and is_whole
        has_words = self.label or self.has_lower_third
        return self.background == "own" and keeps_size and not has_words

    @property
    def description(self) -> str:
        """As pages show it: "16:9, 1080p, blurred background"."""
        if self.is_plain:
            return "Original"
        parts = [] if self.frame == "own" else [self.frame]
        if self.resolution:
            parts.append(f"{self.resolution}p")
        background = {"own": "original", "blur": "blurred"}.get(self.background, self.background)
        if self.background != "own" or not parts:
            parts.append(f"{background} background")
        if self.label:
            parts.append(f"labelled “{self.label}”")
        if self.has_lower_third:
            parts.append(f"with the name “{self.speaker_name or self.speaker_title}”")
        return ", ".join(parts)

    @property
    def key(self) -> str:
        """The same for looks that are drawn the same, part of what identifies an export. Empty for the plain look."""
        if self.is_plain:
            return ""
        values = self.to_dict()
        values.pop("label_chosen", None)  # it looks the same
        if (
            self.is_automatic and self.frame != "own"
        ):  # distinguishes it from exports made before faces were framed
            values["placement"] = "automatic"
        text = json.dumps(values, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def canvas(self, width: int, height: int) -> tuple[int, int]:
        """Width and height of the finished frames (even numbers) for a source of this size."""
        shape = FRAMES[self.frame]
        if shape is None and self.resolution is None:
            return width, height
        across, down = shape or (width, height)
        scale = (self.resolution or min(width, height)) / min(across, down)
        return round(across * scale / 2) * 2, round(down * scale / 2) * 2

    def placement(self, width: int, height: int, framing: Framing | None = None) -> Placement:
        """The placement of a source of this size; `framing` says where its face is, if that is known."""
        if not self.is_automatic:
            return self._manual_placement
        if self.frame == "own":
            return Placement(**DEFAULT_PLACEMENT)
        across, down = self.canvas(width, height)
        framing = framing or Framing.guess(width, height)
        view = framing.view(width, height, across / down, covers=self.keeps_background)
        size = down / view.height / self._get_unit_scale(width, height)
        x, y = _share(view.x, width - view.width), _share(view.y, height - view.height)
        return Placement(min(max(size, MIN_SIZE), MAX_SIZE), x, y)

    def place(self, width: int, height: int, framing: Framing | None = None) -> Box:
        """The box in the canvas that a source of this size fills."""
        across, down = self.canvas(width, height)
        placed = self.placement(width, height, framing)
        scale = self._get_unit_scale(width, height) * placed.size
        w, h = width * scale, height * scale
        return Box((across - w) * placed.x, (down - h) * placed.y, w, h)

    def is_rounded(self, width: int, height: int, framing: Framing | None = None) -> bool:
        """Whether to round the shoulders, because the edges of the picture would cut them in two vertical lines."""
        across, down = self.canvas(width, height)
        box = self.place(width, height, framing)
        if self.keeps_background or box.x <= 0.5 or box.x + box.width >= across - 0.5:
            return False
        first = min((framing or Framing.guess(width, height)).cuts)
        is_standing = box.y <= 0.5 and box.y + box.height >= down - 0.5
        return is_standing and box.y + first * box.height < down - 0.5

    def _get_unit_scale(self, width: int, height: int) -> float:
        """The scale at which `size` is 1."""
        across, down = self.canvas(width, height)
        return max(down / height, across / width) if self.keeps_background else down / height


def is_label(text: str) -> bool:
    """Whether the font has all characters of this text."""
    return _LABEL.fullmatch(text) is not None


def _share(start: float, room: float) -> float:
    """The share of `room` before `start`, 0 to 1; 0.5 if there is no room."""
    return min(max(start / room, 0.0), 1.0) if abs(room) >= 0.5 else 0.5
