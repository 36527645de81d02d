"""The person without what was behind: the colours at the half-transparent edge, and the place left free.

At an edge the camera sees person and background mixed, so a person that is simply cut out wears a rim of the old
background. The true colour is estimated as in "Approximate Fast Foreground Colour Estimation" (Forte, 2021), with a
pyramid instead of box filters: what is certain spreads into what is not.
"""

import cv2
import numpy as np

SCALE = 4  # the estimates are smooth, so a quarter of the size is enough
SURE = 16  # the power that makes certain pixels count more than mixed ones; with 4 a third of the rim stays
OPEN = 96  # a hole is this transparent somewhere


def spread(picture: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """`picture` (h, w, 3) float32, where `weight` (h, w) in 0 to 1 is small filled from where it is large."""
    levels = [cv2.merge([*cv2.split(picture * weight[..., None]), weight])]
    while min(levels[-1].shape[:2]) > 1:
        height, width = levels[-1].shape[:2]
        half = cv2.resize(levels[-1], (max(width // 2, 1), max(height // 2, 1)), interpolation=cv2.INTER_AREA)
        # A corner that holds a quarter of what it could is as good as full: pull, and saturate.
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


def without_person(rgb: np.ndarray, alpha: np.ndarray, *, scale: int = SCALE) -> np.ndarray:
    """The background alone at 1/`scale` of the size, float32: what the person hides is filled from around."""
    small, there = _smaller(rgb, scale), _smaller(alpha, scale) / 255
    # The mask ends where the eye sees the edge; its last shadow lies outside and would glow through the blur.
    there = cv2.dilate(there, np.ones((3, 3), np.uint8))
    return spread(small, (1 - there) ** SURE)


def whole(alpha: np.ndarray) -> np.ndarray:
    """`alpha` (h, w) uint8 without faint places inside: where the background nowhere shows through is no hole.

    Masks are drawn with soft edges, and some let a little of them in between the lips.
    """
    count, parts = cv2.connectedComponents(cv2.compare(alpha, 255, cv2.CMP_LT), connectivity=4)
    open_parts = np.bincount(parts[alpha < OPEN], minlength=count) > 0
    if open_parts[1:].all():
        return alpha
    faint = ~open_parts
    faint[0] = False  # what is opaque already
    return np.where(faint[parts], np.uint8(255), alpha)


def person(rgb: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """(h, w, 3) uint8: the person's own colours, at the edges too, and on into where nothing of him is."""
    height, width = alpha.shape
    small, there = _smaller(rgb, SCALE), _smaller(alpha, SCALE) / 255
    full = _larger(spread(small, there**SURE), width, height)
    mixed = np.flatnonzero((alpha > 0) & (alpha < 255))
    if mixed.size:
        behind = _larger(spread(small, (1 - there) ** SURE), width, height)
        a = alpha.reshape(-1, 1)[mixed].astype(np.float32) / 255
        guess, seen, back = (
            np.ascontiguousarray(picture).reshape(-1, 3)[mixed].astype(np.float32)
            for picture in (full, rgb, behind)
        )
        own = guess + a * (seen - a * guess - (1 - a) * back)
        full.reshape(-1, 3)[mixed] = np.clip(own, 0, 255).round().astype(np.uint8)
    cv2.copyTo(rgb, cv2.compare(alpha, 255, cv2.CMP_EQ), full)
    return full


def lit(rgb: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """(h, w, 3) uint8 as much as there is of it: premultiplied, so that edges stay clean when it is scaled."""
    return cv2.multiply(rgb, cv2.merge([alpha] * 3), scale=1 / 255)


def _larger(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    picture = np.clip(picture, 0, 255).astype(np.uint8)
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_LINEAR)


def _smaller(picture: np.ndarray, scale: int) -> np.ndarray:
    height, width = picture.shape[:2]
    size = (max(width // scale, 1), max(height // scale, 1))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.float32)
