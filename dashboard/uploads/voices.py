"""Voices: the sound of any recording or video becomes one plain WAV, which every provider accepts."""

import json
from collections.abc import Iterator, Sequence
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
# What the editor draws: fine enough to cut between two words, and never more than a page may load.
PEAKS_PER_SECOND, MAX_PEAKS = 100, 60_000
# Normalizing reads the sound several times, at several times its own rate.
CUT_LIMITS = sandbox.Limits(memory=1024 * 2**20, seconds=300, file=3 * 2**30)
MAX_NORMALIZE_SECONDS = 1800
TOO_LONG_TO_NORMALIZE = "This is too long to normalize: the limit is half an hour. Choose a shorter part."
TOOK_TOO_LONG_TO_SAY = "The draft voice could not say this text. Try a shorter one."
TOOK_TOO_LONG = "This took too long. Try again when less is going on, or choose a shorter part."


@dataclass(frozen=True)
class ConvertedVoice:
    path: Path  # WAV, PCM 16 bit, mono or stereo, 48 kHz at most
    seconds: float
    peaks: list[float]  # 0 to 1, for the waveform


@contextmanager
def convert(
    source: File | Path, *, max_seconds: float | None = None, cut: bool = False
) -> Iterator[ConvertedVoice]:
    """The sound of an upload, on disk until the `with` block ends. Raises UploadError.

    A sound that is too long is refused, or with `cut` shortened.
    """
    with sandbox.work_folder() as work:
        facts = sandbox.run(
            "voice",
            sandbox.to_path(source, work, max_bytes=settings.MAX_AUDIO_BYTES),
            work,
            LIMITS,
            unreadable=UNREADABLE,
            max_seconds=min(max_seconds or MAX_SECONDS, MAX_SECONDS),
            min_seconds=MIN_SECONDS,
            max_rate=MAX_RATE,
            peaks=PEAKS,
            cut=cut,
        )
        yield ConvertedVoice(path=work / "voice.wav", seconds=facts["seconds"], peaks=facts["peaks"])


@dataclass(frozen=True)
class Waveform:
    step: float  # seconds
    peaks: str  # base64: one byte for each step
    speech: tuple[float, float] | None  # start and end in seconds; None for silence throughout


def compute_waveform(stored: File | Path) -> Waveform:
    """What the editor shows of a WAV that `convert` or `cut` made. Raises UploadError."""
    with sandbox.work_folder() as work:
        facts = sandbox.run(
            "waveform",
            sandbox.to_path(stored, work, max_bytes=LIMITS.file),
            work,
            LIMITS,
            unreadable=UNREADABLE,
            peaks_per_second=PEAKS_PER_SECOND,
            max_peaks=MAX_PEAKS,
        )
    speech = facts["speech"]
    return Waveform(facts["step"], facts["peaks"], (speech[0], speech[1]) if speech else None)


@contextmanager
def cut(stored: File | Path, start: float, end: float, *, normalize: bool) -> Iterator[ConvertedVoice]:
    """From `start` to `end` (seconds) of a WAV that `convert` made, on disk until the `with` block ends.

    With `normalize` at -16 LUFS and at most -1 dBTP, else sample by sample as it was. Raises UploadError.
    """
    if normalize and end - start > MAX_NORMALIZE_SECONDS:
        raise UploadError(TOO_LONG_TO_NORMALIZE)
    with sandbox.work_folder() as work:
        facts = sandbox.run(
            "cut",
            sandbox.to_path(stored, work, max_bytes=CUT_LIMITS.file),
            work,
            CUT_LIMITS,
            unreadable=TOOK_TOO_LONG,
            start=start,
            end=end,
            normalize=normalize,
            min_seconds=MIN_SECONDS,
            peaks=PEAKS,
        )
        yield ConvertedVoice(path=work / "voice.wav", seconds=facts["seconds"], peaks=facts["peaks"])


@dataclass(frozen=True)
class JoinedVoice(ConvertedVoice):
    starts: list[float]  # of the parts, in seconds
    ends: list[float]


@contextmanager
def join(
    parts: Sequence[tuple[Path, float]], *, max_seconds: float | None, too_long: str, no_sound: str
) -> Iterator[JoinedVoice]:
    """Sounds of any kind one after the other, each with so many seconds of silence after it, as one WAV in mono.

    Raises UploadError with one of the two sentences, or another one, for what is no sound.
    """
    with sandbox.work_folder() as work:
        listing = work / "parts.json"
        listing.write_text(json.dumps([(str(path), pause) for path, pause in parts]), encoding="utf-8")
        facts = sandbox.run(
            "join",
            listing,
            work,
            CUT_LIMITS,
            unreadable=no_sound,
            readable=[str(path) for path, _ in parts],
            max_seconds=min(max_seconds or MAX_SECONDS, MAX_SECONDS),
            min_seconds=MIN_SECONDS,
            max_rate=MAX_RATE,
            peaks=PEAKS,
            too_long=too_long,
            no_sound=no_sound,
        )
        yield JoinedVoice(
            path=work / "voice.wav",
            seconds=facts["seconds"],
            peaks=facts["peaks"],
            starts=facts["starts"],
            ends=facts["ends"],
        )


def speak_draft(pieces: Sequence[str], voice: str, speed: float, work: Path) -> list[list[tuple[int, float]]]:
    """Say the pieces with a voice of espeak-ng: part-0.wav and so on in `work`. Raises UploadError.

    Returns the words of each: place in the piece, seconds at which it begins.
    """
    listing = work / "pieces.json"
    listing.write_text(json.dumps(list(pieces)), encoding="utf-8")
    facts = sandbox.run(
        "draft_speech", listing, work, LIMITS, unreadable=TOOK_TOO_LONG_TO_SAY, voice=voice, speed=speed
    )
    return [[(int(place), float(seconds)) for place, seconds in words] for words in facts["words"]]
