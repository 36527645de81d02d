"""The teeth of the portrait, and the colour of drawn ones.

The portrait's own teeth are separated from lips and gums by redness (a* of Lab), not by brightness: a wet lip is bright
too.
"""

from __future__ import annotations

import cv2
import numpy as np

from . import geometry as g
from .arrays import Array, Box, Image
from .lipline import LipLine

EYE_CONTOURS = (
    [33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7],
    [263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249],
)
LIP_POINTS = [0, 267, 37, 17, 84, 314]
MIN_GAP = 0.06  # IOD between the lips, to show teeth
MIN_HEIGHT = 0.035  # IOD of the teeth in a column
MIN_SHARE = 0.7  # of the middle columns that have this height


def eye_white_colour(bgr: Image, points: Array) -> Array | None:
    """(3,) BGR: the lighter and less saturated pixels of the eyes, without highlights; None if the eyes are too small."""
    mask = np.zeros(bgr.shape[:2], np.uint8)
    for ids in EYE_CONTOURS:
        cv2.fillPoly(mask, [points[ids, :2].round().astype(np.int32)], 1)
    pixels = bgr[mask > 0].astype(np.float32)
    if len(pixels) < 60:
        return None
    light = pixels.mean(1)
    low, high = np.percentile(light, [70, 96])
    pixels = pixels[(light >= low) & (light <= high)]
    spread = np.ptp(pixels, axis=1)
    return np.median(pixels[spread <= np.median(spread)], axis=0)


def enamel_colour(bgr: Image, points: Array, skin: Array) -> Array:
    """(3,) BGR of teeth in full light: about as light as the skin, in the tone of the eye whites."""
    luma = np.array((0.114, 0.587, 0.299))
    lightness = float(skin @ luma)
    white = eye_white_colour(bgr, points)
    if white is None:
        white = skin * 0.4 + lightness * 0.6
    # eyes lie in shadow: their whites are a better measure of the tone than of the lightness
    light = 0.6 * 1.12 * lightness + 0.4 * np.clip(
        1.1 * float(white @ luma), 0.7 * lightness, 1.25 * lightness
    )
    tone = 0.55 * white / max(float(white @ luma), 1) + 0.25 + 0.20 * skin / max(lightness, 1)
    return np.clip(np.clip(light, 50, 218) * tone * (0.95, 1.0, 1.015), 0, 238).astype(np.float32)


def extract_upper_teeth(
    bgr: Image, points: Array, frame: g.HeadFrame, line: LipLine, box: Box
) -> tuple[Array, Array] | None:
    """Colours (h, w, 3) and alpha (h, w, 1) float32 of the upper teeth in a box of the picture; None if there are none."""
    if line.gap < MIN_GAP:
        return None
    x0, y0, x1, y1 = box
    view = bgr[y0:y1, x0:x1].astype(np.float32)
    grid = np.dstack(np.meshgrid(np.arange(x0, x1, dtype=np.float32), np.arange(y0, y1, dtype=np.float32)))
    p = frame.to_local(grid)
    across, x = line.across(p[..., 0]), p[..., 0]
    upper, lower = line.at(line.upper, x), line.at(line.lower, x)
    within = (p[..., 1] > upper + 0.01) & (p[..., 1] < lower - 0.008) & (np.abs(across) < 0.92)
    lab = cv2.cvtColor(view / 255, cv2.COLOR_BGR2LAB)
    r = max(1, int(0.02 * frame.iod))
    lips = np.concatenate([_square(lab, points[i, :2] - (x0, y0), r) for i in LIP_POINTS])
    if not within.any() or not len(lips):
        return None
    red = float(np.median(lips[:, 1]))
    pale = float(np.percentile(lab[within][:, 1], 15))
    light = float(np.percentile(lab[within][:, 0], 90))
    if red - pale < 6:
        return None
    tooth = within & (lab[..., 1] < pale + 0.55 * (red - pale)) & (lab[..., 0] > 0.62 * light)
    # the first run of tooth pixels below the upper lip: the lower teeth begin below a dark gap
    below = (frame.y * frame.iod).round(3)
    if abs(below[0]) > abs(below[1]):
        return None  # a tilted head: columns would cross the teeth
    tooth = cv2.morphologyEx(tooth.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3)))
    tooth &= within.astype(np.uint8)
    rows = np.arange(tooth.shape[0])[:, None]
    first = np.where(tooth.any(0), tooth.argmax(0), tooth.shape[0])
    after = (rows > first) & (tooth == 0)
    end = np.where(after.any(0), after.argmax(0), tooth.shape[0])
    tooth = tooth * (rows >= first) * (rows < end)
    height = tooth.sum(0) / frame.iod
    middle = np.abs(across).min(0) < 0.45
    if (height[middle] > MIN_HEIGHT).mean() < MIN_SHARE:
        return None
    # smooth the edges of the row from column to column
    there = np.flatnonzero(height > 0.015)
    columns = np.arange(tooth.shape[1], dtype=np.float32)
    top, bottom = (np.interp(columns, there, edge[there]) for edge in (first, first + tooth.sum(0)))
    smooth = (1, 2 * int(0.06 * frame.iod) + 1)
    top, bottom = (
        cv2.GaussianBlur(cv2.blur(e[None], smooth[::-1]), (0, 0), 0.02 * frame.iod)[0] for e in (top, bottom)
    )
    side = np.minimum(columns - there[0], there[-1] - columns) / (0.05 * frame.iod)
    # continue the teeth under the lips with the colours of their first and last rows
    inner = np.clip(rows, np.ceil(top) + 1, np.floor(bottom) - 2).astype(np.float32)
    colour = cv2.remap(view, np.broadcast_to(columns, inner.shape).copy(), inner, cv2.INTER_LINEAR)
    alpha = np.clip(bottom - rows, 0, 1) * np.clip(rows - top + 0.12 * frame.iod, 0, 1) * np.clip(side, 0, 1)
    return colour, cv2.GaussianBlur(alpha.astype(np.float32), (0, 0), 0.7)[..., None]


def _square(lab: Array, at: Array, r: int) -> Array:
    x, y = int(at[0]), int(at[1])
    return lab[max(0, y - r) : y + r + 1, max(0, x - r) : x + r + 1].reshape(-1, 3)
