"""The lower third: name and title of who speaks, at the bottom left, during the first seconds."""

from math import ceil
from typing import Self

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from videos.looks.look import Look
from videos.studio.overlay import MEDIUM, REGULAR, lay_over, load_font

SECONDS = 5.0  # then it is gone
FADE_SECONDS = 0.3  # at its end; it is there from the first frame, so that the shortest video shows it
# In parts of the frame's shorter side; static/css/studio.css has them for the preview.
NAME_HEIGHT, TITLE_HEIGHT = 0.05, 0.034  # of the letters
MARGIN = 0.06
BOTTOM = 0.11  # above the lower edge: a label fits below
TALL_BOTTOM = 0.36  # in upright frames, where apps cover the bottom
BAR = 0.008  # the stripe at its left
PADDING = 0.022
MIN_HEIGHT = 10  # pixels of letters, for animations
PLATE = (0, 0, 0, 190)  # white letters have a contrast of 7 before any background
TALL = 1.5  # height to width


class LowerThird:
    """One lower third for frames of one size."""

    def __init__(self, name: str, title: str, width: int, height: int) -> None:
        side = min(width, height)
        self._left = round(MARGIN * side)
        self._drawn = _draw(name, title, side, width - 2 * self._left)
        bottom = TALL_BOTTOM if height > TALL * width else BOTTOM
        self._top = max(height - round(bottom * side) - self._drawn.shape[0], 0)

    @classmethod
    def of(cls, look: Look, width: int, height: int) -> Self | None:
        """The lower third of a look; None if it has none."""
        return cls(look.speaker_name, look.speaker_title, width, height) if look.has_lower_third else None

    def stamp(self, frame: np.ndarray, seconds: float) -> np.ndarray:
        """The frame of that moment with the lower third, or as it is when that is over."""
        opacity = min((SECONDS - seconds) / FADE_SECONDS, 1.0)
        return frame if opacity <= 0 else lay_over(frame, self._drawn, self._left, self._top, opacity)


def _draw(name: str, title: str, side: int, max_width: int) -> np.ndarray:
    """Plate, stripe and one or two lines, (h, w, 4) with straight alpha; lines that are too wide get smaller letters."""
    padding, bar = max(round(PADDING * side), 3), max(round(BAR * side), 2)
    room = max_width - 2 * padding - bar
    lines = [
        (words, _fit_font(words, font, max(round(height * side), MIN_HEIGHT), room))
        for words, font, height in ((name, MEDIUM, NAME_HEIGHT), (title, REGULAR, TITLE_HEIGHT))
        if words
    ]
    heights = [sum(font.getmetrics()) for _, font in lines]
    across = min(ceil(max(font.getlength(words) for words, font in lines)), room) + 2 * padding + bar
    picture = Image.new("RGBA", (across, sum(heights) + padding), PLATE)
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 0, bar - 1, picture.height), fill="white")
    top = padding // 2
    for (words, font), height in zip(lines, heights, strict=True):
        letters = Image.new("L", (across - bar - padding, height))
        ImageDraw.Draw(letters).text((0, 0), words, font=font, fill=255)
        picture.paste("white", (bar + padding, top), letters)
        top += height
    return np.asarray(picture)


def _fit_font(words: str, name: str, size: int, room: int) -> ImageFont.FreeTypeFont:
    """The font at this size, or smaller if the words need it."""
    length = load_font(name, size).getlength(words)
    return load_font(name, max(int(size * room / length), 1) if length > room else size)
