"""Timed words -> captions as WebVTT (W3C) and SRT.

Cues follow the usual rules for subtitles (after the BBC's guidelines): at most two lines, some seconds long, broken at
the ends of sentences, else at a pause, else at a comma. The words keep their punctuation.
"""

from __future__ import annotations

import html
from typing import NamedTuple

from .results import Word

LINE = 42  # characters
LINES = 2
LONGEST, SHORTEST = 7.0, 1.0  # s
PAUSE = 0.6  # s of silence that end a cue
ENDS = (".", "!", "?", "…")
CLOSING = "\"'”’)»"


class Cue(NamedTuple):
    """Start and end in s, and its lines."""

    start: float
    end: float
    lines: list[str]


def cues(words: list[Word]) -> list[Cue]:
    """Captions for words in order. They do not overlap."""
    groups: list[list[Word]] = []
    for word in words:
        if groups and _goes_on(groups[-1], word):
            groups[-1].append(word)
        else:
            if groups and (cut := _better_cut(groups[-1], word)):
                groups[-1], carried = groups[-1][:cut], groups[-1][cut:]
                groups.append(carried)
                if _goes_on(carried, word):
                    carried.append(word)
                    continue
            groups.append([word])
    starts = [group[0].start for group in groups[1:]] + [float("inf")]
    return [
        Cue(g[0].start, min(max(g[-1].end, g[0].start + SHORTEST), following), wrapped([w.text for w in g]))
        for g, following in zip(groups, starts, strict=True)
    ]


def _goes_on(group: list[Word], word: Word) -> bool:
    last = group[-1]
    return (
        len(wrapped([w.text for w in group] + [word.text])) <= LINES
        and word.end - group[0].start <= LONGEST
        and word.start - last.end <= PAUSE
        and not (_ends(last.text) and last.end - group[0].start >= SHORTEST)
    )


def _ends(text: str) -> bool:
    return text.rstrip(CLOSING).endswith(ENDS)


def _better_cut(group: list[Word], word: Word) -> int:
    """Where a group that became too long is better cut than at its end: after a comma in its second half. Else 0."""
    if _ends(group[-1].text) or word.start - group[-1].end > PAUSE / 3:
        return 0
    for i in range(len(group) - 1, len(group) // 2, -1):
        if group[i - 1].text.rstrip(CLOSING).endswith((",", ";", ":", "—", "–")):
            return i
    return 0


def wrapped(words: list[str]) -> list[str]:
    """Lines of at most LINE characters; two lines are made about equally long."""
    lines = _filled(words, LINE)
    if len(lines) == LINES:
        for width in range(len(" ".join(words)) // 2, LINE):
            if len(even := _filled(words, width)) == LINES and max(map(len, even)) <= width:
                return even
    return lines


def _filled(words: list[str], width: int) -> list[str]:
    lines = [""]
    for word in words:
        while len(word) > LINE:  # an address, perhaps
            lines += [word[:LINE]]
            word = word[LINE:]
        if not lines[-1] or len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] = f"{lines[-1]} {word}".strip()
        else:
            lines.append(word)
    return [line for line in lines if line]


def vtt(words: list[Word]) -> str:
    """WebVTT; what means something in it is escaped."""
    parts = ["WEBVTT\n"]
    for cue in cues(words):
        text = html.escape("\n".join(cue.lines), quote=False)
        parts.append(f"{_clock(cue.start, '.')} --> {_clock(cue.end, '.')}\n{text}\n")
    return "\n".join(parts)


def srt(words: list[Word]) -> str:
    """SubRip."""
    return "\n".join(
        f"{i}\n{_clock(cue.start, ',')} --> {_clock(cue.end, ',')}\n" + "\n".join(cue.lines) + "\n"
        for i, cue in enumerate(cues(words), 1)
    )


def _clock(seconds: float, point: str) -> str:
    ms = round(seconds * 1000)
    return f"{ms // 3600000:02d}:{ms // 60000 % 60:02d}:{ms // 1000 % 60:02d}{point}{ms % 1000:03d}"
