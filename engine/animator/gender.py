"""A rough estimate of the gender, which the API requires; users can correct it.

It is based on the height of the chin, the width of the jaw, the shadow of a beard on chin and upper lip, and dark brows.
All have equal weights, so that nothing is fitted to the few available portraits; the confidence is 0 for a tie.
"""

from __future__ import annotations

import cv2
import numpy as np

from . import face
from .arrays import Array, Image


def _median_colour(lab: Image, p: Array, r: float) -> Array:
    """(3,): median L, a, b of a square of half side r px around p."""
    h, w = lab.shape[:2]
    x0, y0 = int(np.clip(p[0] - r, 0, w - 2)), int(np.clip(p[1] - r, 0, h - 2))
    x1, y1 = int(np.clip(p[0] + r, x0 + 1, w)), int(np.clip(p[1] + r, y0 + 1, h))
    return np.median(lab[y0:y1, x0:x1].reshape(-1, 3).astype(np.float32), axis=0)


def measure(bgr: Image, points: Array) -> dict[str, float]:
    """Measures in IOD or relative to the lightness of the cheeks; each is larger in men on average."""
    iod = face.eye_distance(points)
    y = face.head_axes(points)[1]
    lab = cv2.cvtColor(bgr, cv2.COLOR_BGR2LAB)
    r = 0.08 * iod

    def light(*ids: int, size: float = r) -> float:
        return float(np.mean([_median_colour(lab, points[i], size)[0] for i in ids]))

    cheek = max(light(50, 280), 30.0)
    lip = [(points[a] + points[b]) / 2 for a, b in ((37, 203), (267, 423))]
    above_lip = float(np.mean([_median_colour(lab, p, r / 3)[0] for p in lip]))
    return {
        "chin": float((points[152] - points[17]) @ y / iod),
        "jaw": float(np.linalg.norm(points[172] - points[397]) / np.linalg.norm(points[234] - points[454])),
        "moustache": 1 - above_lip / cheek,
        "beard": 1 - (light(199) + light(164, size=r / 2)) / 2 / cheek,
        "brows": 1 - light(105, 334, 66, 296, size=r / 3) / cheek,
    }


# The middle between the averages of men and women, and a typical deviation from it.
MIDDLE = {
    "chin": (0.53, 0.06),
    "jaw": (0.78, 0.025),
    "moustache": (0.03, 0.12),
    "beard": (0.13, 0.13),
    "brows": (0.10, 0.15),
}


def estimate(bgr: Image, points: Array) -> tuple[str, float]:
    """The gender, male or female, and a confidence 0..1."""
    measures = measure(bgr, points)
    votes = [np.clip((measures[k] - middle) / spread, -1.5, 1.5) for k, (middle, spread) in MIDDLE.items()]
    p = 1 / (1 + np.exp(-0.6 * sum(votes)))
    return ("male" if p >= 0.5 else "female"), float(abs(2 * p - 1))
