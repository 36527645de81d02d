"""Small moving pictures for places that take no video: an animated WebP with transparency, a GIF."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import av.filter
import cv2

from videos.studio.compositor import Setting, Stage
from videos.studio.films import Tell, person
from videos.studio.footage import Footage, Shot
from videos.studio.preview_limits import GIF, WEBP, Extent

TICK = Fraction(1, 100)  # what GIF counts in
DITHER = "dither=bayer:bayer_scale=5:diff_mode=rectangle"


def webp(open_footage: Callable[[], Footage], target: Path, tell: Tell) -> None:
    """The person alone. Its encoder keeps small frames until the end: length and size are limited."""
    with (
        open_footage() as footage,
        av.open(str(target), "w", format="webp", options={"loop": "0"}) as box,
    ):
        width, height = WEBP.small(footage.width, footage.height)
        stream = box.add_stream(
            "libwebp_anim", rate=WEBP.rate, options={"quality": "80", "compression_level": "4"}
        )
        stream.width, stream.height, stream.pix_fmt = width, height, "bgra"
        stream.codec_context.time_base = Fraction(1, 1000)
        for shot in _shots(footage, WEBP):
            tiny = cv2.resize(person(shot), (width, height), interpolation=cv2.INTER_AREA)
            frame = av.VideoFrame.from_ndarray(tiny, format="rgba").reformat(format="bgra")
            frame.pts, frame.time_base = round(shot.seconds * 1000), Fraction(1, 1000)
            box.mux(stream.encode(frame))
            tell(shot.seconds / min(footage.seconds, WEBP.seconds))
        box.mux(stream.encode(None))


def gif(open_footage: Callable[[], Footage], target: Path, setting: Setting, tell: Tell) -> None:
    """What the video shows, in 256 colours chosen for it. Read twice: for the palette, and to draw with it."""
    with open_footage() as footage:
        size = GIF.small(*setting.look.canvas(footage.width, footage.height))
        chooser = _Palette(*size)
        for frame, done in _tiny(footage, setting, size):
            chooser.see(frame)
            tell(done / 2)
        palette = chooser.choose()
    with open_footage() as footage, av.open(str(target), "w", format="gif", options={"loop": "0"}) as box:
        stream = box.add_stream("gif", rate=GIF.rate)
        stream.width, stream.height, stream.pix_fmt = *size, "pal8"
        stream.codec_context.time_base = TICK
        painter = _Painter(*size, palette)
        for frame, done in _tiny(footage, setting, size):
            for painted in painter.paint(frame):
                box.mux(stream.encode(painted))
            tell(0.5 + done / 2)
        for painted in painter.rest():
            box.mux(stream.encode(painted))
        box.mux(stream.encode(None))


def _shots(footage: Footage, extent: Extent, *, masked: bool = True) -> Iterator[Shot]:
    return footage.shots(rate=float(extent.rate), until=extent.seconds, masked=masked)


def _tiny(footage: Footage, setting: Setting, size: tuple[int, int]) -> Iterator[tuple[av.VideoFrame, float]]:
    stage = Stage(setting, footage.width, footage.height)
    for shot in _shots(footage, GIF, masked=stage.needs_mask):
        tiny = cv2.resize(stage.draw(shot), size, interpolation=cv2.INTER_AREA)
        frame = av.VideoFrame.from_ndarray(tiny, format="rgb24")
        frame.pts, frame.time_base = round(shot.seconds / TICK), TICK
        yield frame, min(shot.seconds / min(footage.seconds or GIF.seconds, GIF.seconds), 1)


class _Palette:
    """FFmpeg's palettegen, fed frame by frame."""

    def __init__(self, width: int, height: int) -> None:
        self._graph = av.filter.Graph()
        source = self._graph.add_buffer(width=width, height=height, format="rgb24", time_base=TICK)
        choose = self._graph.add("palettegen", "reserve_transparent=0:stats_mode=full")
        sink = self._graph.add("buffersink")
        source.link_to(choose)
        choose.link_to(sink)
        self._graph.configure()

    def see(self, frame: av.VideoFrame) -> None:
        self._graph.push(frame)

    def choose(self) -> av.VideoFrame:
        self._graph.push(None)
        return self._graph.pull()


class _Painter:
    """FFmpeg's paletteuse: frames in 256 colours, dithered."""

    def __init__(self, width: int, height: int, palette: av.VideoFrame) -> None:
        self._graph = av.filter.Graph()
        self._frames = self._graph.add_buffer(width=width, height=height, format="rgb24", time_base=TICK)
        colours = self._graph.add_buffer(
            width=palette.width, height=palette.height, format=palette.format.name, time_base=TICK
        )
        use = self._graph.add("paletteuse", DITHER)
        sink = self._graph.add("buffersink")
        self._frames.link_to(use, 0, 0)
        colours.link_to(use, 0, 1)
        use.link_to(sink)
        self._graph.configure()
        colours.push(palette)
        colours.push(None)

    def paint(self, frame: av.VideoFrame) -> Iterator[av.VideoFrame]:
        self._frames.push(frame)
        yield from self._ready()

    def rest(self) -> Iterator[av.VideoFrame]:
        self._frames.push(None)
        yield from self._ready()

    def _ready(self) -> Iterator[av.VideoFrame]:
        while True:
            try:
                yield self._graph.pull()
            except (av.BlockingIOError, av.EOFError):
                return
