"""The probabilities of phones."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from engine.animator import phonemes, posteriors, sound


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
