"""A typed text: its paragraphs, its pause marks, how its words are pronounced, and its pieces for a source."""

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, replace

PAUSE_MARK = re.compile(r"\[\s*pause\s*(\d{1,2}(?:[.,]\d{1,2})?)?\s*(?:s|sec|seconds?)?\s*\]", re.IGNORECASE)
PARAGRAPH = re.compile(r"\n[ \t]*\n\s*")
SENTENCE_END = re.compile(r"[.!?…]+[\"'”’)»]*\s+|[。！？]+")
PAUSE_SECONDS = 0.5  # of a mark without a number
PARAGRAPH_SECONDS = 0.6
MAX_PAUSE_SECONDS = 10.0
MAX_NAME = 60  # characters of a name that is made of the first words


@dataclass(frozen=True)
class Replacement:
    """A stretch of the spoken text that is written in another way."""

    spoken_start: int
    spoken_end: int
    written_start: int
    written_end: int


@dataclass(frozen=True)
class Piece:
    """A part of a text that is said in one go, and the silence after it in seconds."""

    written: str
    spoken: str
    pause: float = 0.0
    replacements: tuple[Replacement, ...] = ()

    def find_written(self, place: int) -> int:
        """The place in the written text of a place in the spoken one."""
        shift = 0
        for one in self.replacements:
            if place < one.spoken_start:
                break
            if place < one.spoken_end:
                return one.written_start
            shift = one.written_end - one.spoken_end
        return place + shift

    def time_words(self, times: list[tuple[int, float]], end: float) -> list[tuple[str, float, float]]:
        """The written words with start and end, from the starts of spoken words. `end`: when the piece ends."""
        found = [(match.start(), match.group()) for match in re.finditer(r"\S+", self.written)]
        starts = [start for start, _ in found]
        begins: dict[int, float] = {}
        for place, seconds in sorted(times):
            index = bisect_right(starts, self.find_written(place)) - 1
            begins.setdefault(max(index, 0), seconds)
        order = sorted(begins)
        timed = []
        for index, following in zip(order, [*order[1:], len(found)], strict=True):
            words = " ".join(
                word for _, word in found[index:following]
            )  # those between have no time of their own
            timed.append((words, begins[index], begins.get(following, end)))
        return timed


def split_text(text: str, pronunciations: Mapping[str, str], max_chars: int) -> list[Piece]:
    """The pieces of a text, none of which is longer than `max_chars` when it is spoken.

    `pronunciations`: words, and how they are written for a source to say them right.
    """
    pieces: list[Piece] = []
    for paragraph in PARAGRAPH.split(text.strip()):
        parts = PAUSE_MARK.split(paragraph)
        for written, pause in zip(parts[::2], [*parts[1::2], ""], strict=True):
            if words := " ".join(written.split()):
                pieces += _cut(words, pronunciations, max_chars)
            if len(parts) > 1 and pause != "" and pieces:  # "" is the end of the paragraph
                _lengthen(pieces, float(pause.replace(",", ".")) if pause else PAUSE_SECONDS)
        if pieces:
            _lengthen(pieces, PARAGRAPH_SECONDS)
    if pieces:  # nothing follows the last paragraph
        pieces[-1] = replace(pieces[-1], pause=max(round(pieces[-1].pause - PARAGRAPH_SECONDS, 3), 0.0))
    return pieces


def _lengthen(pieces: list[Piece], seconds: float) -> None:
    last = pieces[-1]
    pieces[-1] = replace(last, pause=min(round(last.pause + seconds, 3), MAX_PAUSE_SECONDS))


def _cut(written: str, pronunciations: Mapping[str, str], max_chars: int) -> list[Piece]:
    """Pieces that are short enough: cut after sentences, else between words, else anywhere."""
    pieces = []
    while written:
        piece = pronounce(written, pronunciations)
        if len(piece.spoken) > max_chars:
            piece = _cut_first(written, pronunciations, max_chars)
        pieces.append(piece)
        written = written[len(piece.written) :].lstrip()
    return pieces


def _cut_first(written: str, pronunciations: Mapping[str, str], max_chars: int) -> Piece:
    for boundary in (SENTENCE_END, re.compile(r"\s+")):
        ends = [match.end() for match in boundary.finditer(written, 0, max_chars + 1)]
        for end in reversed(ends):
            piece = pronounce(written[:end].rstrip(), pronunciations)
            if len(piece.spoken) <= max_chars:
                return piece
    return Piece(written[:max_chars], written[:max_chars])


def pronounce(written: str, pronunciations: Mapping[str, str]) -> Piece:
    """A piece whose spoken text has the listed words as they are to be pronounced."""
    said = {word.casefold(): spoken for word, spoken in pronunciations.items()}
    if not said:
        return Piece(written, written)
    longest_first = sorted(said, key=len, reverse=True)
    words = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)", re.IGNORECASE)
    spoken, place, replacements = "", 0, []
    for match in words.finditer(written):
        instead = said.get(match.group().casefold())
        if instead is None:  # equal for the expression, but not by casefold
            continue
        spoken += written[place : match.start()]
        start = len(spoken)
        spoken += instead
        replacements.append(Replacement(start, len(spoken), match.start(), match.end()))
        place = match.end()
    return Piece(written, spoken + written[place:], replacements=tuple(replacements))


def find_words(text: str) -> str:
    """What is said, word for word: the text without its pause marks."""
    paragraphs = (" ".join(PAUSE_MARK.sub(" ", part).split()) for part in PARAGRAPH.split(text.strip()))
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def make_name(text: str) -> str:
    """A name of the first words."""
    words = " ".join(find_words(text).split())
    if len(words) <= MAX_NAME:
        return words or "Text"
    return f"{words[:MAX_NAME].rpartition(' ')[0] or words[:MAX_NAME]}…"
