"""A script whose words are known: when each is said, and what the lips do then."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from engine.animator import alignment, phonemes, render, sound, visemes

from .helpers import frames, lip_gap

pytestmark = pytest.mark.slow

SPEECH = "Papa may buy my big blue map. Have a look at it."
HELLO = "Hello, my name is Pamela."


@pytest.fixture(scope="module")
def align(fixtures):
    """(file name, script) -> the alignment."""

    def align(name: str, script: str) -> alignment.Alignment | None:
        heard = sound.decode(fixtures / name)
        return alignment.align(heard, script, phonemes.recognise(heard))

    return align


def test_the_words_come_in_order_and_inside_the_sound(align):
    found = align("speech.wav", SPEECH)
    assert [word.text for word in found.words] == SPEECH.split()
    times = [t for word in found.words for t in (word.start, word.end)]
    assert times == sorted(times)
    assert times[0] >= 0
    assert times[-1] <= 3.45


def test_the_phones_cover_the_sound_without_gaps(align):
    phones = align("speech.wav", SPEECH).phones.best
    assert phones[0].start == 0
    assert phones[-1].end == pytest.approx(3.44, abs=0.02)
    for a, b in itertools.pairwise(phones):
        assert b.start == pytest.approx(a.end, abs=0.011)


def test_every_p_b_m_of_the_text_is_a_closure_of_the_mouth(align, fixtures):
    phones = align("speech.wav", SPEECH).phones
    shut = [p for p in phones.best if p.name in visemes.BILABIAL]
    assert [p.name for p in shut] == list("PPMBMBBMP")
    mouth = visemes.mouth_curves(phones, sound.loudness(sound.decode(fixtures / "speech.wav")))
    for p in shut:
        assert any(start <= p.start + 0.01 and p.end - 0.01 <= end for start, end in mouth.closures)


@pytest.mark.parametrize(
    ("name", "script"),
    [
        ("speech.wav", "Completely different words are written here."),
        ("speech.wav", "No."),
        ("hello.wav", SPEECH),
        ("hello.wav", "word " * 3000),
        ("hello.wav", "你好，我叫帕梅拉。"),
        ("hello.wav", ""),
        ("hello.wav", " -- ... [music] "),
        ("silence.wav", HELLO),
    ],
)
def test_a_text_that_was_not_said_is_noticed_and_the_log_says_why(align, name, script, caplog):
    with caplog.at_level("INFO"):
        assert align(name, script) is None
    assert "script not used: " in caplog.text


def test_a_word_that_no_dictionary_knows_is_aligned_by_its_spelling(align):
    found = align("hello.wav", "Hello, my name is Pammella!")
    assert [word.text for word in found.words] == ["Hello,", "my", "name", "is", "Pammella!"]
    assert found.words[-1].start == pytest.approx(align("hello.wav", HELLO).words[-1].start, abs=0.1)


def test_a_rendering_with_its_script_tells_the_words_and_shuts_the_lips_where_they_say(
    rig, align, fixtures, tmp_path
):
    info = render(rig[0], fixtures / "speech.wav", tmp_path / "o.mp4", None, size=320, seed=3, script=SPEECH)
    assert [word.text for word in info.words] == SPEECH.split()
    shown = frames(tmp_path / "o.mp4")

    def gap(names: set[str]) -> float:
        middles = [(p.start + p.end) / 2 for p in align("speech.wav", SPEECH).phones.best if p.name in names]
        return float(np.median([lip_gap(shown[min(len(shown) - 1, round(t * 25))]) for t in middles]))

    assert gap({"P", "B", "M"}) < 0.035
    assert gap({"AY", "AE", "AA"}) > 0.08


def test_a_rendering_with_the_wrong_script_goes_on_without(rig, fixtures, tmp_path):
    info = render(rig[0], fixtures / "hello.wav", tmp_path / "o.mp4", None, size=160, script=SPEECH)
    assert info.words == []
    assert info.frames > 30
