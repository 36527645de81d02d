"""How open a vowel sounds."""

from __future__ import annotations

import numpy as np
import pytest

from engine.animator import formants, sound


def vowel(first: float, second: float, pitch: float = 120.0) -> np.ndarray:
    """Half a second of a vowel: a train of pulses through two resonances. int16 at 16 kHz."""
    t = np.arange(8000) / sound.RATE
    harmonics = np.arange(pitch, 3500, pitch)
    size = sum(1 / (1 + ((harmonics - f) / 60) ** 2) for f in (first, second))
    x = (size[:, None] * np.sin(2 * np.pi * harmonics[:, None] * t)).sum(0)
    return (x / np.abs(x).max() * 12000).astype(np.int16)


def test_open_vowels_sound_more_open_than_close_ones_at_any_loudness_and_pitch():
    for pitch in (100.0, 180.0, 230.0):
        close, middle, open_ = (
            np.median(formants.low_centroid(vowel(f, s, pitch)))
            for f, s in ((300, 2200), (500, 1500), (750, 1200))
        )
        assert close + 40 < middle < open_ - 40
    x = vowel(500, 1500)
    assert np.median(formants.low_centroid(x // 20)) == pytest.approx(
        np.median(formants.low_centroid(x)), abs=5
    )


def test_openness_is_relative_to_the_speaker():
    hz = np.tile([400.0, 500.0], 400)
    high = formants.openness(hz + 150, np.ones(800))
    assert formants.openness(hz, np.ones(800)) == pytest.approx(high, abs=0.3)
    assert high[0] < 0 < high[1]
