"""Voices: the sound of any recording or video becomes one plain WAV, which every provider takes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.files import File

from dashboard.uploads import UploadError, sandbox

LIMITS = sandbox.Limits(memory=1024 * 2**20, seconds=120, file=3 * 2**30)
UNREADABLE = (
    "This recording could not be read. It may be damaged. Save it again as WAV or MP3 and try that file."
)
MIN_SECONDS = 0.2
# Where no other limit is set: four hours of stereo still fit into a WAV file.
MAX_SECONDS = 4 * 3600
MAX_RATE = 48_000
PEAKS = 200
# What an editor draws: fine enough to cut between two words, and never more than a page may load.
PEAKS_PER_SECOND, MOST_PEAKS = 100, 60_000
# Evening out listens several times over, at several times the sound's own rate.
CUT_LIMITS = sandbox.Limits(memory=1024 * 2**20, seconds=300, file=3 * 2**30)
MAX_EVEN_SECONDS = 1800
TOO_LONG_TO_EVEN = "This is too long to normalize its volume: half an hour at most. Choose a shorter part."
TOOK_TOO_LONG = "This took too long. Try again when less is going on, or choose a shorter part."


@dataclass(frozen=True)
class Voice:
    path: Path  # WAV, PCM 16 bit, mono or stereo, 48 kHz at most
    seconds: float
    peaks: list[float]  # 0 to 1, for the waveform


@contextmanager
def take(
    source: File | Path, filename: str = "", max_seconds: float | None = None, *, cut: bool = False
) -> Iterator[Voice]:
    """The sound of an upload, on disk until the `with` block ends. Raises UploadError.

    What is too long is refused, or with `cut` taken as far as it may go.
    """
    with sandbox.workplace() as work:
        facts = sandbox.run(
            "voice",
            sandbox.at_hand(source, work, max_bytes=settings.MAX_AUDIO_BYTES),
            work,
            LIMITS,
            unreadable=UNREADABLE,
            max_seconds=min(max_seconds or MAX_SECONDS, MAX_SECONDS),
            min_seconds=MIN_SECONDS,
            max_rate=MAX_RATE,
            peaks=PEAKS,
            cut=cut,
        )
        yield Voice(path=work / "voice.wav", seconds=facts["seconds"], peaks=facts["peaks"])


@dataclass(frozen=True)
class Shape:
    step: float  # seconds
    peaks: str  # base64: a byte for each step
    speech: tuple[float, float] | None  # seconds; None: silence throughout


def shape(stored: File | Path) -> Shape:
    """What an editor shows of a WAV that `take` or `cut` made. Raises UploadError."""
    with sandbox.workplace() as work:
        facts = sandbox.run(
            "shape",
            sandbox.at_hand(stored, work, max_bytes=LIMITS.file),
            work,
            LIMITS,
            unreadable=UNREADABLE,
            per_second=PEAKS_PER_SECOND,
            most=MOST_PEAKS,
        )
    speech = facts["speech"]
    return Shape(facts["step"], facts["peaks"], (speech[0], speech[1]) if speech else None)


@contextmanager
def cut(stored: File | Path, start: float, end: float, *, even: bool) -> Iterator[Voice]:
    """From `start` to `end` (seconds) of a WAV that `take` made, on disk until the `with` block ends.

    With `even` at -16 LUFS and at most -1 dBTP, else sample by sample as it was. Raises UploadError.
    """
    if even and end - start > MAX_EVEN_SECONDS:
        raise UploadError(TOO_LONG_TO_EVEN)
    with sandbox.workplace() as work:
        facts = sandbox.run(
            "cut",
            sandbox.at_hand(stored, work, max_bytes=CUT_LIMITS.file),
            work,
            CUT_LIMITS,
            unreadable=TOOK_TOO_LONG,
            start=start,
            end=end,
            even=even,
            min_seconds=MIN_SECONDS,
            peaks=PEAKS,
        )
        yield Voice(path=work / "voice.wav", seconds=facts["seconds"], peaks=facts["peaks"])
