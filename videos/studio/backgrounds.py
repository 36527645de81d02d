"""What stands behind the person: gradients, pictures, and the own background out of focus."""

import math
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from dashboard.uploads.decoder import FileRefused, pictures
from videos.looks.look import Box, Look
from videos.studio import Refused, matting

MAX_PICTURE_PIXELS = 50_000_000
BLUR = 0.035  # of the canvas' shorter side, as a standard deviation
BLUR_SCALE = 8  # what is blurred as much as this needs no more than an eighth of the size
# Shades, at most. Half a shade would be enough in RGB, but the encoder takes that for nothing, and the steps are back.
NOISE = 3.0


def rgb_of(colour: str) -> tuple[int, int, int]:
    """Of "#rrggbb"."""
    return tuple(bytes.fromhex(colour[1:]))  # type: ignore[return-value]


def noise(width: int, height: int) -> np.ndarray:
    """(h, w, 1) float32, the same in each frame: added before rounding, or what changes slowly shows as steps."""
    random = np.random.default_rng(0)
    return random.triangular(-NOISE, 0, NOISE, (height, width, 1)).astype(np.float32)


def gradient(width: int, height: int, look: Look) -> np.ndarray:
    """CSS's linear-gradient(angle, colour, colour2): the line is as long as the corners need it."""
    turn = math.radians(look.angle)
    dx, dy = math.sin(turn), -math.cos(turn)
    length = abs(width * dx) + abs(height * dy)
    x = (np.arange(width) + 0.5 - width / 2) * dx
    y = (np.arange(height) + 0.5 - height / 2) * dy
    along = np.clip((y[:, None] + x[None, :]) / length + 0.5, 0, 1)[..., None]
    first, last = np.array(rgb_of(look.colour)), np.array(rgb_of(look.colour2))
    return _rounded(first * (1 - along) + last * along, noise(width, height))


def cover(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    """As CSS's object-fit: cover; the middle of what is too much."""
    high, wide = picture.shape[:2]
    scale = max(width / wide, height / high)
    size = max(round(wide * scale), width), max(round(high * scale), height)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LANCZOS4
    scaled = cv2.resize(picture, size, interpolation=how)
    left, top = (size[0] - width) // 2, (size[1] - height) // 2
    return np.ascontiguousarray(scaled[top : top + height, left : left + width])


def blurred(small: np.ndarray, width: int, height: int, shades: np.ndarray) -> np.ndarray:
    """A small picture (float32), out of focus, covering `width` × `height`."""
    return _soft(cover(small, *_small(width, height)), width, height, shades)


def extended(small: np.ndarray, box: Box, width: int, height: int, shades: np.ndarray) -> np.ndarray:
    """A small picture (float32) that lies in `box` of a canvas, out of focus, flowing into the rest of it."""
    across, down = _small(width, height)
    scale_x, scale_y = box.width / width * across, box.height / height * down
    place = np.array(
        [
            [scale_x / small.shape[1], 0, box.x / width * across],
            [0, scale_y / small.shape[0], box.y / height * down],
        ],
        np.float32,
    )
    # Warped about the middles of pixels; the picture's last row and column go on for half a pixel.
    place[:, 2] += place[:, :2].sum(axis=1) / 2 - 0.5
    there = np.ones(small.shape[:2], np.float32)
    canvas = cv2.warpAffine(small, place, (across, down), borderMode=cv2.BORDER_REPLICATE)
    known = cv2.warpAffine(there, place, (across, down))
    return _soft(matting.spread(canvas, known), width, height, shades)


def read(path: Path) -> np.ndarray:
    """A backdrop, which was made anew when it was uploaded and is looked at once more."""
    try:
        with path.open("rb") as file:
            name = pictures.sniff(file.read(256))
        if name not in ("JPEG", "PNG", "WEBP"):
            raise FileRefused
        with Image.open(path, formats=[name]) as image:
            if image.width * image.height > MAX_PICTURE_PIXELS:
                raise FileRefused
            return np.asarray(image.convert("RGB"))
    except (FileRefused, OSError, ValueError, SyntaxError) as error:
        raise Refused("The background picture cannot be read. Choose another one.") from error


def _small(width: int, height: int) -> tuple[int, int]:
    return max(width // BLUR_SCALE, 2), max(height // BLUR_SCALE, 2)


def _soft(small: np.ndarray, width: int, height: int, shades: np.ndarray) -> np.ndarray:
    sigma = BLUR * min(small.shape[:2])
    soft = cv2.GaussianBlur(small, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    return _rounded(cv2.resize(soft, (width, height), interpolation=cv2.INTER_CUBIC), shades)


def _rounded(exact: np.ndarray, shades: np.ndarray) -> np.ndarray:
    return np.clip(exact + shades + 0.5, 0, 255).astype(np.uint8)
