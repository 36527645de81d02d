"""Draws frames with a look: the background, and the person in front of it."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from videos.looks.framing import Framing
from videos.looks.look import Look
from videos.studio import StudioError, backgrounds, matting
from videos.studio.video_reader import NO_MASK, Shot

# These are also in static/js/look.js and css/studio.css.
FEATHER = (
    0.08  # of the picture's shorter side in the canvas: there it fades out where it ends inside the canvas
)
ROUND_FEATHER = 0.22  # of half the picture's width, where shoulders end in a curve
ROUND_DEPTH = 0.68  # how far down its curve the canvas shows it; at 1 it would close to a half ellipse
ENLARGED = cv2.INTER_LANCZOS4


@dataclass(frozen=True)
class Composition:
    """A look, its background picture, and where the face is, if that is known."""

    look: Look
    picture: Path | None = None
    framing: Framing | None = None


class Compositor:
    """Draws shots of `width` × `height` with a look; the results have the size `self.width` × `self.height`."""

    def __init__(self, composition: Composition, width: int, height: int) -> None:
        self.look = look = composition.look
        self.width, self.height = look.canvas(width, height)
        self._window = _Window(look, width, height, composition.framing)
        self._background: np.ndarray | None = None
        self._noise = backgrounds.create_noise(self.width, self.height)
        if look.background == "colour":
            colour = backgrounds.parse_colour(look.colour)
            self._background = np.full((self.height, self.width, 3), colour, np.uint8)
        elif look.background == "gradient":
            self._background = backgrounds.gradient(self.width, self.height, look)
        elif look.background == "picture":
            if composition.picture is None:
                raise StudioError("The background picture was deleted. Choose another background.")
            self._background = backgrounds.cover(
                backgrounds.read_picture(composition.picture), self.width, self.height
            )

    @property
    def needs_mask(self) -> bool:
        """Whether shots need an alpha channel. To extend the original background, it is optional."""
        return self.look.needs_mask or not self._window.covers

    def draw(self, shot: Shot) -> np.ndarray:
        """(height, width, 3) uint8."""
        window = self._window
        if self.look.keeps_background:
            if window.covers:
                return window.cut(shot.rgb)
            return window.composite(window.fade(shot.rgb), window.edges, self._extend_background(shot))
        if shot.alpha is None:
            raise StudioError(NO_MASK)
        background = (
            self._blur_background(shot.rgb, shot.alpha) if self._background is None else self._background
        )
        alpha = window.cut(shot.alpha)
        person = window.cut(matting.premultiply(matting.estimate_person(shot.rgb, shot.alpha), shot.alpha))
        if not window.covers:
            alpha = cv2.multiply(alpha, window.edges, scale=1 / 255)
            person = matting.premultiply(person, window.edges)
        return window.composite(person, alpha, background)

    def _blur_background(self, rgb: np.ndarray, alpha: np.ndarray) -> np.ndarray:
        """The original background without the person, blurred, covering the canvas."""
        free = matting.remove_person(rgb, alpha, scale=backgrounds.BLUR_SCALE)
        return backgrounds.blur(free, self.width, self.height, self._noise)

    def _extend_background(self, shot: Shot) -> np.ndarray:
        """The original background, blurred, extended to the whole canvas."""
        alpha = np.zeros(shot.rgb.shape[:2], np.uint8) if shot.alpha is None else shot.alpha
        free = matting.remove_person(shot.rgb, alpha, scale=backgrounds.BLUR_SCALE)
        return backgrounds.extend(free, self._window.box, self.width, self.height, self._noise)


class _Window:
    """Where the source picture lies in the canvas, and which part of it is visible."""

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
        self.edges = (
            self._create_curved_mask()
            if look.is_rounded(width, height, framing)
            else self._create_edge_mask(across, down)
        )
        scale = box.height / height
        # Near the original size, cubic interpolation keeps more detail and is faster.
        self._interpolation = cv2.INTER_AREA if scale < 0.7 else ENLARGED if scale > 1.02 else cv2.INTER_CUBIC

    def cut(self, picture: np.ndarray) -> np.ndarray:
        """The visible part of the source, at its size in the canvas."""
        if self.size != picture.shape[1::-1]:
            picture = cv2.resize(picture, self.size, interpolation=self._interpolation)
        return picture[self._part]

    def fade(self, picture: np.ndarray) -> np.ndarray:
        """As `cut`, faded to black at the edges that lie inside the canvas."""
        return matting.premultiply(self.cut(picture), self.edges)

    def composite(self, picture: np.ndarray, alpha: np.ndarray, background: np.ndarray) -> np.ndarray:
        """`picture` (h, w, 3) uint8, cut and premultiplied with `alpha`, over `background`, which is not changed."""
        result = background.copy()
        under = cv2.multiply(result[self._canvas], cv2.merge([255 - alpha] * 3), scale=1 / 255)
        result[self._canvas] = cv2.add(under, picture)  # saturates
        return result

    def _create_curved_mask(self) -> np.ndarray:
        """As `_create_edge_mask`: straight to the middle of the visible part, then narrowing like a bust."""
        rows, columns = (np.arange(part.start, part.stop) + 0.5 for part in self._part)
        middle, half = (rows[0] + rows[-1]) / 2, self.size[0] / 2
        down = np.maximum(rows - middle, 0) / (rows[-1] - middle) * ROUND_DEPTH
        radius = np.hypot(down[:, None], (columns / half - 1)[None, :])
        return (255 * np.clip((1 - radius) / ROUND_FEATHER, 0, 1)).round().astype(np.uint8)

    def _create_edge_mask(self, across: int, down: int) -> np.ndarray:
        """Alpha (h, w) uint8 of the visible part: it fades out at the edges that lie inside the canvas."""
        width = FEATHER * min(self.size)
        rows, columns = (
            _ramp(part, size, seen.start > 0, seen.stop < end, width)
            for part, size, seen, end in zip(
                self._part, self.size[::-1], self._canvas, (down, across), strict=True
            )
        )
        return (255 * rows[:, None] * columns[None, :]).round().astype(np.uint8)


def _ramp(part: slice, size: int, at_start: bool, at_end: bool, width: float) -> np.ndarray:
    """Alpha along one side of the picture: 0 to 1 over `width` pixels at the chosen ends."""
    at = np.arange(part.start, part.stop) + 0.5
    ramp = np.ones(len(at))
    if at_start:
        ramp = np.minimum(ramp, at / width)
    if at_end:
        ramp = np.minimum(ramp, (size - at) / width)
    return np.clip(ramp, 0, 1)
