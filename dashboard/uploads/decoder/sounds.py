"""Decoding sound with PyAV (FFmpeg) and writing it anew as WAV, block by block."""

import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import av
import av.container
import numpy as np

from dashboard.uploads.decoder import FileRefused

NOT_A_SOUND = "This is not an audio file we can read. Use WAV, MP3, M4A, OGG, WebM or FLAC."
BROKEN = "This recording could not be read. It may be damaged. Save it again as WAV or MP3 and try that file."
NO_SOUND = "This file has no audio."
# The codecs of recorders. FFmpeg's hundreds of other decoders are not used.
CODECS = (
    "aac,alac,amrnb,amrwb,flac,libopus,opus,vorbis,libvorbis,mp1float,mp2float,mp3float,mp1,mp2,mp3,"
    "pcm_alaw,pcm_mulaw,pcm_u8,pcm_s8,pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,pcm_s32le,pcm_s32be,"
    "pcm_f32le,pcm_f32be,pcm_f64le,pcm_f64be,adpcm_ima_wav,adpcm_ima_qt,adpcm_ms,gsm,gsm_ms,ac3,eac3"
)
# What an MP4 or a QuickTime file may begin with.
BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")
MIN_RATE = 8000
MAX_LEADING_ZEROS = 4096


def convert_voice(request: dict[str, Any]) -> dict[str, Any]:
    """Write voice.wav. Raises FileRefused."""
    with open(request["source"], "rb") as file, open_media(file, CODECS) as container:
        stream = container.streams.best("audio")
        if not isinstance(stream, av.AudioStream):
            raise FileRefused(NO_SOUND)
        if not request["cut"]:
            _check_duration(_read_duration(container, stream, Path(request["source"])), request)
        return _write(container, stream, request)


# ---------------------------------------------------------------- opening
def sniff(head: bytes) -> str:
    """FFmpeg's name of the container, or an empty string.

    Named explicitly, so that FFmpeg never guesses: a playlist in the guise of a recording could otherwise make it
    open other files and addresses.
    """
    tagged = head[:3] == b"ID3" and len(head) >= 10
    if tagged:
        size = 0
        for byte in head[6:10]:
            size = size << 7 | byte & 0x7F
        head = head[10 + size :]
    if head[:4] in (b"RIFF", b"RF64", b"BW64") and head[8:12] == b"WAVE":
        return "wav"
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return "aiff"
    if head[4:8] in BOXES:
        return "mov"
    for magic, name in (
        (b"fLaC", "flac"),
        (b"OggS", "ogg"),
        (b"\x1a\x45\xdf\xa3", "matroska"),
        (b"#!AMR", "amr"),
        (b"caff", "caf"),
    ):
        if head.startswith(magic):
            return name
    if len(head) > 1 and head[0] == 0xFF:
        if head[1] & 0xF6 == 0xF0:
            return "aac"
        if head[1] & 0xE0 == 0xE0 and head[1] & 0x06:
            return "mp3"
    return "mp3" if tagged else ""  # the tag may be longer than what was read here


def open_media(file: BinaryIO, codecs: str) -> av.container.InputContainer:
    """The container of a file, whatever its name. Raises FileRefused."""
    head = file.read(64 * 1024)
    file.seek(0)
    if head[:1] == b"\0" and head[4:8] not in BOXES:
        head = head[: MAX_LEADING_ZEROS + 16].lstrip(b"\0")  # some MP3 writers begin with zeros
    name = sniff(head)
    if not name:
        raise FileRefused(NOT_A_SOUND)
    try:
        # A file object instead of a path: other names cannot be resolved against it.
        options = {"protocol_whitelist": "none", "codec_whitelist": codecs}
        return av.open(file, "r", format=name, options=options, metadata_errors="replace")
    except (av.FFmpegError, ValueError, OSError) as error:
        raise FileRefused(BROKEN) from error


def _read_duration(container: av.container.InputContainer, stream: av.AudioStream, path: Path) -> float:
    """The duration by the header; 0 if it has none. Corrected where recorders are known to write it wrong."""
    seconds = 0.0
    if stream.duration and stream.time_base:
        seconds = float(stream.duration * stream.time_base)
    elif container.duration:
        seconds = container.duration / av.time_base
    rate = stream.codec_context.bit_rate
    if stream.codec_context.name.startswith("pcm_") and rate:
        # Streaming recorders write 4 GiB into the header: use the file's size.
        seconds = min(seconds, path.stat().st_size * 8 / rate)
    return seconds


def _check_duration(seconds: float, request: dict[str, Any]) -> None:
    limit = request["max_seconds"]
    if seconds > limit + 0.05:
        raise FileRefused(
            f"This recording is {format_duration(seconds)} long. The limit is {format_duration(limit)}. "
            "Shorten it, or cut it into several videos."
        )


def _refuse_longer(request: dict[str, Any]) -> NoReturn:
    raise FileRefused(
        f"This recording is longer than the limit of {format_duration(request['max_seconds'])}. "
        "Shorten it, or cut it into several videos."
    )


