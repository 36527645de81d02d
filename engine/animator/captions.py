"""Timed words -> captions as WebVTT (W3C) and SRT.

Cues follow the usual rules for subtitles (the BBC's guidelines): at most two lines, a few seconds long, ending with a
sentence, otherwise at a pause, otherwise at a comma. The words keep their punctuation.
"""

from __future__ import annotations

import html
from typing import NamedTuple

from .results import Word

MAX_LINE_LENGTH = 42  # characters
MAX_LINES = 2
MIN_SECONDS, MAX_SECONDS = 1.0, 7.0  # of a cue
PAUSE_SECONDS = 0.6  # of silence that end a cue
SENTENCE_ENDS = (".", "!", "?", "…")
CLOSING_MARKS = "\"'”’)»"


class Cue(NamedTuple):
    """Start and end in s, and its lines."""

    start: float
    end: float
    lines: list[str]


def make_cues(words: list[Word]) -> list[Cue]:
    """Captions for words in order; they do not overlap."""
    groups: list[list[Word]] = []
    for word in words:
        if groups and _fits_cue(groups[-1], word):
            groups[-1].append(word)
        else:
            if groups and (cut := _find_comma(groups[-1], word)):
                groups[-1], remainder = groups[-1][:cut], groups[-1][cut:]
                groups.append(remainder)
                if _fits_cue(remainder, word):
                    remainder.append(word)
                    continue
            groups.append([word])
    starts = [group[0].start for group in groups[1:]] + [float("inf")]
    return [
        Cue(g[0].start, min(max(g[-1].end, g[0].start + MIN_SECONDS), following), wrap([w.text for w in g]))
        for g, following in zip(groups, starts, strict=True)
    ]


def _fits_cue(group: list[Word], word: Word) -> bool:
    """Whether the word can be added to the cue of these words."""
    last = group[-1]
    return (
        len(wrap([w.text for w in group] + [word.text])) <= MAX_LINES
        and word.end - group[0].start <= MAX_SECONDS
        and word.start - last.end <= PAUSE_SECONDS
        and not (_ends_sentence(last.text) and last.end - group[0].start >= MIN_SECONDS)
    )


def _ends_sentence(text: str) -> bool:
    return text.rstrip(CLOSING_MARKS).endswith(SENTENCE_ENDS)


def _find_comma(group: list[Word], word: Word) -> int:
    """Where to split a group that is too long: after the last comma in its second half; 0 to end it as it is."""
    if _ends_sentence(group[-1].text) or word.start - group[-1].end > PAUSE_SECONDS / 3:
        return 0
    for i in range(len(group) - 1, len(group) // 2, -1):
        if group[i - 1].text.rstrip(CLOSING_MARKS).endswith((",", ";", ":", "—", "–")):
            return i
    return 0


def wrap(words: list[str]) -> list[str]:
    """Lines of at most MAX_LINE_LENGTH characters; if there are two, they are about equally long."""
    lines = _fill_lines(words, MAX_LINE_LENGTH)
    if len(lines) == MAX_LINES:
        for width in range(len(" ".join(words)) // 2, MAX_LINE_LENGTH):
            if len(even := _fill_lines(words, width)) == MAX_LINES and max(map(len, even)) <= width:
                return even
    return lines


def _fill_lines(words: list[str], width: int) -> list[str]:
    lines = [""]
    for word in words:
        while len(word) > MAX_LINE_LENGTH:  # for example a web address
            lines += [word[:MAX_LINE_LENGTH]]
            word = word[MAX_LINE_LENGTH:]
        if not lines[-1] or len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] = f"{lines[-1]} {word}".strip()
        else:
            lines.append(word)
    return [line for line in lines if line]


def to_vtt(words: list[Word]) -> str:
    """WebVTT; its markup characters are escaped."""
    parts = ["WEBVTT\n"]
    for cue in make_cues(words):
        text = html.escape("\n".join(cue.lines), quote=False)
        parts.append(f"{_format_time(cue.start, '.')} --> {_format_time(cue.end, '.')}\n{text}\n")
    return "\n".join(parts)


def to_srt(words: list[Word]) -> str:
    """SubRip."""
    return "\n".join(
        f"{i}\n{_format_time(cue.start, ',')} --> {_format_time(cue.end, ',')}\n"
        + "\n".join(cue.lines)
        + "\n"
        for i, cue in enumerate(make_cues(words), 1)
    )


def _format_time(seconds: float, separator: str) -> str:
    ms = round(seconds * 1000)
    return f"{ms // 3600000:02d}:{ms // 60000 % 60:02d}:{ms // 1000 % 60:02d}{separator}{ms % 1000:03d}"
