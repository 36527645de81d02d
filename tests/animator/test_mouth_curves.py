"""From what is heard to the curves of the mouth."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from engine.animator import formants, phonemes, posteriors, sound, visemes
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


def test_scores_are_read_from_the_log_of_pocketsphinx(tmp_path):
    row = struct.pack("<h", 3) + bytes([0, 5, 120]) + struct.pack("<3h", 7, 8, 9)
    cut_off = struct.pack("<h", 126) + bytes(100)
    path = tmp_path / "0.sen"
    path.write_bytes(b"s3\nn_sen 5126\nendhdr\n" + b"\x44\x33\x22\x11" + row + row + cut_off)
    scores = posteriors.read_scores(path)
    assert scores.shape == (2, len(posteriors.PHONES), posteriors.STATES)
    flat = scores[1].reshape(-1)
    assert [flat[0], flat[5], flat[125]] == [7, 8, 9]
    assert flat[1] == posteriors.PRUNED_COST


def test_a_phone_whose_scores_are_better_is_more_likely_and_what_is_alike_shares():
    scores = np.full((40, len(posteriors.PHONES), posteriors.STATES), 400, np.int16)
    scores[:20, posteriors.INDEX["AA"]] = 100
    scores[20:, [posteriors.INDEX["M"], posteriors.INDEX["N"]]] = 100
    likely = posteriors.compute_posteriors(scores)
    assert likely.sum(1) == pytest.approx(1, abs=1e-4)
    assert likely[5:15, posteriors.INDEX["AA"]].min() > 0.9
    nasals = likely[25:35, [posteriors.INDEX["M"], posteriors.INDEX["N"]]]
    assert nasals.sum(1).min() > 0.9
    assert nasals.min() > 0.1


def test_posteriors_and_the_best_path_of_real_speech_agree_mostly(fixtures):
    x = sound.decode(fixtures / "speech.wav")
    heard = phonemes.recognise(x)
    assert heard.probability.shape == (len(sound.loudness(x)), len(posteriors.PHONES))
    assert heard.probability.sum(1) == pytest.approx(1, abs=1e-3)
    best = phonemes.one_hot(heard.best, len(heard.probability)).argmax(1)
    assert 0.6 < (heard.probability[np.arange(len(best)), best] > 0.6).mean() < 1


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