def format_duration(seconds: float) -> str:
    """1 minute, 12 min 30 s, 3 h."""
    whole = max(round(seconds), 1)
    if whole < 60:
        return f"{whole} s" if whole != 1 else "1 second"
    if whole < 3600 and whole % 60 == 0:
        return "1 minute" if whole == 60 else f"{whole // 60} minutes"
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min {rest} s"


# ---------------------------------------------------------------- decoding and writing
def _write(
    container: av.container.InputContainer, stream: av.AudioStream, request: dict[str, Any]
) -> dict[str, Any]:
    context = stream.codec_context
    context.thread_count = 1
    rate = min(max(context.sample_rate or MIN_RATE, MIN_RATE), request["max_rate"])
    channels = 1 if context.channels == 1 else 2
    longest = int((request["max_seconds"] + (0 if request["cut"] else 0.05)) * rate)
    peaks = Peaks(rate)
    written = 0
    with writer(Path(request["work"]) / "voice.wav", rate, channels) as out:
        for block in decode_blocks(container, stream, rate, channels):
            written += len(block) // channels
            if written > longest:
                if not request["cut"]:
                    _refuse_longer(request)
                block = block[: (longest - written) * channels]
                written = longest
            out.writeframesraw(block.tobytes())
            peaks.add(block)
            if request["cut"] and written == longest:
                break
    if not written:
        raise FileRefused(NO_SOUND)
    if written < request["min_seconds"] * rate:
        raise FileRefused("This recording is too short. It needs to be at least a fifth of a second long.")
    return {"seconds": written / rate, "peaks": peaks.summarize(request["peaks"])}


def writer(path: Path, rate: int, channels: int) -> wave.Wave_write:
    """A WAV file of 16 bits to write frames to; its header is completed when it is closed."""
    out = wave.open(str(path), "wb")  # noqa: SIM115 - the caller's `with` closes it
    out.setnchannels(channels)
    out.setsampwidth(2)
    out.setframerate(rate)
    return out


def decode_blocks(
    container: av.container.InputContainer, stream: av.AudioStream, rate: int, channels: int
) -> Iterator[np.ndarray]:
    """16-bit samples, interleaved, until the end or until nothing more can be read."""
    resampler, shape = None, None
    for frame in _frames(container, stream):
        if resampler is None or (frame.format.name, frame.layout.name, frame.sample_rate) != shape:
            # Chained Ogg and joined MP3 files change their format in mid-stream.
            if resampler:
                yield from _resample(resampler, None)
            shape = (frame.format.name, frame.layout.name, frame.sample_rate)
            layout = "mono" if channels == 1 else "stereo"
            resampler = av.AudioResampler(format="flt", layout=layout, rate=rate)
        frame.pts = None  # gaps and jumps in the time stamps do not mean silence
        yield from _resample(resampler, frame)
    if resampler:
        yield from _resample(resampler, None)


def _resample(resampler: av.AudioResampler, frame: av.AudioFrame | None) -> Iterator[np.ndarray]:
    for out in resampler.resample(frame):
        floats = out.to_ndarray().reshape(-1).astype(np.float32, copy=False)
        samples = np.nan_to_num(floats, nan=0.0, posinf=1.0, neginf=-1.0)
        yield np.rint(np.clip(samples, -1.0, 1.0) * 32767.0).astype("<i2")


def _frames(container: av.container.InputContainer, stream: av.AudioStream) -> Iterator[av.AudioFrame]:
    """All frames that can be decoded: broken packets are skipped, a broken container ends the sound."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except (av.FFmpegError, OSError):
            return
        if packet is None:
            return
        try:
            yield from packet.decode()
        except av.FFmpegError:
            continue


class Peaks:
    """The loudest sample of each stretch of sound; stretches are merged when there are too many."""

    MAX_STRETCHES = 4096

    def __init__(self, rate: int) -> None:
        self.stretch = max(rate // 200, 1) * 2
        self.rest = np.zeros(0, dtype="<i2")
        self.tops: list[int] = []

    def add(self, block: np.ndarray) -> None:
        """Add a block of samples."""
        block = np.concatenate([self.rest, block])
        whole = len(block) // self.stretch * self.stretch
        loud = np.abs(block[:whole].astype(np.int32)).reshape(-1, self.stretch)
        self.tops += loud.max(axis=1).tolist() if whole else []
        self.rest = block[whole:]
        while len(self.tops) > self.MAX_STRETCHES:
            if len(self.tops) % 2:
                self.tops.append(0)
            self.tops = [max(pair) for pair in zip(self.tops[::2], self.tops[1::2], strict=True)]
            self.stretch *= 2

    def summarize(self, number: int) -> list[float]:
        """As many values as wanted, from 0 to 1."""
        tops = self.tops or [int(np.abs(self.rest.astype(np.int32)).max(initial=0))]
        # Scaled so that quiet recordings fill the picture too, but silence stays flat.
        full = max(max(tops), 32767 // 50)
        values = []
        for index in range(number):
            start = index * len(tops) // number
            end = max((index + 1) * len(tops) // number, start + 1)
            values.append(round(max(tops[start:end]) / full, 3))
        return values
