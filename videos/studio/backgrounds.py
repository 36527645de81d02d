"""Backgrounds: gradients, pictures, and the original background blurred."""

import math
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from dashboard.uploads.decoder import FileRefused, pictures
from videos.looks.look import Box, Look
from videos.studio import StudioError, matting

MAX_PICTURE_PIXELS = 50_000_000
BLUR = 0.035  # standard deviation, in parts of the canvas' shorter side
BLUR_SCALE = 8  # so blurred a picture needs only an eighth of the resolution
# In noise. Half a shade would be enough in RGB, but the encoder removes that, and banding comes back.
NOISE = 3.0


def parse_colour(colour: str) -> tuple[int, int, int]:
    """From "#rrggbb" to red, green and blue."""
    red, green, blue = bytes.fromhex(colour[1:])
    return red, green, blue


def create_noise(width: int, height: int) -> np.ndarray:
    """Dither noise (h, w, 1) float32, the same for each frame: added before rounding, it avoids banding."""
    random = np.random.default_rng(0)
    return random.triangular(-NOISE, 0, NOISE, (height, width, 1)).astype(np.float32)


def gradient(width: int, height: int, look: Look) -> np.ndarray:
    """As CSS's linear-gradient(angle, colour, colour2): the corners have the pure colours."""
    angle = math.radians(look.angle)
    dx, dy = math.sin(angle), -math.cos(angle)
    length = abs(width * dx) + abs(height * dy)
    x = (np.arange(width) + 0.5 - width / 2) * dx
    y = (np.arange(height) + 0.5 - height / 2) * dy
    along = np.clip((y[:, None] + x[None, :]) / length + 0.5, 0, 1)[..., None]
    first, last = np.array(parse_colour(look.colour)), np.array(parse_colour(look.colour2))
    return _add_noise(first * (1 - along) + last * along, create_noise(width, height))


def cover(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    """As CSS's object-fit: cover, centered."""
    picture_height, picture_width = picture.shape[:2]
    scale = max(width / picture_width, height / picture_height)
    size = max(round(picture_width * scale), width), max(round(picture_height * scale), height)
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LANCZOS4
    scaled = cv2.resize(picture, size, interpolation=interpolation)
    left, top = (size[0] - width) // 2, (size[1] - height) // 2
    return np.ascontiguousarray(scaled[top : top + height, left : left + width])


def blur(small: np.ndarray, width: int, height: int, noise: np.ndarray) -> np.ndarray:
    """Blur a small picture (float32) so that it covers `width` × `height`."""
    return _blur(cover(small, *_get_blur_size(width, height)), width, height, noise)


def extend(small: np.ndarray, box: Box, width: int, height: int, noise: np.ndarray) -> np.ndarray:
    """Blur a small picture (float32) that lies in `box` of a canvas, and extend it to the rest of the canvas."""
    across, down = _get_blur_size(width, height)
    scale_x, scale_y = box.width / width * across, box.height / height * down
    place = np.array(
        [
            [scale_x / small.shape[1], 0, box.x / width * across],
            [0, scale_y / small.shape[0], box.y / height * down],
        ],
        np.float32,
    )
    # Coordinates are those of pixel centres: half a pixel is added before warping and subtracted after.
    place[:, 2] += place[:, :2].sum(axis=1) / 2 - 0.5
    ones = np.ones(small.shape[:2], np.float32)
    canvas = cv2.warpAffine(small, place, (across, down), borderMode=cv2.BORDER_REPLICATE)
    known = cv2.warpAffine(ones, place, (across, down))
    return _blur(matting.fill_gaps(canvas, known), width, height, noise)


def read_picture(path: Path) -> np.ndarray:
    """Read a background picture. It was converted at upload; its type and size are checked again."""
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
        raise StudioError("The background picture cannot be read. Choose another one.") from error


def _get_blur_size(width: int, height: int) -> tuple[int, int]:
    return max(width // BLUR_SCALE, 2), max(height // BLUR_SCALE, 2)


def _blur(small: np.ndarray, width: int, height: int, noise: np.ndarray) -> np.ndarray:
    sigma = BLUR * min(small.shape[:2])
    soft = cv2.GaussianBlur(small, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    return _add_noise(cv2.resize(soft, (width, height), interpolation=cv2.INTER_CUBIC), noise)


def _add_noise(exact: np.ndarray, noise: np.ndarray) -> np.ndarray:
    return np.clip(exact + noise + 0.5, 0, 255).astype(np.uint8)
