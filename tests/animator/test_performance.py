"""The motion of the face."""

from __future__ import annotations

import numpy as np

from engine.animator import FPS, phonemes, visemes
from engine.animator.performance import perform


def test_blinks_are_irregular_and_ten_to_twenty_five_a_minute():
    n = 60 * 100
    mouth = visemes.mouth_curves(phonemes.recognise(np.zeros(n * 160, np.int16)), np.full(n, -60.0))
    for seed in range(5):
        lids = perform(mouth, np.full(n, -60.0), 60 * FPS, seed).blink
        starts = np.flatnonzero((lids[1:] >= 0.9) & (lids[:-1] < 0.9))
        assert 10 <= len(starts) <= 25
        assert np.diff(starts).std() > 8
