"""The sound of a video on its way into another file: copied as it is where that file takes it, else encoded anew."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Self

import av
import av.container

from dashboard.uploads.decoder import sounds
from videos.studio import Refused
from videos.studio.footage import BROKEN

NO_SOUND = "This video has no sound."
BITRATE = {"aac": 160_000, "libopus": 128_000}
OPUS_RATE = 48_000


class Soundtrack:
    """Reads `video` once more, for its sound alone; `write(until)` keeps it beside the picture in the file.

    `codec` is the encoder for the new file; sound that is in the codec `keep` already is copied.
    """

    def __init__(
        self, video: Path, target: av.container.OutputContainer, codec: str, *, keep: str = ""
    ) -> None:
        self._file = video.open("rb")
        self._container = sounds.open_media(self._file, sounds.CODECS)
        self._target = target
        streams = self._container.streams
        stream = streams.best("audio")
        self.is_there = stream is not None
        if stream is None:
            return
        film = streams.best("video")
        # Both are counted from the first picture, which is at 0 in the new file.
        self._start = float((film.start_time or 0) * film.time_base) if film else 0.0
        self.is_copied = bool(keep) and stream.codec_context.name == keep
        if self.is_copied:
            self._stream = target.add_stream_from_template(stream)
            self._packets = self._copied(stream)
        else:
            rate = OPUS_RATE if codec == "libopus" else stream.codec_context.sample_rate
            layout = "mono" if stream.codec_context.channels == 1 else "stereo"
            self._stream = target.add_stream(codec, rate=rate, layout=layout)
            if codec in BITRATE:
                self._stream.bit_rate = BITRATE[codec]
            self._packets = self._encoded(stream)
        self._next: av.Packet | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._container.close()
        self._file.close()

    def write(self, until: float = float("inf")) -> float:
        """Put what sounds before that second into the file; how far it got."""
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

    def _copied(self, stream: av.AudioStream) -> Iterator[av.Packet]:
        shift = round(self._start / stream.time_base)
        try:
            for packet in self._container.demux(stream):
                if packet.pts is None or not packet.size:
                    continue
                packet.pts -= shift
                packet.dts = packet.pts
                packet.stream = self._stream
                yield packet
        except av.FFmpegError as error:
            raise Refused(BROKEN) from error

    def _encoded(self, stream: av.AudioStream) -> Iterator[av.Packet]:
        context = self._stream.codec_context
        resampler = av.AudioResampler(format=context.format, layout=context.layout, rate=context.sample_rate)
        done: int | None = None  # samples since the first picture
        try:
            for frame in self._container.decode(stream):
                if done is None:
                    done = round((float(frame.time or 0) - self._start) * context.sample_rate)
                frame.pts = None  # the samples count, not the marks on them
                done, packets = self._encode(resampler.resample(frame), done)
                yield from packets
            if done is not None:
                yield from self._encode(resampler.resample(None), done)[1]
                yield from self._stream.encode(None)
        except av.FFmpegError as error:
            raise Refused(BROKEN) from error

    def _encode(self, frames: list[av.AudioFrame], done: int) -> tuple[int, list[av.Packet]]:
        packets = []
        for frame in frames:
            frame.pts, frame.time_base = done, Fraction(1, frame.sample_rate)
            done += frame.samples
            packets += self._stream.encode(frame)
        return done, packets
