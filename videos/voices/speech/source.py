"""What a source of synthetic voices is: it lists its voices, and says pieces of text with one of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from videos.voices.speech.text import Piece

Report = Callable[[int], None]  # gets the percentage that is done; an exception that it raises ends the work


class SpeechError(Exception):
    """A text could not be said. `str`: a sentence for people; `is_temporary`: whether trying again can help."""

    def __init__(self, sentence: str, *, is_temporary: bool = False) -> None:
        super().__init__(sentence)
        self.is_temporary = is_temporary


@dataclass(frozen=True)
class Speaker:
    """A synthetic voice."""

    key: str  # its source and its name there, as in draft:de
    name: str  # as people read it
    language: str = ""  # BCP 47, if known

    @property
    def source(self) -> str:
        return self.key.partition(":")[0]


@dataclass(frozen=True)
class SpokenPiece:
    """The sound of a piece of text, and when its words begin if the source knows that."""

    path: Path  # of any kind that an upload may have
    words: list[tuple[int, float]] = field(default_factory=list)  # place in the spoken text, seconds


class Source(Protocol):
    """A source of synthetic voices."""

    key: str
    label: str  # for a group of its voices
    max_chars: int  # of one piece
    needs_consent: bool  # somebody has to state that its voices may be used

    def list_speakers(self) -> list[Speaker]:
        """Its voices at present; empty if it cannot be used."""
        ...

    def speak(
        self, pieces: Sequence[Piece], name: str, speed: float, folder: Path, report: Report
    ) -> list[SpokenPiece]:
        """The sounds of the pieces, as files in `folder`. `name` is that of the voice in this source. Raises SpeechError."""
        ...
