"""From phones to the curves of the mouth."""

from __future__ import annotations

import numpy as np
import pytest

from engine.animator import formants, phonemes, posteriors, visemes
from engine.animator.phonemes import Phone, Phones

LOUD, QUIET = -15.0, -70.0


def spoken(*parts: tuple[str, float], known: bool = True, hz: dict[str, float] | None = None):
    """Phones, as (name, seconds), one after the other, and the loudness of a voice that says them."""
    best, at = [], 0.0
    for name, seconds in parts:
        best.append(Phone(name, at, at + seconds))
        at += seconds
    n = round(at * 100)
    likely = phonemes.one_hot(best, n)
    db, heights = np.full(n, LOUD), np.full(n, formants.PRIOR_MEAN)
    for p in best:
        span = slice(round(p.start * 100), round(p.end * 100))
        db[span] = QUIET if p.name == "SIL" else LOUD
        heights[span] = (hz or {}).get(p.name, formants.PRIOR_MEAN)
    return Phones(best, likely, heights, known), db


def mean(track: np.ndarray, start: float, end: float) -> float:
    return float(track[round(start * 100) : round(end * 100)].mean())


def test_the_lips_part_to_breathe_before_speaking_and_rest_shut_before_that():
    mouth = visemes.mouth_curves(*spoken(("AA", 0.5), ("SIL", 1.5), ("AA", 0.5), ("SIL", 1.0)))
    assert mean(mouth.aperture, 0.8, 1.5) < 0.005
    assert 0.04 < mean(mouth.aperture, 1.7, 1.9) < 0.08
    assert mean(mouth.aperture, 2.8, 3.5) < 0.005


def test_nobody_breathes_in_a_sound_without_speech():
    n = 300
    mouth = visemes.mouth_curves(phonemes.recognise(np.zeros(n * 160, np.int16)), np.full(n, -90.0))
    assert mouth.aperture.max() < 0.001
    assert mouth.closures == []


def test_a_short_silence_inside_speech_is_a_closure_only_where_the_words_are_not_known():
    parts = (("AA", 0.3), ("SIL", 0.1), ("AA", 0.3))
    assert visemes.mouth_curves(*spoken(*parts, known=False)).closures == [
        (pytest.approx(0.3), pytest.approx(0.4))
    ]
    assert visemes.mouth_curves(*spoken(*parts)).closures == []


def test_the_higher_the_first_formant_the_wider_a_vowel_opens():
    heights = {"AH": 400.0, "AE": 600.0}
    low = visemes.mouth_curves(*spoken(("AH", 0.4), ("SIL", 0.2), ("AH", 0.4), hz={"AH": 480.0}))
    both, db = spoken(("AH", 0.4), ("SIL", 0.2), ("AE", 0.4), hz=heights)
    both.probability = phonemes.one_hot(
        [p._replace(name="AH") if p.name == "AE" else p for p in both.best], len(db)
    )
    mixed = visemes.mouth_curves(both, db)
    assert mean(mixed.aperture, 0.1, 0.3) < mean(low.aperture, 0.1, 0.3) < mean(mixed.aperture, 0.7, 0.9)


def test_a_phone_that_is_only_likely_closes_the_lips_by_as_much():
    phones, db = spoken(("AA", 0.3), ("N", 0.08), ("AA", 0.3))
    open_ = mean(visemes.mouth_curves(phones, db).aperture, 0.32, 0.36)
    m, n = posteriors.INDEX["M"], posteriors.INDEX["N"]
    phones.probability[30:38, n], phones.probability[30:38, m] = 0.8, 0.2
    doubtful = visemes.mouth_curves(phones, db)
    phones.probability[30:38, n], phones.probability[30:38, m] = 0.3, 0.7
    sure = visemes.mouth_curves(phones, db)
    assert open_ > mean(doubtful.aperture, 0.32, 0.36) > mean(sure.aperture, 0.32, 0.36)
    assert doubtful.closures == []
    assert len(sure.closures) == 1


def test_rounding_wins_over_its_neighbours():
    width = visemes.mouth_curves(*spoken(("IY", 0.2), ("W", 0.08), ("IY", 0.2))).width
    assert width[24] < -0.3 < 0.5 < width[8]
