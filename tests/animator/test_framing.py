"""Where the head is."""

from __future__ import annotations

import numpy as np
import pytest


def test_where_the_head_is_in_the_frame_is_told_with_its_hair(rig):
    path, info = rig
    with np.load(path, allow_pickle=False) as kept:
        alpha, points = kept["alpha"], kept["points"]
    height, width = alpha.shape
    (x, y, w, h), (eye_x, eye_y) = info.framing["head"], info.framing["eyes"]
    assert (eye_x * width, eye_y * height) == pytest.approx(points[[33, 263], :2].mean(0), abs=0.02 * width)
    assert (y + h) * height == pytest.approx(points[152, 1], abs=0.02 * height)  # the chin
    hairline = points[10, 1] / height
    assert y < hairline - 0.03  # curls above it
    assert not (alpha[: int(y * height) - 2, int(x * width) : int((x + w) * width)] > 128).any()
    assert w * width > 1.15 * np.ptp(points[:468, 0])
    left, right = (alpha[:, edge] > 128 for edge in (2, -3))
    for cut, edge in zip(info.framing["cuts"], (left, right), strict=True):
        first = edge.argmax() / height if edge.any() else 1
        assert cut == pytest.approx(first, abs=0.03)
