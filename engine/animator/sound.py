"""Decoding sounds with PyAV, and their loudness.

FFmpeg can be talked into reading other files (playlists, concat scripts, network addresses). So the format is told
by the first bytes here, it must be one of a short list of plain containers, and FFmpeg gets an open file and an empty
list of protocols, never a name.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from .arrays import Array
from .errors import SoundError

RATE = 16000  # Hz, what the phoneme recogniser hears
SHORTEST = 0.05  # s
FPS = 25


def container_of(head: bytes) -> str | None:
    """FFmpeg's demuxer for a file that starts with these bytes, None for what is not on the list."""
    kind = head[8:12]
    if head[:4] in (b"RIFF", b"RF64", b"RIFX"):
        return {b"WAVE": "wav", b"AVI ": "avi"}.get(kind)
    if head[:4] == b"FORM" and kind in (b"AIFF", b"AIFC"):
        return "aiff"
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
        return "mov"
    table = {b"fLaC": "flac", b"OggS": "ogg", b"\x1aE\xdf\xa3": "matroska", b"caff": "caf", b"#!AM": "amr"}
    if head[:4] in table:
        return table[head[:4]]
    if head[:3] == b"ID3":
        return "mp3"
    if len(head) > 3 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        layer = (head[1] >> 1) & 3
        return "aac" if layer == 0 and head[1] & 0xF0 == 0xF0 else ("mp3" if layer else None)
    return None


def _open(f: BinaryIO) -> object:
    import av

    head = f.read(64)
    f.seek(0)
    name = container_of(head)
    if name is None:
        raise SoundError("unreadable")
    if name == "mp3" and _tag_then_flac(f):
        name = "flac"
    try:
        return av.open(f, format=name, options={"protocol_whitelist": "", "enable_drefs": "0"})
    except (av.FFmpegError, OSError, ValueError) as e:
        raise SoundError("unreadable") from e


def _tag_then_flac(f: BinaryIO) -> bool:
    """Some taggers put an ID3 tag before FLAC."""
    h = f.read(10)
    is_flac = False
    if h[:3] == b"ID3" and len(h) == 10:
        f.seek(10 + ((h[6] & 127) << 21 | (h[7] & 127) << 14 | (h[8] & 127) << 7 | (h[9] & 127)))
        is_flac = f.read(4) == b"fLaC"
    f.seek(0)
    return is_flac


def frames(path: Path, rate: int, layout: str, fmt: str, limit: float | None = None) -> Iterator[object]:
    """av.AudioFrame after av.AudioFrame of the whole sound, resampled. Damaged packets are stepped over."""
    import av

    with path.open("rb") as f, _open(f) as box:
        if not box.streams.audio:
            raise SoundError("no_sound")
        stream = box.streams.audio[0]
        if limit and (stream.duration or 0) * (stream.time_base or 0) > limit + 1:
            raise SoundError("too_long", _too_long(limit))
        resample = av.AudioResampler(format=fmt, layout=layout, rate=rate)
        for raw in _decoded(box, stream):
            raw.pts = None
            yield from resample.resample(raw)
        yield from resample.resample(None)


def _decoded(box: object, stream: object) -> Iterator[object]:
    import av

    broken = 0
    packets = box.demux(stream)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except (av.FFmpegError, OSError):
            return  # cut off: what came before it counts
        try:
            yield from packet.decode()
        except (av.FFmpegError, ValueError):
            broken += 1
            if broken > 200:
                raise SoundError("unreadable") from None


def _too_long(limit: float) -> str:
    return f"This sound is longer than {limit:g} seconds. Use a shorter recording."


def decode(path: Path, max_seconds: float | None = None) -> Array:
    """Mono int16 at 16 kHz (2 MB a minute). Raises SoundError."""
    parts, n = [], 0
    for frame in frames(path, RATE, "mono", "s16", max_seconds):
        x = frame.to_ndarray().reshape(-1)
        parts.append(x)
        n += len(x)
        if max_seconds and n > (max_seconds + 0.5) * RATE:
            raise SoundError("too_long", _too_long(max_seconds))
    if n == 0:
        raise SoundError("no_sound")
    if n < SHORTEST * RATE:
        raise SoundError("too_short")
    return np.concatenate(parts)


def loudness(x: Array) -> Array:
    """dB full scale every 10 ms: RMS over the 30 ms around; silence is -90. x: mono int16 at 16 kHz."""
    half_hop = RATE // 200
    n = max(1, -(-len(x) // (2 * half_hop)))
    padded = np.zeros(2 * n * half_hop, np.int16)
    padded[: len(x)] = x
    power = np.empty(2 * n)  # of every 5 ms
    for i in range(0, 2 * n, 12000):  # a minute at a time: memory
        part = padded[i * half_hop : (i + 12000) * half_hop].astype(np.float32) / 32768
        power[i : i + 12000] = np.square(part).reshape(-1, half_hop).mean(1)
    sums = np.concatenate([[0.0], np.cumsum(power)])
    at = np.arange(n) * 2
    a, b = np.clip(at - 3, 0, 2 * n), np.clip(at + 3, 0, 2 * n)
    return 10 * np.log10(np.maximum((sums[b] - sums[a]) / np.maximum(b - a, 1), 1e-9))


def speech_level(db: Array) -> tuple[float, float]:
    """(floor, top) of a loudness track in dB: quiet background and loud vowels."""
    return float(np.percentile(db, 8)), float(np.percentile(db, 95))


def best_layout(path: Path) -> tuple[int, str]:
    """Rate (44100 or 48000) and layout (mono or stereo) in which a sound is kept in a video."""
    with path.open("rb") as f, _open(f) as box:
        if not box.streams.audio:
            raise SoundError("no_sound")
        s = box.streams.audio[0]
        return (44100 if s.rate == 44100 else 48000), ("mono" if s.channels == 1 else "stereo")
