"""A typed text: paragraphs, pause marks, pronunciations, and pieces that a source can take."""

import pytest

from videos.voices.speech.text import find_words, make_name, pronounce, split_text


def said(text: str, most: int = 1000, **pronunciations: str) -> list[tuple[str, float]]:
    return [(piece.spoken, piece.pause) for piece in split_text(text, pronunciations, most)]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("One\nline.", [("One line.", 0.0)]),
        ("One.\n\nTwo.\n \n\nThree.", [("One.", 0.6), ("Two.", 0.6), ("Three.", 0.0)]),
        ("Wait [pause] for it [pause 2s]", [("Wait", 0.5), ("for it", 2.0)]),
        ("A [Pause 1,5] b.\n\nC", [("A", 1.5), ("b.", 0.6), ("C", 0.0)]),
        ("[pause] [pause 90] ", []),
        ("A [pause 9][pause 9] b", [("A", 10.0), ("b", 0.0)]),
        ("[paused] [pausE x] stays", [("[paused] [pausE x] stays", 0.0)]),
    ],
)
def test_paragraphs_and_marks_become_pauses(text, pieces):
    assert said(text) == pieces


def test_a_long_text_is_cut_after_sentences_or_else_between_words():
    assert [piece for piece, _ in said("One two. Three four. Five six seven eight.", 20)] == [
        "One two. Three four.",
        "Five six seven",
        "eight.",
    ]
    assert [piece for piece, _ in said("Donaudampfschifffahrt", 10)] == ["Donaudampf", "schifffahr", "t"]
    assert all(len(piece) <= 40 for piece, _ in said("我们。" * 50, 40))


def test_a_word_is_said_as_listed_and_keeps_its_place_in_the_text():
    piece = pronounce("Ask NVIDIA, not nvidias, about NVIDIA!", {"nvidia": "en vidia"})
    assert piece.spoken == "Ask en vidia, not nvidias, about en vidia!"
    times = [(0, 0.0), (4, 0.3), (7, 0.5), (14, 0.9), (18, 1.1), (27, 1.6), (33, 1.9), (36, 2.1)]
    assert piece.time_words(times, 3.0) == [
        ("Ask", 0.0, 0.3),
        ("NVIDIA,", 0.3, 0.9),
        ("not", 0.9, 1.1),
        ("nvidias,", 1.1, 1.6),
        ("about", 1.6, 1.9),
        ("NVIDIA!", 1.9, 3.0),
    ]


def test_what_a_pronunciation_makes_longer_is_still_short_enough_for_the_source():
    assert all(len(piece) <= 30 for piece, _ in said("API. " * 20, 30, API="ay pee eye"))


def test_the_script_is_what_is_said():
    assert find_words("Hello [pause 2]  there.\n\n[pause]\n\nBye.") == "Hello there.\n\nBye."
    assert make_name("word " * 30) == f"{'word ' * 11}word…"
