"""A look, frame by frame: what stands behind, and where the person stands in front of it."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from videos.looks.framing import Framing
from videos.looks.look import Look
from videos.studio import Refused, backgrounds, matting
from videos.studio.footage import NO_MASK, Shot

# static/js/look.js and css/studio.css have these too.
FEATHER = (
    0.08  # of the picture's shorter side in the canvas: there it fades out where it ends inside the canvas
)
ROUND_FEATHER = 0.22  # of half the picture's width, where shoulders end in a curve
ROUND_DEPTH = 0.68  # how far down its curve the canvas shows it; at 1 it would close to a half ellipse
ENLARGED = cv2.INTER_LANCZOS4


@dataclass(frozen=True)
class Setting:
    """What a video is shown with: its look, the picture behind, and where the face is, if that is known."""

    look: Look
    picture: Path | None = None
    framing: Framing | None = None


class Stage:
    """Draws shots of `width` × `height` with a look; the result has the size `self.width` × `self.height`."""

    def __init__(self, setting: Setting, width: int, height: int) -> None:
        self.look = look = setting.look
        self.width, self.height = look.canvas(width, height)
        self._window = _Window(look, width, height, setting.framing)
        self._behind: np.ndarray | None = None
        self._noise = backgrounds.noise(self.width, self.height)
        if look.background == "colour":
            colour = backgrounds.rgb_of(look.colour)
            self._behind = np.full((self.height, self.width, 3), colour, np.uint8)
        elif look.background == "gradient":
            self._behind = backgrounds.gradient(self.width, self.height, look)
        elif look.background == "picture":
            if setting.picture is None:
                raise Refused("The background picture was deleted. Choose another background.")
            self._behind = backgrounds.cover(backgrounds.read(setting.picture), self.width, self.height)

    @property
    def needs_mask(self) -> bool:
        """Whether shots need an alpha channel; with the own background it is of use where that is extended."""
        return self.look.needs_mask or not self._window.covers

    def draw(self, shot: Shot) -> np.ndarray:
        """(height, width, 3) uint8."""
        window = self._window
        if self.look.keeps_background:
            if window.covers:
                return window.cut(shot.rgb)
            return window.over(window.fading(shot.rgb), window.edges, self._extended(shot))
        if shot.alpha is None:
            raise Refused(NO_MASK)
        behind = self._blurred(shot) if self._behind is None else self._behind
        alpha = window.cut(shot.alpha)
        lit = window.cut(matting.lit(matting.person(shot.rgb, shot.alpha), shot.alpha))
        if not window.covers:
            alpha = cv2.multiply(alpha, window.edges, scale=1 / 255)
            lit = matting.lit(lit, window.edges)
        return window.over(lit, alpha, behind)

    def _blurred(self, shot: Shot) -> np.ndarray:
        """The own background without the person, out of focus, covering the whole canvas."""
        free = matting.without_person(shot.rgb, shot.alpha, scale=backgrounds.BLUR_SCALE)
        return backgrounds.blurred(free, self.width, self.height, self._noise)

    def _extended(self, shot: Shot) -> np.ndarray:
        """The own background, out of focus, going on where the picture ends."""
        alpha = np.zeros(shot.rgb.shape[:2], np.uint8) if shot.alpha is None else shot.alpha
        free = matting.without_person(shot.rgb, alpha, scale=backgrounds.BLUR_SCALE)
        return backgrounds.extended(free, self._window.box, self.width, self.height, self._noise)


class _Window:
    """Where the source picture lies in the canvas, and the part of it that is seen."""

    def __init__(self, look: Look, width: int, height: int, framing: Framing | None) -> None:
        self.box = box = look.place(width, height, framing)
        across, down = look.canvas(width, height)
        left, top = round(box.x), round(box.y)
        self.size = max(round(box.x + box.width) - left, 1), max(round(box.y + box.height) - top, 1)
        self._canvas = (
            slice(max(top, 0), min(top + self.size[1], down)),
            slice(max(left, 0), min(left + self.size[0], across)),
        )
        self._part = tuple(
            slice(seen.start - start, seen.stop - start)
            for seen, start in zip(self._canvas, (top, left), strict=True)
        )
        self.covers = self._canvas == (slice(0, down), slice(0, across))
        self.edges = self._curve() if look.is_rounded(width, height, framing) else self._edges(across, down)
        scale = box.height / height
        # Between, cubic keeps more of it and is faster.
        self._how = cv2.INTER_AREA if scale < 0.7 else ENLARGED if scale > 1.02 else cv2.INTER_CUBIC

    def cut(self, picture: np.ndarray) -> np.ndarray:
        """The source at its size in the canvas, without what sticks out."""
        if self.size != picture.shape[1::-1]:
            picture = cv2.resize(picture, self.size, interpolation=self._how)
        return picture[self._part]

    def fading(self, picture: np.ndarray) -> np.ndarray:
        """As `cut`, fading to black where the picture ends inside the canvas."""
        return matting.lit(self.cut(picture), self.edges)

    def over(self, lit: np.ndarray, alpha: np.ndarray, behind: np.ndarray) -> np.ndarray:
        """`lit` (h, w, 3) uint8, cut and premultiplied with `alpha`, over `behind`, which stays as it is."""
        drawn = behind.copy()
        under = cv2.multiply(drawn[self._canvas], cv2.merge([255 - alpha] * 3), scale=1 / 255)
        drawn[self._canvas] = cv2.add(under, lit)  # never beyond white
        return drawn

    def _curve(self) -> np.ndarray:
        """As `_edges`: straight down to the middle of what is seen, then narrowing like a drawn bust."""
        rows, columns = (np.arange(part.start, part.stop) + 0.5 for part in self._part)
        middle, half = (rows[0] + rows[-1]) / 2, self.size[0] / 2
        down = np.maximum(rows - middle, 0) / (rows[-1] - middle) * ROUND_DEPTH
        radius = np.hypot(down[:, None], (columns / half - 1)[None, :])
        return (255 * np.clip((1 - radius) / ROUND_FEATHER, 0, 1)).round().astype(np.uint8)

    def _edges(self, across: int, down: int) -> np.ndarray:
        """Alpha (h, w) uint8 of what is seen: it fades out where the picture itself ends inside the canvas."""
        width = FEATHER * min(self.size)
        rows, columns = (
            _ramp(part, size, seen.start > 0, seen.stop < end, width)
            for part, size, seen, end in zip(
                self._part, self.size[::-1], self._canvas, (down, across), strict=True
            )
        )
        return (255 * rows[:, None] * columns[None, :]).round().astype(np.uint8)


def _ramp(part: slice, size: int, at_start: bool, at_end: bool, width: float) -> np.ndarray:
    """0 to 1 along one side of the picture, over `width` pixels at the ends that are asked for."""
    at = np.arange(part.start, part.stop) + 0.5
    ramp = np.ones(len(at))
    if at_start:
        ramp = np.minimum(ramp, at / width)
    if at_end:
        ramp = np.minimum(ramp, (size - at) / width)
    return np.clip(ramp, 0, 1)
