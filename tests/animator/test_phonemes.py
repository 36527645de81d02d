"""Which phones are spoken when."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from engine.animator import phonemes, sound


def test_a_long_sound_is_heard_in_pieces_that_cover_it(fixtures):
    db = np.random.default_rng(1).normal(-30, 8, 100 * 61)
    parts = phonemes.split_at_pauses(db)
    assert parts[0][0] == 0
    assert parts[-1][1] == len(db)
    assert all(a[1] == b[0] for a, b in itertools.pairwise(parts))
    assert max(b - a for a, b in parts) <= phonemes.MAX_CHUNK_SECONDS * 100


def test_phones_cover_the_sound_in_order(fixtures):
    x = sound.decode(fixtures / "speech.wav")
    phones = phonemes.recognise(x).best
    assert phones[0].start == 0
    assert all(a.end <= b.start + 1e-9 for a, b in itertools.pairwise(phones))
    assert phones[-1].end == pytest.approx(len(x) / sound.RATE, abs=0.02)
    assert {"P", "B", "M"} & {p.name for p in phones}


@pytest.mark.slow
def test_progress_tells_of_the_listening_too_piece_by_piece(fixtures):
    heard = np.tile(sound.decode(fixtures / "speech.wav"), 8)
    told: list[float] = []
    phonemes.recognise(heard, told.append)
    assert len(told) >= 3
    assert told == sorted(told)
    assert told[-1] == 1.0
