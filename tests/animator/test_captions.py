"""Captions of timed words."""

from __future__ import annotations

import itertools

from engine.animator import Word, captions


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
