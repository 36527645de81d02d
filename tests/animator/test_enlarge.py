"""Small pictures made large."""

from __future__ import annotations

import cv2
import numpy as np

from engine.animator.enlarge import enlarge


def test_enlarging_makes_no_halos():
    edge = np.full((60, 80, 3), 60, np.uint8)
    edge[:, 40:] = 190
    large = enlarge(edge, (320, 240), 4.0)[..., 0].astype(int)
    assert 57 <= large.min() <= large.max() <= 193
    assert (np.abs(np.diff(large[120])) > 4).sum() <= 8  # and an edge it stays


def test_enlarging_takes_the_blocks_of_a_jpeg_away():
    shades = cv2.GaussianBlur(np.random.default_rng(2).normal(size=(96, 96)).astype(np.float32), (0, 0), 4)
    shades = 120 + 25 * shades / shades.std()
    _, data = cv2.imencode(".jpg", shades.astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 40])
    blocky = cv2.imdecode(data, cv2.IMREAD_COLOR)
    truth = cv2.resize(shades, (384, 384), interpolation=cv2.INTER_CUBIC)
    at_edges = np.isin(np.arange(383) % 32, (29, 30, 31, 0, 1))  # of the blocks, four times as large

    def stairs(large: np.ndarray) -> float:
        wrong = np.abs(np.diff(large[..., 0] - truth, axis=1))
        return wrong[:, at_edges].mean() - wrong[:, ~at_edges].mean()

    plain = cv2.resize(blocky, (384, 384), interpolation=cv2.INTER_CUBIC)
    assert stairs(enlarge(blocky, (384, 384), 4.0)) < 0.4 * stairs(plain)
