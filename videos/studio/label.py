"""The visible label, such as "AI-generated": white words on a dark plate in a corner, readable on every background."""

from typing import Self

import cv2
import numpy as np
from PIL import Image, ImageDraw

from videos.looks.look import Look
from videos.studio.overlay import MEDIUM, lay_over, load_font

HEIGHT = 0.036  # of the letters, in parts of the frame's shorter side; 26 pixels at 720p
MIN_HEIGHT = 11  # pixels, for animations
PADDING = 0.45  # of the letters' height
MARGIN = 0.03  # of the shorter side
PLATE = 190  # of 255: white words on it have a contrast of 7 before white
SHARPNESS = 4  # the plate's corners are drawn this much larger


class Label:
    """One label for frames of one size."""

    def __init__(self, words: str, corner: str, width: int, height: int) -> None:
        side = min(width, height)
        self._drawn = _draw(words, max(round(HEIGHT * side), MIN_HEIGHT), width - 2 * round(MARGIN * side))
        down, across = self._drawn.shape[:2]
        margin = round(MARGIN * side)
        self._top = margin if corner.startswith("top") else height - margin - down
        self._left = margin if corner.endswith("left") else width - margin - across

    @classmethod
    def of(cls, look: Look, width: int, height: int) -> Self | None:
        """The label of a look; None if it has none."""
        return cls(look.label, look.label_corner, width, height) if look.label else None

    def stamp(self, frame: np.ndarray) -> np.ndarray:
        """A copy of the frame, (h, w, 3) or with straight alpha (h, w, 4), with the label."""
        return lay_over(frame, self._drawn, self._left, self._top)


def _draw(words: str, size: int, max_width: int) -> np.ndarray:
    """Words and plate, (h, w, 4) with straight alpha, scaled down if they are too wide."""
    font = load_font(MEDIUM, size)
    left, _, right, _ = font.getbbox(words)
    ascent, descent = font.getmetrics()
    padding = round(PADDING * size)
    across, down = round(right - left) + 2 * padding, ascent + descent + padding
    plate = Image.new("L", (across * SHARPNESS, down * SHARPNESS))
    ImageDraw.Draw(plate).rounded_rectangle(
        (0, 0, plate.width - 1, plate.height - 1), radius=down * SHARPNESS // 4, fill=PLATE
    )
    letters = Image.new("L", (across, down))
    ImageDraw.Draw(letters).text((padding - left, padding // 2), words, font=font, fill=255)
    light = np.asarray(letters, np.float32) / 255
    dark = np.asarray(plate.resize((across, down), Image.Resampling.BOX), np.float32) / 255
    alpha = light + dark * (1 - light)
    colour = np.where(alpha > 0, light / np.maximum(alpha, 1e-3), 0) * 255
    drawn = np.dstack([colour, colour, colour, alpha * 255]).round().astype(np.uint8)
    if across > max_width:
        drawn = cv2.resize(
            drawn, (max_width, max(round(down * max_width / across), 1)), interpolation=cv2.INTER_AREA
        )
    return drawn
