"""Decoding audio files with PyAV, and the loudness of the decoded sound.

FFmpeg can be tricked into reading other files (playlists, concat scripts, network addresses). So the container is
detected here from the first bytes and must be on a short list of plain formats, and FFmpeg gets an open file and an
empty list of protocols, never a name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from .arrays import Array, Samples
from .errors import SoundError

if TYPE_CHECKING:
    from av import AudioFrame, AudioStream
    from av.container import InputContainer

RATE = 16000  # Hz, the sample rate of the phoneme recogniser
MIN_SECONDS = 0.05
MAX_DAMAGED_PACKETS = 200
CONTAINERS = {
    b"fLaC": "flac",
    b"OggS": "ogg",
    b"\x1aE\xdf\xa3": "matroska",
    b"caff": "caf",
    b"#!AM": "amr",
}  # the first four bytes of a file -> FFmpeg's demuxer


def detect_container(head: bytes) -> str | None:
    """FFmpeg's demuxer for a file that starts with these bytes; None if the format is not allowed."""
    kind = head[8:12]
    if head[:4] in (b"RIFF", b"RF64", b"RIFX"):
        return {b"WAVE": "wav", b"AVI ": "avi"}.get(kind)
    if head[:4] == b"FORM" and kind in (b"AIFF", b"AIFC"):
        return "aiff"
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
        return "mov"
    if head[:4] in CONTAINERS:
        return CONTAINERS[head[:4]]
    if head[:3] == b"ID3":
        return "mp3"
    if len(head) > 3 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        layer = (head[1] >> 1) & 3
        return "aac" if layer == 0 and head[1] & 0xF0 == 0xF0 else ("mp3" if layer else None)
    return None


def _open(file: BinaryIO) -> InputContainer:
    import av

    head = file.read(64)
    file.seek(0)
    name = detect_container(head)
    if name is None:
        raise SoundError("unreadable")
    if name == "mp3" and _is_flac_after_id3(file):
        name = "flac"
    try:
        return av.open(file, "r", format=name, options={"protocol_whitelist": "", "enable_drefs": "0"})
    except (av.FFmpegError, OSError, ValueError) as e:
        raise SoundError("unreadable") from e


def _is_flac_after_id3(file: BinaryIO) -> bool:
    """Some taggers put an ID3 tag before FLAC."""
    h = file.read(10)
    is_flac = False
    if h[:3] == b"ID3" and len(h) == 10:
        file.seek(10 + ((h[6] & 127) << 21 | (h[7] & 127) << 14 | (h[8] & 127) << 7 | (h[9] & 127)))
        is_flac = file.read(4) == b"fLaC"
    file.seek(0)
    return is_flac


def iter_frames(
    path: Path, rate: int, layout: str, sample_format: str, max_seconds: float | None = None
) -> Iterator[AudioFrame]:
    """The frames of a file's first audio stream, resampled. Damaged packets are skipped. Raises SoundError."""
    import av

    with path.open("rb") as file, _open(file) as container:
        if not container.streams.audio:
            raise SoundError("no_sound")
        stream = container.streams.audio[0]
        if max_seconds and (stream.duration or 0) * (stream.time_base or 0) > max_seconds + 1:
            raise _too_long(max_seconds)
        resampler = av.AudioResampler(format=sample_format, layout=layout, rate=rate)
        for raw in _iter_decoded(container, stream):
            raw.pts = None
            yield from resampler.resample(raw)
        yield from resampler.resample(None)


def _iter_decoded(container: InputContainer, stream: AudioStream) -> Iterator[AudioFrame]:
    import av

    damaged = 0
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except (av.FFmpegError, OSError):
            return  # a truncated file: keep what was decoded so far
        try:
            yield from packet.decode()
        except (av.FFmpegError, ValueError):
            damaged += 1
            if damaged > MAX_DAMAGED_PACKETS:
                raise SoundError("unreadable") from None


def _too_long(max_seconds: float) -> SoundError:
    return SoundError(
        "too_long", f"This audio is longer than {max_seconds:g} seconds. Use a shorter recording."
    )


def decode(path: Path, max_seconds: float | None = None) -> Samples:
    """Mono samples at 16 kHz (2 MB a minute). Raises SoundError."""
    parts, n = [], 0
    for frame in iter_frames(path, RATE, "mono", "s16", max_seconds):
        samples = frame.to_ndarray().reshape(-1)
        parts.append(samples)
        n += len(samples)
        if max_seconds and n > (max_seconds + 0.5) * RATE:
            raise _too_long(max_seconds)
    if n == 0:
        raise SoundError("no_sound")
    if n < MIN_SECONDS * RATE:
        raise SoundError("too_short")
    return np.concatenate(parts)


def loudness(samples: Samples) -> Array:
    """dB full scale every 10 ms: RMS over a window of 30 ms; silence is -90."""
    half_hop = RATE // 200
    n = max(1, -(-len(samples) // (2 * half_hop)))
    padded = np.zeros(2 * n * half_hop, np.int16)
    padded[: len(samples)] = samples
    power = np.empty(2 * n)  # of every 5 ms
    for i in range(0, 2 * n, 12000):  # one minute at a time, to save memory
        part = padded[i * half_hop : (i + 12000) * half_hop].astype(np.float32) / 32768
        power[i : i + 12000] = np.square(part).reshape(-1, half_hop).mean(1)
    sums = np.concatenate([[0.0], np.cumsum(power)])
    at = np.arange(n) * 2
    a, b = np.clip(at - 3, 0, 2 * n), np.clip(at + 3, 0, 2 * n)
    return 10 * np.log10(np.maximum((sums[b] - sums[a]) / np.maximum(b - a, 1), 1e-9))


def speech_level(db: Array) -> tuple[float, float]:
    """(floor, top) of a loudness track in dB: the background noise and the loud vowels."""
    return float(np.percentile(db, 8)), float(np.percentile(db, 95))


@dataclass
class Soundtrack:
    """The sound of a video, as float planes."""

    frames: Iterator[AudioFrame]
    rate: int  # 44100 or 48000
    layout: str  # mono or stereo


def open_soundtrack(path: Path) -> Soundtrack:
    """The sound of a file, resampled for a video. Raises SoundError, also while its frames are read."""
    with path.open("rb") as file, _open(file) as container:
        if not container.streams.audio:
            raise SoundError("no_sound")
        stream = container.streams.audio[0]
        rate = 44100 if stream.rate == 44100 else 48000
        layout = "mono" if stream.channels == 1 else "stereo"
    return Soundtrack(iter_frames(path, rate, layout, "fltp"), rate, layout)
