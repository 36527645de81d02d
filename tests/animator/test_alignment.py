"""With the words known: when each is said, what the lips do then, and captions."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from engine.animator import Word, alignment, captions, phonemes, render, sound, spelling, visemes

from .measure import frames, lip_gap

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


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("Don’t — stop!", "don't stop"),
        ("well-known cafés", "well known cafes"),
        ("1,250 in 1900", "one thousand two hundred fifty in nineteen hundred"),
        ("1995, 2026, 1905", "nineteen ninety five twenty twenty six nineteen oh five"),
        ("3.5%, $20, 2nd, 30th", "three point five percent twenty dollars second thirtieth"),
        ("10:30 & 9:00", "ten thirty and nine"),
        ("the BBC and NASA", "the b b c and nasa"),
        ("Dr. Who [laughs] etc.", "doctor who et cetera"),
    ],
)
def test_what_is_written_is_said_as_people_say_it(text, spoken):
    assert " ".join(word for token in spelling.tokenise(text) for word in token.spoken) == spoken


def test_no_text_at_all_breaks_the_spelling():
    rng = np.random.default_rng(1)
    signs = [
        *"abcxyz019.,:$%'’-–&#[]()é你½²٣\0 \n",
        "1st",
        "000",
        "1.2.3",
        "9" * 30,
        ".5",
        "1:2:3",
        "$,",
        "th",
    ]
    for _ in range(500):
        text = "".join(rng.choice(signs, rng.integers(1, 30)))
        for token in spelling.tokenise(text):
            for word in token.spoken:
                assert word.replace("'", "").isalpha()
                assert word.isascii()
                assert spelling.guess_pronunciation(word, lambda _: None)


def test_captions_break_at_sentences_and_keep_the_punctuation():
    text = (
        "Please move the small brown box five feet to the left of the window, before everyone <arrives> "
        "from work. Nobody & nothing! Yes."
    )
    words = [Word(i * 0.35, i * 0.35 + 0.3, t) for i, t in enumerate(text.split())]
    shown = captions.make_cues(words)
    assert " ".join(line for cue in shown for line in cue.lines) == text
    assert [cue.lines[-1].split()[-1] for cue in shown][-3:] == ["work.", "nothing!", "Yes."]
    assert all(cue.end <= following.start for cue, following in itertools.pairwise(shown))
    assert all(len(cue.lines) <= 2 and max(map(len, cue.lines)) <= 42 for cue in shown)
    assert all(0.9 <= cue.end - cue.start <= 7.01 for cue in shown)
    assert "Nobody &amp; nothing!" in captions.to_vtt(words)
    assert "&lt;arrives&gt;" in captions.to_vtt(words)
    assert captions.to_vtt(words).startswith("WEBVTT\n\n00:00:00.000 --> 00:00:0")
    assert captions.to_srt(words).startswith("1\n00:00:00,000 --> 00:00:0")


def test_a_very_long_word_is_broken_into_lines():
    assert all(len(line) <= 42 for cue in captions.make_cues([Word(0, 2, "x" * 100)]) for line in cue.lines)


@pytest.mark.slow
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
