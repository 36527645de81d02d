"""Whether something covers the mouth or the eyes; the mesh has both, even if they are hidden.

A visible mouth has lips that are redder than the skin around them and a dark line where they meet; a covered one has
neither. What covers an eye is flat, or darkens brow, lid and cheek alike. Beards, moustaches, fringes, closed eyes and
clear glasses do neither. Everything is measured in a small upright view of fixed scale.
"""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np

from .arrays import Array, Image
from .geometry import HeadFrame

SCALE = 64  # px of the view per IOD
ORIGIN = (1.5, 1.0)  # IOD: the point between the eyes in the view
LIPS = [61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185]
SEAM = (
    [191, 80, 81, 82, 13, 312, 311, 310, 415],
    [95, 88, 178, 87, 14, 317, 402, 318, 324],
)  # inner contours of both lips, without the corners
EYES = (
    ([33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7], (119, 229, 230, 231)),
    ([263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249], (348, 449, 450, 451)),
)  # contours of the eyes; points below them
CHEEKS, BRIDGE = (50, 101, 280, 330), (6, 108, 151, 168, 337)


class _FaceView:
    """The face upright, 3 x 3.4 IOD: lab (H, W, 3) float32, points (478, 2) in px of the view."""

    def __init__(self, bgr: Image, points: Array) -> None:
        frame = HeadFrame(points)
        scale = SCALE / frame.iod
        m = np.stack([frame.x, frame.y]) * scale
        m = np.column_stack([m, np.array(ORIGIN) * SCALE - m @ frame.origin])
        if scale < 1:
            bgr = cv2.GaussianBlur(bgr, (0, 0), 0.5 / scale)
        view = cv2.warpAffine(bgr, m, (3 * SCALE, int(3.4 * SCALE)), borderMode=cv2.BORDER_REPLICATE)
        light = view.astype(np.float32) / 255
        # Brighten dim faces, whose colours are pale.
        light *= np.clip(0.7 / max(float(np.percentile(light, 90)), 1e-3), 1, 4)
        self.lab = cv2.cvtColor(np.minimum(light, 1), cv2.COLOR_BGR2LAB)
        self.points = points[:, :2] @ m[:, :2].T + m[:, 2]

    def polygon(self, ids: list[int]) -> Image:
        """(H, W): 1 inside the polygon of these points."""
        mask = np.zeros(self.lab.shape[:2], np.uint8)
        cv2.fillPoly(mask, [self.points[ids].round().astype(np.int32)], 1)
        return mask

    def median_colour(self, ids: tuple[int, ...], r: int = 5) -> Array:
        """(3,): median L, a, b of small squares around these points."""
        found = []
        for x, y in self.points[list(ids)].astype(int):
            found.append(self.lab[max(0, y - r) : y + r, max(0, x - r) : x + r].reshape(-1, 3))
        pixels = np.concatenate(found)
        return np.median(pixels, 0) if len(pixels) else np.zeros(3)


def find_covered_part(bgr: Image, points: Array) -> Literal["mouth", "eyes"] | None:
    """What is covered; None if both are visible."""
    view = _FaceView(bgr, points)
    if _is_mouth_covered(view):
        return "mouth"
    return "eyes" if _are_eyes_covered(view) else None


def _is_mouth_covered(view: _FaceView) -> bool:
    lips = view.polygon(LIPS)
    ring = cv2.dilate(lips, np.ones((11, 19))) & (1 - cv2.dilate(lips, np.ones((5, 5))))
    if not lips.any() or not ring.any():
        return False
    lip, beside = np.median(view.lab[lips > 0], 0), np.median(view.lab[ring > 0], 0)
    if lip[1] - beside[1] >= 1.0:  # lips are redder
        return False
    depth, spread = _measure_seam(view)
    skin = view.median_colour(BRIDGE)[1:]
    colour = np.hypot(*skin)
    coloured = colour > 4  # in a grey picture visible lips are not red either
    light, paler = view.lab[..., 0], np.hypot(*beside[1:]) < 0.6 * colour
    rough = np.abs(light - cv2.GaussianBlur(light, (0, 0), 2))[ring > 0].mean() > 1.5
    if paler and rough and coloured:  # a beard over the lips is no cover
        return False
    flat = depth < 3 and (spread < 5 or coloured)
    white = np.hypot(*beside[1:]) < 3 and colour > 8
    cloth = white or np.hypot(*(beside[1:] - skin)) > 20
    return bool(flat or (cloth and depth < 8))  # cloth has folds


def _measure_seam(view: _FaceView) -> tuple[float, float]:
    """How much darker the line between the lips is than both sides, and how much the lightness varies across it."""
    line = (view.points[SEAM[0]] + view.points[SEAM[1]]) / 2
    xs = np.linspace(line[1, 0], line[-2, 0], 25)
    ys = np.interp(xs, line[:, 0], line[:, 1])[None] + np.arange(-10, 11)[:, None]
    light = cv2.GaussianBlur(view.lab[..., 0], (0, 0), 1.0)
    xs = np.broadcast_to(xs, ys.shape).astype(np.float32)
    strip = cv2.remap(light, xs, ys.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    sides = np.minimum(strip[:6].max(0), strip[-6:].max(0))
    return float(np.median(sides - strip[5:-5].min(0))), float(np.ptp(strip.mean(1)))


def _are_eyes_covered(view: _FaceView) -> bool:
    cheek = max(float(view.median_colour(CHEEKS)[0]), 10.0)
    shaded = 0
    for opening, under in EYES:
        light = view.lab[..., 0][cv2.dilate(view.polygon(opening), np.ones((3, 3))) > 0]
        if not len(light):
            continue
        low, middle, high = np.percentile(light, [5, 50, 95])
        if high - low < 0.07 * cheek:  # no iris, no lashes
            return True
        shaded += view.median_colour(under, 3)[0] < 0.48 * cheek and middle < 0.25 * cheek
    return shaded == len(EYES)
