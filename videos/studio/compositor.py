"""A look, frame by frame: what stands behind, and where the person stands in front of it."""

import math
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from dashboard.uploads.decoder import Refused as Unreadable
from dashboard.uploads.decoder import pictures
from videos.looks.look import Look
from videos.studio import Refused, matting
from videos.studio.footage import NO_MASK, Shot

MAX_PICTURE_PIXELS = 50_000_000
BLUR = 0.035  # of the canvas' shorter side, as a standard deviation
BLUR_SCALE = 8  # what is blurred as much as this needs no more than an eighth of the size


class Stage:
    """Draws shots of `width` × `height` with a look; the result has the size `self.width` × `self.height`."""

    def __init__(self, look: Look, width: int, height: int, picture: Path | None = None) -> None:
        self.look, self._source = look, (width, height)
        self.width, self.height = look.canvas(width, height)
        self._box = _Window(look, width, height)
        self._behind: np.ndarray | None = None
        if look.background == "colour":
            self._behind = np.full((self.height, self.width, 3), rgb_of(look.colour), np.uint8)
        elif look.background == "gradient":
            self._behind = gradient(self.width, self.height, look)
        elif look.background == "picture":
            if picture is None:
                raise Refused("The picture behind this video was deleted. Choose another look.")
            self._behind = cover(_read(picture), self.width, self.height)

    def draw(self, shot: Shot) -> np.ndarray:
        """(height, width, 3) uint8."""
        if self.look.keeps_background:
            return self._box.cut(shot.rgb)
        if shot.alpha is None:
            raise Refused(NO_MASK)
        behind = self._blurred(shot) if self._behind is None else self._behind
        lit = matting.lit(matting.person(shot.rgb, shot.alpha), shot.alpha)
        return self._box.over(lit, shot.alpha, behind)

    def _blurred(self, shot: Shot) -> np.ndarray:
        """The own background without the person, out of focus, covering the whole canvas."""
        free = matting.without_person(shot.rgb, shot.alpha, scale=BLUR_SCALE)
        small = cover(free, max(self.width // BLUR_SCALE, 2), max(self.height // BLUR_SCALE, 2))
        sigma = BLUR * min(small.shape[:2])
        soft = cv2.GaussianBlur(small, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
        large = cv2.resize(soft, (self.width, self.height), interpolation=cv2.INTER_CUBIC)
        return np.clip(large + 0.5, 0, 255).astype(np.uint8)


class _Window:
    """Where the source picture lies in the canvas, and the part of it that is seen."""

    def __init__(self, look: Look, width: int, height: int) -> None:
        box = look.place(width, height)
        across, down = look.canvas(width, height)
        left, top = round(box.x), round(box.y)
        self.size = max(round(box.x + box.width) - left, 1), max(round(box.y + box.height) - top, 1)
        self.canvas = (
            slice(max(top, 0), min(top + self.size[1], down)),
            slice(max(left, 0), min(left + self.size[0], across)),
        )
        self.part = tuple(
            slice(seen.start - start, seen.stop - start)
            for seen, start in zip(self.canvas, (top, left), strict=True)
        )
        self.is_smaller = box.height < 0.7 * height  # between, cubic keeps more of it and is faster

    def cut(self, picture: np.ndarray) -> np.ndarray:
        """The source at its size in the canvas, without what sticks out."""
        if self.size != picture.shape[1::-1]:
            how = cv2.INTER_AREA if self.is_smaller else cv2.INTER_CUBIC
            picture = cv2.resize(picture, self.size, interpolation=how)
        return picture[self.part]

    def over(self, lit: np.ndarray, alpha: np.ndarray, behind: np.ndarray) -> np.ndarray:
        """`lit` (h, w, 3) uint8, premultiplied with `alpha`, over `behind`, which stays as it is."""
        drawn = behind.copy()
        rest = 255 - self.cut(alpha)
        under = cv2.multiply(drawn[self.canvas], cv2.merge([rest] * 3), scale=1 / 255)
        drawn[self.canvas] = cv2.add(under, self.cut(lit))  # never beyond white
        return drawn


def rgb_of(colour: str) -> tuple[int, int, int]:
    """Of "#rrggbb"."""
    return tuple(bytes.fromhex(colour[1:]))  # type: ignore[return-value]


def gradient(width: int, height: int, look: Look) -> np.ndarray:
    """CSS's linear-gradient(angle, colour, colour2): the line is as long as the corners need it."""
    turn = math.radians(look.angle)
    dx, dy = math.sin(turn), -math.cos(turn)
    length = abs(width * dx) + abs(height * dy)
    x = (np.arange(width) + 0.5 - width / 2) * dx
    y = (np.arange(height) + 0.5 - height / 2) * dy
    along = np.clip((y[:, None] + x[None, :]) / length + 0.5, 0, 1)[..., None]
    first, last = np.array(rgb_of(look.colour)), np.array(rgb_of(look.colour2))
    exact = first * (1 - along) + last * along
    # Half a shade of noise, the same in each frame, or a soft gradient shows as steps.
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, (height, width, 1))
    return np.clip(exact + noise, 0, 255).round().astype(np.uint8)


def cover(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    """As CSS's object-fit: cover; the middle of what is too much."""
    high, wide = picture.shape[:2]
    scale = max(width / wide, height / high)
    size = max(round(wide * scale), width), max(round(high * scale), height)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    scaled = cv2.resize(picture, size, interpolation=how)
    left, top = (size[0] - width) // 2, (size[1] - height) // 2
    return np.ascontiguousarray(scaled[top : top + height, left : left + width])


def _read(path: Path) -> np.ndarray:
    """A backdrop, which was made anew when it was uploaded and is looked at once more."""
    try:
        with path.open("rb") as file:
            name = pictures.sniff(file.read(256))
        if name not in ("JPEG", "PNG", "WEBP"):
            raise Unreadable
        with Image.open(path, formats=[name]) as image:
            if image.width * image.height > MAX_PICTURE_PIXELS:
                raise Unreadable
            return np.asarray(image.convert("RGB"))
    except (Unreadable, OSError, ValueError, SyntaxError) as error:
        raise Refused("The picture behind this video cannot be read. Choose another one.") from error
