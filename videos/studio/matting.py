"""Separating the person from the background: the true colours at the edge, and the background without the person.

At the edge, pixels mix the person with the background, so simply cutting out the person leaves a rim of the old
background. The true colour is estimated as in "Approximate Fast Foreground Colour Estimation" (Forte, 2021), with a
pyramid instead of box filters: certain colours fill uncertain areas.
"""

import cv2
import numpy as np

SCALE = 4  # the estimates are smooth, so a quarter of the resolution is enough
CERTAINTY_POWER = 16  # weights certain pixels more than mixed ones; with 4 a third of the rim would remain
MAX_HOLE_ALPHA = 96  # a real hole is at most this opaque somewhere


def fill_gaps(picture: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Fill `picture` (h, w, 3) float32 where `weight` (h, w, 0 to 1) is small from where it is large."""
    levels = [cv2.merge([*cv2.split(picture * weight[..., None]), weight])]
    while min(levels[-1].shape[:2]) > 1:
        height, width = levels[-1].shape[:2]
        half = cv2.resize(levels[-1], (max(width // 2, 1), max(height // 2, 1)), interpolation=cv2.INTER_AREA)
        # Pull and saturate: an area that is a quarter full counts as full.
        held = half[..., 3:]
        levels.append(half * (np.minimum(held * 4, 1) / np.maximum(held, 1e-6)))
    filled = levels.pop()
    filled = filled[..., :3] / np.maximum(filled[..., 3:], 1e-6)
    while levels:
        level = levels.pop()
        height, width = level.shape[:2]
        coarse = cv2.resize(filled, (width, height), interpolation=cv2.INTER_LINEAR)
        filled = level[..., :3] + coarse * (1 - np.minimum(level[..., 3:], 1))
    return filled


def remove_person(rgb: np.ndarray, alpha: np.ndarray, *, scale: int = SCALE) -> np.ndarray:
    """The background at 1/`scale` of the size, float32; the area of the person is filled from its surroundings."""
    small, weight = _shrink(rgb, scale), _shrink(alpha, scale) / 255
    # The faint outer edge of the person lies outside the mask and would shine through the blur.
    weight = cv2.dilate(weight, np.ones((3, 3), np.uint8))
    return fill_gaps(small, (1 - weight) ** CERTAINTY_POWER)


def fill_holes(alpha: np.ndarray) -> np.ndarray:
    """`alpha` (h, w) uint8 with faint areas inside the person made opaque; real holes stay.

    Masks have soft edges, and some have faint areas, for example between the lips.
    """
    count, parts = cv2.connectedComponents(cv2.compare(alpha, 255, cv2.CMP_LT), connectivity=4)
    open_parts = np.bincount(parts[alpha < MAX_HOLE_ALPHA], minlength=count) > 0
    if open_parts[1:].all():
        return alpha
    faint = ~open_parts
    faint[0] = False  # opaque already
    return np.where(faint[parts], np.uint8(255), alpha)


def estimate_person(rgb: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """(h, w, 3) uint8: the colours of the person without the background, extended beyond the edges."""
    height, width = alpha.shape
    small, weight = _shrink(rgb, SCALE), _shrink(alpha, SCALE) / 255
    full = _enlarge(fill_gaps(small, weight**CERTAINTY_POWER), width, height)
    mixed = np.flatnonzero((alpha > 0) & (alpha < 255))
    if mixed.size:
        background = _enlarge(fill_gaps(small, (1 - weight) ** CERTAINTY_POWER), width, height)
        a = alpha.reshape(-1, 1)[mixed].astype(np.float32) / 255
        guess, seen, back = (
            np.ascontiguousarray(picture).reshape(-1, 3)[mixed].astype(np.float32)
            for picture in (full, rgb, background)
        )
        own = guess + a * (seen - a * guess - (1 - a) * back)
        full.reshape(-1, 3)[mixed] = np.clip(own, 0, 255).round().astype(np.uint8)
    cv2.copyTo(rgb, cv2.compare(alpha, 255, cv2.CMP_EQ), full)
    return full


def premultiply(rgb: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """(h, w, 3) uint8 multiplied by its alpha, so that the edges stay clean when it is scaled."""
    return cv2.multiply(rgb, cv2.merge([alpha] * 3), scale=1 / 255)


def _enlarge(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    picture = np.clip(picture, 0, 255).astype(np.uint8)
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_LINEAR)


def _shrink(picture: np.ndarray, scale: int) -> np.ndarray:
    height, width = picture.shape[:2]
    size = (max(width // scale, 1), max(height // scale, 1))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.float32)
