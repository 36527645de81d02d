"""Where the lips meet: the inner contours of upper and lower lip, accurate to a pixel.

The mesh is off by 2 to 4 px there, so that parts of one lip would move with the other. Where the lips are closed, the
line is moved to the dark seam by dynamic programming, as in seam carving (Avidan and Shamir 2007).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .arrays import Array, Image
from .geometry import HeadFrame

UPPER = [78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308]
LOWER = [78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308]
OPEN_GAP = 0.035  # IOD: with a larger gap between the lips, the mouth of the portrait is open
COLUMNS = 121


@dataclass
class LipLine:
    """Inner contours in head coordinates (IOD), as functions of x between the inner corners."""

    x: Array  # (n,)
    upper: Array  # (n,) y of the contours
    lower: Array
    centre: float  # x of the middle of the mouth
    half: tuple[float, float]  # widths to the left and to the right of it

    @property
    def gap(self) -> float:
        """The widest gap between the resting lips, IOD."""
        return float((self.lower - self.upper).max())

    @property
    def closed(self) -> Array:
        """(n,) y where the closed lips touch: between the contours, shifted towards the line between the corners."""
        middle = (self.upper + self.lower) / 2
        chord = np.interp(self.x, self.x[[0, -1]], middle[[0, -1]])
        k = min(1.0, self.gap / 0.15) * 0.35
        return middle * (1 - k) + chord * k

    def across(self, x: Array) -> Array:
        """x in head coordinates, scaled to -1..1 from corner to corner."""
        d = x - self.centre
        return np.where(d < 0, d / self.half[0], d / self.half[1])

    def at(self, curve: Array, x: Array) -> Array:
        """y of a contour at any x; constant beyond the corners."""
        return np.interp(x, self.x, curve)


def find_lip_line(bgr: Image, points: Array, frame: HeadFrame) -> LipLine:
    """The contours of the mesh, or the seam if the lips are closed."""
    up, low = (frame.to_local(points[ids, :2].astype(np.float64)) for ids in (UPPER, LOWER))
    x = np.linspace(up[0, 0], up[-1, 0], COLUMNS)
    upper = np.interp(x, np.maximum.accumulate(up[:, 0]), up[:, 1])
    lower = np.interp(x, np.maximum.accumulate(low[:, 0]), low[:, 1])
    lower = np.maximum(lower, upper)
    centre = float((up[5, 0] + low[5, 0]) / 2)
    half = (max(centre - x[0], 0.08), max(x[-1] - centre, 0.08))
    if (lower - upper).max() < OPEN_GAP:
        upper = lower = _find_seam(bgr, frame, x, (upper + lower) / 2)
    return LipLine(x, upper, lower, centre, half)


def _find_seam(bgr: Image, frame: HeadFrame, x: Array, guess: Array) -> Array:
    """The dark line (n,) within .055 IOD of the guess (n,)."""
    reach, rows = 0.055, 45
    offsets = np.linspace(-reach, reach, rows)
    local = np.stack(np.broadcast_arrays(x[None, :], guess[None, :] + offsets[:, None]), -1)
    px = frame.to_px(local).astype(np.float32)
    grey = cv2.GaussianBlur(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), (0, 0), max(0.6, 0.006 * frame.iod))
    strip = cv2.remap(grey, px, None, cv2.INTER_LINEAR).astype(np.float32)
    # relative to the surroundings, because a shadow under the lip is wide and the seam is narrow
    dark = strip - cv2.GaussianBlur(strip, (0, 0), sigmaX=1, sigmaY=rows / 6)
    cost = dark / max(6.0, float(dark.std()) * 2) + 1.2 * (offsets[:, None] / reach) ** 2
    taper = np.clip(np.minimum(np.arange(len(x)), np.arange(len(x))[::-1]) / 12, 0, 1)
    cost = cost + (1 - taper)[None] * 6 * (offsets[:, None] / reach) ** 2
    best, back = cost[:, 0].copy(), np.zeros((rows, len(x)), int)
    for c in range(1, len(x)):
        options = np.stack([np.pad(best, (1, 0), constant_values=9e9)[:-1] + 0.12, best,
                            np.pad(best, (0, 1), constant_values=9e9)[1:] + 0.12])  # fmt: skip
        pick = options.argmin(0)
        back[:, c] = np.arange(rows) + pick - 1
        best = options[pick, np.arange(rows)] + cost[:, c]
    r = int(best.argmin())
    path = np.empty(len(x))
    for c in range(len(x) - 1, -1, -1):
        path[c] = offsets[r]
        r = int(np.clip(back[r, c], 0, rows - 1))
    path = np.convolve(np.pad(path, 3, mode="edge"), np.ones(7) / 7, "valid")
    return guess + path
