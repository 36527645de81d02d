"""Voices: the sound of any recording or video becomes one plain WAV, which every provider takes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.files import File

from dashboard.uploads import sandbox

LIMITS = sandbox.Limits(memory=1024 * 2**20, seconds=120, file=3 * 2**30)
UNREADABLE = (
    "This recording could not be read. It may be damaged. Save it again as WAV or MP3 and try that file."
)
MIN_SECONDS = 0.2
# Where no other limit is set: four hours of stereo still fit into a WAV file.
MAX_SECONDS = 4 * 3600
MAX_RATE = 48_000
PEAKS = 200


@dataclass(frozen=True)
class Voice:
    path: Path  # WAV, PCM 16 bit, mono or stereo, 48 kHz at most
    seconds: float
    peaks: list[float]  # 0 to 1, for the waveform


@contextmanager
def take(source: File | Path, filename: str = "", max_seconds: float | None = None) -> Iterator[Voice]:
    """The sound of an upload, on disk until the `with` block ends. Raises UploadError."""
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
        )
        yield Voice(path=work / "voice.wav", seconds=facts["seconds"], peaks=facts["peaks"])
