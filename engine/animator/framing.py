"""Where the head is in a rig's frame: what whoever crops the video needs to know, in shares of the frame."""

from __future__ import annotations

import numpy as np

from . import face
from .arrays import Array

THERE = 64  # of 255: so much person is a person
REACH = 1.4  # face widths to each side of the face: what is farther away is no hair
TOUCH = 0.005  # of the frame's width: so near to an edge is cut by it


def framing(alpha: Array, points: Array) -> dict[str, list[float]]:
    """`eyes` [x, y], `head` [x, y, width, height] from hair to chin, `cuts`: where the person first touches the left
    and the right edge, as y (1: never). alpha (H, W) uint8, points (478, 3) px."""
    height, width = alpha.shape
    there = alpha >= THERE
    eyes = points[[*face.LEFT_EYE, *face.RIGHT_EYE], :2].mean(0)
    (x0, y0), (x1, chin) = points[:468, :2].min(0), points[:468, :2].max(0)
    top, left, right = y0, x0, x1
    reach = REACH * (x1 - x0)
    above = there[: max(int(eyes[1]), 1), _span(x0, x1, width)].any(1)
    if above.any():
        top = min(top, float(above.argmax()))
    near = _span(x0 - reach, x1 + reach, width)
    # Down to the nose: below it hair and shoulders are not to be told apart.
    sides = np.flatnonzero(there[max(int(top), 0) : max(int(points[1, 1]), 1), near].any(0))
    if sides.size:
        left, right = min(left, near.start + sides[0]), max(right, near.start + sides[-1] + 1)
    left, right, top, chin = max(left, 0), min(right, width), max(top, 0), min(chin, height)
    margin = max(round(TOUCH * width), 1)
    return {
        "eyes": _rounded(eyes[0] / width, eyes[1] / height),
        "head": _rounded(left / width, top / height, (right - left) / width, (chin - top) / height),
        "cuts": _rounded(_first(there[:, :margin]) / height, _first(there[:, -margin:]) / height),
    }


def _span(start: float, stop: float, size: int) -> slice:
    start = min(max(int(start), 0), size - 1)
    return slice(start, min(max(int(stop) + 1, start + 1), size))


def _first(edge: Array) -> int:
    """The first row in which there is something; the number of rows if there is none."""
    rows = edge.any(1)
    return int(rows.argmax()) if rows.any() else len(rows)


def _rounded(*shares: float) -> list[float]:
    return [round(float(min(max(share, 0), 1)), 4) for share in shares]
