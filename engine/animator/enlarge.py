"""Enlarging small pictures without JPEG blocks, jagged edges or halos.

Blocks are removed by averaging over shifted compressions (Nosratinia 2001), jagged edges by averaging along the edge
(coherence-enhancing filtering, after Weickert 1999). No pixel gets darker or lighter than its surroundings, so nothing
rings.
"""

from __future__ import annotations

import cv2
import numpy as np

from .arrays import Array, Image

SHARPEN_ONLY, FULL_STRENGTH = (
    1.5,
    2.3,
)  # scales: up to the first one, only sharpen; from the second on, apply all
JPEG_QUALITY = 65  # coarser than the blocks to remove
SHARPEN = 1.3
EDGE_REACH = 0.9  # px of the small picture to each side: how far to average along an edge


def enlarge(bgr: Image, size: tuple[int, int], scale: float) -> Image:
    """The picture (H, W, 3) at `size` (w, h), `scale` times as large."""
    strength = float(np.clip((scale - SHARPEN_ONLY) / (FULL_STRENGTH - SHARPEN_ONLY), 0, 1))
    small = bgr.astype(np.float32)
    if strength > 0:
        small += strength * (_remove_blocks(bgr) - small)
    large = _clip_to_neighbours(cv2.resize(small, size, interpolation=cv2.INTER_CUBIC), small)
    if strength > 0:
        for _ in range(2):
            large = _smooth_along_edges(large, scale, strength)
    return _sharpen(large, scale).clip(0, 255).round().astype(np.uint8)


def _clip_to_neighbours(large: Array, small: Array) -> Array:
    """Remove the overshoot of cubic interpolation (float32)."""
    size, around = (large.shape[1], large.shape[0]), np.ones((3, 3), np.uint8)
    low, high = (cv2.resize(f(small, around), size) for f in (cv2.erode, cv2.dilate))
    return np.clip(large, low, high)


def _remove_blocks(bgr: Image) -> Array:
    """The mean (float32) of JPEG compressions at shifted block positions."""
    h, w = bgr.shape[:2]
    shifts = [(x, y) for y in range(0, 8, 2) for x in range(0, 8, 2)]
    total = np.zeros(bgr.shape, np.float32)
    for x, y in shifts:
        shifted = cv2.copyMakeBorder(bgr, y, 8, x, 8, cv2.BORDER_REFLECT_101)
        _, data = cv2.imencode(".jpg", shifted, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        total += cv2.imdecode(data, cv2.IMREAD_COLOR)[y : y + h, x : x + w]
    return total / len(shifts)


def _smooth_along_edges(bgr: Array, scale: float, strength: float) -> Array:
    """Average each pixel (float32) that lies on an edge with its neighbours along the edge."""
    grey = cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY)
    gx, gy = cv2.Scharr(grey, cv2.CV_32F, 1, 0) / 32, cv2.Scharr(grey, cv2.CV_32F, 0, 1) / 32
    xx, xy, yy = (cv2.GaussianBlur(g, (0, 0), 0.8 * scale) for g in (gx * gx, gx * gy, gy * gy))
    across = 0.5 * np.arctan2(2 * xy, xx - yy)
    coherence = np.sqrt((xx - yy) ** 2 + 4 * xy * xy) / (xx + yy + 4)
    length = EDGE_REACH * scale * strength * coherence
    dx, dy = -np.sin(across) * length, np.cos(across) * length
    h, w = grey.shape
    xs, ys = np.meshgrid(np.arange(w, dtype=np.float32), np.arange(h, dtype=np.float32))
    total = bgr.copy()
    for step in (-1, -0.5, 0.5, 1):
        total += cv2.remap(
            bgr, xs + step * dx, ys + step * dy, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
        )
    return total / 5


def _sharpen(bgr: Array, scale: float) -> Array:
    """Restore some of the contrast of the finest detail, which enlarging reduces (float32)."""
    amount = SHARPEN * min(1.0, (scale - 1) / 1.2)
    r = max(1, round(0.6 * scale))
    around = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * r + 1, 2 * r + 1))
    sharper = bgr + amount * (bgr - cv2.GaussianBlur(bgr, (0, 0), 0.55 * scale))
    return np.clip(sharper, cv2.erode(bgr, around), cv2.dilate(bgr, around))
