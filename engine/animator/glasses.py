"""The frame of a pair of glasses: what must stay where it is while the lids under it move.

Nothing dark and thin crosses the bridge of a nose but a pair of glasses. Where something does, the frame is what is
connected to it and stands out as much (black-hat transform: darker than what surrounds it within a rim's width).
Thick and thin dark frames are found; rimless ones and gold on warm skin are not.
"""

from __future__ import annotations

import cv2
import numpy as np

from .arrays import Array
from .geometry import HeadFrame

SCALE = 100  # px of the view per IOD
SIZE, ORIGIN = (3.0, 1.7), (1.5, 0.65)  # IOD: the view, and the point between the eyes in it
RIM = 0.13  # IOD: the widest rim
BRIDGE = (0.08, -0.2, 0.25)  # IOD: half width, top and bottom of the part of the nose that is looked at
STANDS_OUT = 24  # of 255, over the whole width of the bridge; noses without glasses have 10 at most


def find(bgr: Array, points: Array, frame: HeadFrame, openings: list[list[int]]) -> Array | None:
    """(H, W) float32 0..1: where the frame is; None without glasses. openings: contours of the eyes."""
    scale = SCALE / frame.iod
    m = np.stack([frame.x, frame.y]) * scale
    m = np.column_stack([m, np.array(ORIGIN) * SCALE - m @ frame.origin])
    w, h = (int(s * SCALE) for s in SIZE)
    if scale < 1:
        bgr = cv2.GaussianBlur(bgr, (0, 0), 0.4 / scale)
    view = cv2.warpAffine(bgr, m, (w, h), borderMode=cv2.BORDER_REPLICATE)
    k = round(RIM * SCALE)
    light = cv2.cvtColor(view, cv2.COLOR_BGR2LAB)[..., 0]
    out = cv2.morphologyEx(light, cv2.MORPH_BLACKHAT, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (k, k)))
    half, top, bottom = BRIDGE
    (x0, x1), (y0, y1) = (
        (np.array(ends) * SCALE).round().astype(int)
        for ends in ((ORIGIN[0] - half, ORIGIN[0] + half), (ORIGIN[1] + top, ORIGIN[1] + bottom))
    )
    crossing = out[y0:y1, x0:x1].max(0)
    if crossing.min() < STANDS_OUT:
        return None
    dark = (out > max(0.35 * float(np.median(crossing)), 0.7 * STANDS_OUT)).astype(np.uint8)
    eyes = np.zeros_like(dark)
    local = points[:, :2] @ m[:, :2].T + m[:, 2]
    for ids in openings:
        cv2.fillPoly(eyes, [local[ids].round().astype(np.int32)], 1)
    dark &= 1 - cv2.dilate(eyes, np.ones((5, 5), np.uint8))
    _, parts = cv2.connectedComponents(cv2.dilate(dark, np.ones((5, 5), np.uint8)))
    touching = np.unique(parts[y0:y1, x0:x1])
    rims = dark & np.isin(parts, touching[touching > 0]).astype(np.uint8)
    rims = cv2.GaussianBlur(cv2.dilate(rims, np.ones((3, 3), np.uint8)).astype(np.float32), (0, 0), 1.0)
    size = bgr.shape[1], bgr.shape[0]
    return np.clip(1.6 * cv2.warpAffine(rims, m, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP), 0, 1)
