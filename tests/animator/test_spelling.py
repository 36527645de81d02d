"""How a script is spoken."""

from __future__ import annotations

import numpy as np
import pytest

from engine.animator import spelling


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
