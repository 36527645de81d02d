"""Finding the frame of glasses, which must not move with the lids under it.

If something dark and thin crosses the bridge of the nose, it is a pair of glasses, and the frame is what is connected to
it and has as much contrast (black-hat transform: darker than its surroundings within the width of a rim). Thick and thin
dark frames are found; rimless ones, and gold on warm skin, are not.
"""

from __future__ import annotations

import cv2
import numpy as np

from .arrays import Array, Image
from .geometry import HeadFrame

SCALE = 100  # px of the view per IOD
SIZE, ORIGIN = (3.0, 1.7), (1.5, 0.65)  # IOD: size of the view, and the point between the eyes in it
MAX_RIM = 0.13  # IOD
BRIDGE = (0.08, -0.2, 0.25)  # IOD: half width, top and bottom of the bridge of the nose
MIN_CONTRAST = 24  # of 255, over the whole width of the bridge; noses without glasses have at most 10


def find_frame(bgr: Image, points: Array, frame: HeadFrame, openings: list[list[int]]) -> Array | None:
    """(H, W) float32: the frame as a mask 0..1; None without glasses. openings: contours of the eyes."""
    scale = SCALE / frame.iod
    m = np.stack([frame.x, frame.y]) * scale
    m = np.column_stack([m, np.array(ORIGIN) * SCALE - m @ frame.origin])
    w, h = (int(s * SCALE) for s in SIZE)
    if scale < 1:
        bgr = cv2.GaussianBlur(bgr, (0, 0), 0.4 / scale)
    view = cv2.warpAffine(bgr, m, (w, h), borderMode=cv2.BORDER_REPLICATE)
    k = round(MAX_RIM * SCALE)
    light = cv2.cvtColor(view, cv2.COLOR_BGR2LAB)[..., 0]
    contrast = cv2.morphologyEx(
        light, cv2.MORPH_BLACKHAT, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (k, k))
    )
    half, top, bottom = BRIDGE
    (x0, x1), (y0, y1) = (
        (np.array(ends) * SCALE).round().astype(int)
        for ends in ((ORIGIN[0] - half, ORIGIN[0] + half), (ORIGIN[1] + top, ORIGIN[1] + bottom))
    )
    crossing = contrast[y0:y1, x0:x1].max(0)
    if crossing.min() < MIN_CONTRAST:
        return None
    dark = (contrast > max(0.35 * float(np.median(crossing)), 0.7 * MIN_CONTRAST)).astype(np.uint8)
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
