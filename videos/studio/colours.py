"""From a decoder's frames to RGB and back: BT.601 or BT.709, 8 or 10 bits, exactly as the file's marks say.

What is written here is BT.709 in video range and says so, whatever the source was: players and editors that pay no
attention to marks take it for that.
"""

from fractions import Fraction

import av
import av.filter
import av.video.stream
import numpy as np

# FFmpeg's numbers (AVColorSpace, AVColorRange).
BT709, UNMARKED, BT601 = 1, 2, 6
LIMITED, FULL = 1, 2
HD = 720
TREMBLE = 4  # of 255
# Without the flags colours are off by up to 20 of 255 where they change from one pixel to the next.
EXACT = "bicubic+accurate_rnd+full_chroma_int+full_chroma_inp"
MATRICES = {BT709: "bt709", 4: "fcc", 5: "bt601", BT601: "bt601", 7: "smpte240m", 9: "bt2020", 10: "bt2020"}


class Graph:
    """A chain of FFmpeg's filters for frames of one size and format."""

    def __init__(self, width: int, height: int, pix_fmt: str, *chain: tuple[str, str]) -> None:
        self._graph = av.filter.Graph()
        last = self._graph.add_buffer(
            width=width, height=height, format=pix_fmt, time_base=Fraction(1, 90_000)
        )
        for name, arguments in (*chain, ("buffersink", "")):
            node = self._graph.add(name, arguments or None)
            last.link_to(node)
            last = node
        self._graph.configure()

    def __call__(self, frame: av.VideoFrame) -> av.VideoFrame:
        self._graph.push(frame)
        return self._graph.pull()


class ToRGB:
    """Any decoder's frame -> (h, w, 3) uint8, sRGB. What carries no mark is taken as browsers take it."""

    def __init__(self) -> None:
        self._shape: tuple | None = None
        self._graph: Graph | None = None

    def __call__(self, frame: av.VideoFrame) -> np.ndarray:
        shape = (frame.width, frame.height, frame.format.name, frame.colorspace, frame.color_range)
        if shape != self._shape:
            unmarked = "bt709" if frame.height >= HD else "bt601"
            matrix = MATRICES.get(int(frame.colorspace), unmarked)
            span = "pc" if int(frame.color_range) == FULL else "tv"
            scale = f"in_color_matrix={matrix}:in_range={span}:out_range=pc:flags={EXACT}"
            self._graph = Graph(
                frame.width, frame.height, frame.format.name, ("scale", scale), ("format", "rgb24")
            )
            self._shape = shape
        return self._graph(frame).to_ndarray()


class FromRGB:
    """(h, w, 3) or, where the format has an alpha channel, (h, w, 4) uint8 -> a frame for an encoder."""

    def __init__(self, width: int, height: int, pix_fmt: str) -> None:
        self._source = "rgba" if pix_fmt.startswith("yuva") else "rgb24"
        scale = f"out_color_matrix=bt709:out_range=tv:flags={EXACT}"
        says = "color_primaries=bt709:color_trc=bt709"
        self._graph = Graph(
            width, height, self._source, ("scale", scale), ("format", pix_fmt), ("setparams", says)
        )

    def __call__(self, picture: np.ndarray) -> av.VideoFrame:
        return self._graph(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format=self._source))


def mark(stream: av.video.stream.VideoStream) -> None:
    """Say in the file what FromRGB made."""
    context = stream.codec_context
    context.colorspace = context.color_primaries = context.color_trc = BT709
    context.color_range = LIMITED


def opacity(frame: av.VideoFrame) -> np.ndarray:
    """A frame of a mask video -> (h, w) uint8: 0 is away, 255 is there."""
    if (
        not frame.format.name.startswith(("yuv4", "yuvj4", "gray", "nv12"))
        or frame.format.components[0].bits != 8
    ):
        frame = frame.reformat(format="yuv420p")
    plane = frame.planes[0]
    luma = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: frame.height, : frame.width]
    is_full = int(frame.color_range) == FULL or frame.format.name.startswith("yuvj")
    return (_OF_FULL if is_full else _OF_LIMITED)[luma]


def _opacities(black: int, white: int) -> np.ndarray:
    """What luma means. A lossy mask's blacks and whites tremble a little: those are taken for black and white."""
    values = np.clip((np.arange(256) - black) * 255 / (white - black), 0, 255).round().astype(np.uint8)
    values[values <= TREMBLE], values[values >= 255 - TREMBLE] = 0, 255
    return values


_OF_LIMITED, _OF_FULL = _opacities(16, 235), _opacities(0, 255)
