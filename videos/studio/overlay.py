"""Puts words onto frames: their font, and laying drawn pixels over a part of a frame."""

from importlib.resources import as_file, files

import numpy as np
from PIL import ImageFont

MEDIUM, REGULAR = "Roboto-Medium.ttf", "Roboto-Regular.ttf"


def load_font(name: str, size: int) -> ImageFont.FreeTypeFont:
    with as_file(files("font_roboto") / "files" / name) as path:
        return ImageFont.truetype(path, size)


def lay_over(frame: np.ndarray, drawn: np.ndarray, left: int, top: int, opacity: float = 1.0) -> np.ndarray:
    """A copy of the frame, (h, w, 3) or with straight alpha (h, w, 4), with `drawn` (h, w, 4, straight alpha) over it."""
    result = frame.copy()
    part = result[top : top + drawn.shape[0], left : left + drawn.shape[1]]
    colour, share = drawn[..., :3], drawn[..., 3:].astype(np.float32) / 255 * opacity
    if frame.shape[2] == 4:
        below = part[..., 3:].astype(np.float32) / 255 * (1 - share)
        whole = share + below
        mixed = colour * share + part[..., :3] * below
        part[..., :3] = np.round(mixed / np.maximum(whole, 1e-3))
        part[..., 3:] = np.round(whole * 255)
    else:
        part[:] = np.round(colour * share + part * (1 - share))
    return result
