"""Where the head is in the frame of a rig, in shares of the frame: what is needed to crop the video well."""

from __future__ import annotations

import numpy as np

from . import face
from .arrays import Array, Flags, Image

MIN_ALPHA = 64  # of 255, to count as the person
HAIR_WIDTHS = 1.4  # widths of the face to each side of it; what is farther away is no hair
EDGE_MARGIN = 0.005  # of the frame's width: what is closer to an edge is cut by it


def measure_framing(alpha: Image, points: Array) -> dict[str, list[float]]:
    """`eyes` [x, y]; `head` [x, y, width, height] from hair to chin; `cuts` [left, right]: the y from which on the edges
    of the frame cut the person (1: never). alpha (H, W), points (478, 3) px."""
    height, width = alpha.shape
    person = alpha >= MIN_ALPHA
    eyes = points[[*face.LEFT_EYE, *face.RIGHT_EYE], :2].mean(0)
    (x0, y0), (x1, chin) = points[:468, :2].min(0), points[:468, :2].max(0)
    top, left, right = y0, x0, x1
    reach = HAIR_WIDTHS * (x1 - x0)
    above = person[: max(int(eyes[1]), 1), _span(x0, x1, width)].any(1)
    if above.any():
        top = min(top, float(above.argmax()))
    near = _span(x0 - reach, x1 + reach, width)
    # Only down to the nose: below it, hair and shoulders cannot be told apart.
    sides = np.flatnonzero(person[max(int(top), 0) : max(int(points[1, 1]), 1), near].any(0))
    if sides.size:
        left, right = min(left, near.start + sides[0]), max(right, near.start + sides[-1] + 1)
    left, right, top, chin = max(left, 0), min(right, width), max(top, 0), min(chin, height)
    margin = max(round(EDGE_MARGIN * width), 1)
    return {
        "eyes": _round_shares(eyes[0] / width, eyes[1] / height),
        "head": _round_shares(left / width, top / height, (right - left) / width, (chin - top) / height),
        "cuts": _round_shares(
            _first_row(person[:, :margin]) / height, _first_row(person[:, -margin:]) / height
        ),
    }


def _span(start: float, stop: float, size: int) -> slice:
    start = min(max(int(start), 0), size - 1)
    return slice(start, min(max(int(stop) + 1, start + 1), size))


def _first_row(flags: Flags) -> int:
    """The first row with a True; the number of rows if there is none."""
    rows = flags.any(1)
    return int(rows.argmax()) if rows.any() else len(rows)


def _round_shares(*shares: float) -> list[float]:
    return [round(float(min(max(share, 0), 1)), 4) for share in shares]
