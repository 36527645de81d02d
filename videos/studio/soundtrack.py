"""Copies the sound of a video to another file, or encodes it again where that file needs another codec."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Self

import av
import av.container

from dashboard.uploads.decoder import sounds
from videos.studio import StudioError
from videos.studio.video_reader import BROKEN, get_start

NO_SOUND = "This video has no sound."
BITRATE = {"aac": 160_000, "libopus": 128_000}
OPUS_RATE = 48_000


class Soundtrack:
    """Opens `video` separately for its sound; `write(until)` interleaves it with the pictures in `target`.

    `codec` is the encoder for the new file; sound in the codec `keep` is copied without encoding it again.
    """

    def __init__(
        self, video: Path, target: av.container.OutputContainer, codec: str, *, keep: str = ""
    ) -> None:
        self._file = video.open("rb")
        self._container = sounds.open_media(self._file, sounds.CODECS)
        self._target = target
        streams = self._container.streams
        stream = streams.best("audio")
        self.is_there = isinstance(stream, av.AudioStream)
        if not isinstance(stream, av.AudioStream):
            return
        pictures = streams.best("video")
        # Times are counted from the first picture, which is at 0 in the new file.
        self._start = get_start(pictures) if isinstance(pictures, av.VideoStream) else 0.0
        self.is_copied = bool(keep) and stream.codec_context.name == keep
        if self.is_copied:
            self._stream = target.add_stream_from_template(stream)
            self._packets = self._copy(stream)
        else:
            rate = OPUS_RATE if codec == "libopus" else stream.codec_context.sample_rate
            layout = "mono" if stream.codec_context.channels == 1 else "stereo"
            encoder = target.add_stream(codec, rate=rate, layout=layout)
            if not isinstance(encoder, av.AudioStream):
                raise TypeError(f"{codec} encodes no sound")
            self._stream = encoder
            if codec in BITRATE:
                self._stream.bit_rate = BITRATE[codec]
            self._packets = self._encode(stream)
        self._next: av.Packet | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._container.close()
        self._file.close()

    def write(self, until: float = float("inf")) -> float:
        """Write the sound before that second to the file; returns the second it reached."""
        at = 0.0
        while self.is_there:
            packet = self._next or next(self._packets, None)
            if packet is None:
                break
            at = float((packet.pts or 0) * packet.time_base)
            if at > until:
                self._next = packet
                break
            self._next = None
            self._target.mux(packet)
        return at

    def _copy(self, stream: av.AudioStream) -> Iterator[av.Packet]:
        shift = round(self._start / (stream.time_base or 1))
        try:
            for packet in self._container.demux(stream):
                if packet.pts is None or not packet.size:
                    continue
                packet.pts -= shift
                packet.dts = packet.pts
                packet.stream = self._stream
                yield packet
        except av.FFmpegError as error:
            raise StudioError(BROKEN) from error

    def _encode(self, stream: av.AudioStream) -> Iterator[av.Packet]:
        context = self._stream.codec_context
        resampler = av.AudioResampler(format=context.format, layout=context.layout, rate=context.sample_rate)
        done: int | None = None  # samples since the first picture
        try:
            for frame in self._container.decode(stream):
                if done is None:
                    done = round((float(frame.time or 0) - self._start) * context.sample_rate)
                frame.pts = None  # timestamps are counted in samples instead
                done, packets = self._encode_frames(resampler.resample(frame), done)
                yield from packets
            if done is not None:
                yield from self._encode_frames(resampler.resample(None), done)[1]
                yield from self._stream.encode(None)
        except av.FFmpegError as error:
            raise StudioError(BROKEN) from error

    def _encode_frames(self, frames: list[av.AudioFrame], done: int) -> tuple[int, list[av.Packet]]:
        packets = []
        for frame in frames:
            frame.pts, frame.time_base = done, Fraction(1, frame.sample_rate)
            done += frame.samples
            packets += self._stream.encode(frame)
        return done, packets
