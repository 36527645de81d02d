"""An honest estimate of the gender that the API's contract asks for; people can correct it.

Evidence that mesh and picture hold: brow height and thickness, jaw width, lip redness against the skin, beard
shadow (chin against cheek). A weighted vote, squashed by a logistic; the confidence is 0 at a tie.
"""

from __future__ import annotations

import cv2
import numpy as np

from . import face


def _patch(lab: np.ndarray, p: np.ndarray, r: float) -> np.ndarray:
    """Median L, a, b of a square of half side r px around p."""
    h, w = lab.shape[:2]
    x0, y0 = int(np.clip(p[0] - r, 0, w - 2)), int(np.clip(p[1] - r, 0, h - 2))
    x1, y1 = int(np.clip(p[0] + r, x0 + 1, w)), int(np.clip(p[1] + r, y0 + 1, h))
    return np.median(lab[y0:y1, x0:x1].reshape(-1, 3).astype(np.float32), axis=0)


def evidence(bgr: np.ndarray, points: np.ndarray) -> dict[str, float]:
    """Measures in IOD and Lab units; see estimate for their meaning."""
    iod = face.eye_distance(points)
    y = face.head_axes(points)[1]
    lab = cv2.cvtColor(bgr, cv2.COLOR_BGR2LAB)
    r = 0.08 * iod
    cheek = (_patch(lab, points[50], r) + _patch(lab, points[280], r)) / 2
    lips = (
        _patch(lab, (points[0] + points[13]) / 2, r / 3) + _patch(lab, (points[14] + points[17]) / 2, r / 3)
    ) / 2
    chin = (_patch(lab, points[199], r) + _patch(lab, points[164], r / 2)) / 2
    brow_gap = np.mean([(points[e] - points[b]) @ y for b, e in ((105, 159), (334, 386))]) / iod
    return {
        "brow_gap": float(brow_gap),
        "jaw": float(np.linalg.norm(points[172] - points[397]) / np.linalg.norm(points[234] - points[454])),
        "lip_red": float(lips[1] - cheek[1]),
        "lip_height": float((points[17] - points[0]) @ y / iod),
        "shadow": float(cheek[0] - chin[0]),
        "shadow_red": float(cheek[1] - chin[1]),
        "chin": float((points[152] - points[17]) @ y / iod),
    }


def estimate(bgr: np.ndarray, points: np.ndarray) -> tuple[str, float]:
    """ "male" or "female" and a confidence 0..1."""
    e = evidence(bgr, points)
    vote = (
        6.0 * (e["brow_gap"] - 0.36)
        + 0.07 * (e["lip_red"] - 9)
        - 0.03 * (e["shadow"] - 8)
        - 10.0 * (e["jaw"] - 0.80)
        - 3.0 * (e["chin"] - 0.42)
    )
    p = 1 / (1 + np.exp(-2 * vote))
    return ("female" if p >= 0.5 else "male"), float(abs(2 * p - 1))
