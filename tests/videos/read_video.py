"""What is really in a file: decoded to the end, colours as the file's own marks say."""

from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np

MATRICES = {1: "bt709", 6: "bt601"}


@dataclass
class Film:
    codec: str = ""
    pix_fmt: str = ""
    size: tuple[int, int] = (0, 0)
    marks: tuple[int, ...] = ()
    pictures: list[np.ndarray] = field(default_factory=list)  # (h, w, 4) uint8
    times: list[float] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)
    sound_codec: str = ""
    sound: np.ndarray = field(default_factory=lambda: np.zeros(0))
    sound_rate: int = 0
    sound_start: float = 0.0

    @property
    def flash(self) -> float:
        """When the middle is white."""
        height, width = self.pictures[0].shape[:2]
        middle = [picture[height // 2, width // 2, :3].min() for picture in self.pictures]
        return self.times[int(np.argmax(middle))]

    @property
    def click(self) -> float:
        """When the tone begins: its first sample of half its loudness."""
        loud = np.abs(self.sound)
        return self.sound_start + int(np.argmax(loud > loud.max() / 2)) / self.sound_rate


def film(path: Path, decoder: str = "") -> Film:
    """`decoder` for what FFmpeg would choose otherwise: libvpx-vp9 shows the alpha channel of a WebM."""
    found = Film()
    with av.open(str(path)) as box:
        stream = box.streams.video[0]
        found.metadata = dict(stream.metadata)
        context = av.CodecContext.create(decoder, "r") if decoder else stream.codec_context
        shown = stream.codec_context
        found.codec = shown.name
        for packet in box.demux(stream):  # the last one is empty and flushes the decoder
            for frame in context.decode(packet):
                _add(found, frame, float(frame.pts * stream.time_base))
        # What the container and the first frames say, as a player sees it.
        marks = (shown.colorspace, shown.color_primaries, shown.color_trc, shown.color_range)
        found.marks = tuple(int(mark) for mark in marks)
    with av.open(str(path)) as box:
        if box.streams.audio:
            _hear(found, box)
    return found


def sound(path: Path) -> Film:
    found = Film()
    with av.open(str(path)) as box:
        assert not box.streams.video
        _hear(found, box)
    return found


def packets(path: Path) -> list[bytes]:
    """The sound as it was encoded."""
    with av.open(str(path)) as box:
        return [bytes(packet) for packet in box.demux(audio=0) if packet.size]


def _add(found: Film, frame: av.VideoFrame, seconds: float) -> None:
    found.pix_fmt, found.size = frame.format.name, (frame.width, frame.height)
    graph = av.filter.Graph()
    source = graph.add_buffer(
        template=None,
        width=frame.width,
        height=frame.height,
        format=frame.format.name,
        time_base=frame.time_base,
    )
    flags = "bicubic+accurate_rnd+full_chroma_int+full_chroma_inp"
    scale = graph.add("scale", f"in_color_matrix={MATRICES[int(frame.colorspace)]}:in_range=tv:flags={flags}")
    to = graph.add("format", "rgba")
    sink = graph.add("buffersink")
    for one, next_ in ((source, scale), (scale, to), (to, sink)):
        one.link_to(next_)
    graph.configure()
    graph.push(frame)
    found.pictures.append(graph.pull().to_ndarray())
    found.times.append(seconds)


def _hear(found: Film, box: av.container.InputContainer) -> None:
    stream = box.streams.audio[0]
    found.sound_codec = stream.codec_context.name
    pieces = []
    resampler = av.AudioResampler(format="flt", layout="mono")
    for frame in box.decode(stream):
        if not pieces:
            found.sound_start, found.sound_rate = float(frame.time), frame.sample_rate
        pieces += [out.to_ndarray()[0] for out in resampler.resample(frame)]
    found.sound = np.concatenate(pieces)
