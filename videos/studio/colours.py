"""Converts decoded frames to RGB and back: BT.601 or BT.709, 8 or 10 bits, as tagged in the file.

Files are always written and tagged as BT.709 in limited range, because players and editors that ignore the tags assume
that.
"""

from fractions import Fraction

import av
import av.filter
import numpy as np

# FFmpeg's numbers (AVColorSpace, AVColorRange).
BT709, BT601 = 1, 6
LIMITED, FULL = 1, 2
MIN_HD_HEIGHT = 720  # from which untagged files are BT.709
MASK_TOLERANCE = 4  # of 255
# Without these flags, colours are off by up to 20 of 255 at sharp edges.
SCALE_FLAGS = "bicubic+accurate_rnd+full_chroma_int+full_chroma_inp"
MATRICES = {BT709: "bt709", 4: "fcc", 5: "bt601", BT601: "bt601", 7: "smpte240m", 9: "bt2020", 10: "bt2020"}


class Graph:
    """A chain of FFmpeg filters for frames of one size and format."""

    def __init__(self, width: int, height: int, pix_fmt: str, *chain: tuple[str, str]) -> None:
        self._graph = av.filter.Graph()
        last = self._graph.add_buffer(
            width=width, height=height, format=av.VideoFormat(pix_fmt), time_base=Fraction(1, 90_000)
        )
        for name, arguments in (*chain, ("buffersink", "")):
            node = self._graph.add(name, arguments or None)
            last.link_to(node)
            last = node
        self._graph.configure()

    def __call__(self, frame: av.VideoFrame) -> av.VideoFrame:
        self._graph.push(frame)
        return pull_frame(self._graph)


def pull_frame(graph: av.filter.Graph) -> av.VideoFrame:
    """The next frame of a graph for video. Raises av.BlockingIOError and av.EOFError if there is none."""
    frame = graph.pull()
    if not isinstance(frame, av.VideoFrame):
        raise TypeError("the graph filters audio")
    return frame


class ToRGB:
    """Any decoder's frame -> (h, w, 3) uint8, sRGB. What carries no mark is taken as browsers take it."""

    def __init__(self) -> None:
        self._shape: tuple[object, ...] | None = None
        self._graph: Graph | None = None

    def __call__(self, frame: av.VideoFrame) -> np.ndarray:
        shape = (frame.width, frame.height, frame.format.name, frame.colorspace, frame.color_range)
        if self._graph is None or shape != self._shape:
            untagged = "bt709" if frame.height >= MIN_HD_HEIGHT else "bt601"
            matrix = MATRICES.get(int(frame.colorspace), untagged)
            span = "pc" if int(frame.color_range) == FULL else "tv"
            scale = f"in_color_matrix={matrix}:in_range={span}:out_range=pc:flags={SCALE_FLAGS}"
            self._graph = Graph(
                frame.width, frame.height, frame.format.name, ("scale", scale), ("format", "rgb24")
            )
            self._shape = shape
        return self._graph(frame).to_ndarray()


class FromRGB:
    """(h, w, 3) or, where the format has an alpha channel, (h, w, 4) uint8 to a frame for an encoder."""

    def __init__(self, width: int, height: int, pix_fmt: str) -> None:
        self._source = "rgba" if pix_fmt.startswith("yuva") else "rgb24"
        scale = f"out_color_matrix=bt709:out_range=tv:flags={SCALE_FLAGS}"
        tags = "color_primaries=bt709:color_trc=bt709"
        self._graph = Graph(
            width, height, self._source, ("scale", scale), ("format", pix_fmt), ("setparams", tags)
        )

    def __call__(self, picture: np.ndarray) -> av.VideoFrame:
        return self._graph(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format=self._source))


def tag_colours(stream: av.VideoStream) -> None:
    """Tag a file with the colours that FromRGB produces."""
    context = stream.codec_context
    context.colorspace = context.color_primaries = context.color_trc = BT709
    context.color_range = LIMITED


def read_opacity(frame: av.VideoFrame) -> np.ndarray:
    """The alpha of a mask video's frame, (h, w) uint8: 0 is transparent, 255 is opaque."""
    if (
        not frame.format.name.startswith(("yuv4", "yuvj4", "gray", "nv12"))
        or frame.format.components[0].bits != 8
    ):
        frame = frame.reformat(format="yuv420p")
    plane = frame.planes[0]
    luma = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[
        : frame.height, : frame.width
    ]
    is_full = int(frame.color_range) == FULL or frame.format.name.startswith("yuvj")
    return (_ALPHA_FULL if is_full else _ALPHA_LIMITED)[luma]


def _create_alpha_table(black: int, white: int) -> np.ndarray:
    """Alpha by luma. Compression makes blacks and whites of a mask vary a little: those become 0 and 255."""
    values = np.clip((np.arange(256) - black) * 255 / (white - black), 0, 255).round().astype(np.uint8)
    values[values <= MASK_TOLERANCE], values[values >= 255 - MASK_TOLERANCE] = 0, 255
    return values


_ALPHA_LIMITED, _ALPHA_FULL = _create_alpha_table(16, 235), _create_alpha_table(0, 255)
