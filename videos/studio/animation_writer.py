"""Animations for places that take no video: an animated WebP with transparency, and a GIF."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import av.filter
import cv2
import numpy as np

from videos.looks.look import Look
from videos.studio.colours import pull_frame
from videos.studio.compositor import Composition, Compositor
from videos.studio.label import Label
from videos.studio.lower_third import LowerThird
from videos.studio.preview_limits import GIF, MAX_GIF_BYTES, SMALLER_GIFS, WEBP, PreviewLimit
from videos.studio.video_reader import Footage, Shot
from videos.studio.video_writer import ReportProgress, draw_person

GIF_TIME_BASE = Fraction(1, 100)
# The same colour at the same place always becomes the same pixel: what does not move costs nothing in the next frame.
DITHER = "dither=bayer:bayer_scale=5:diff_mode=rectangle"
# What an eye does not see as a change, of 255, in the mean of a pixel and its neighbours.
STILL = 5


def write_webp(
    open_footage: Callable[[], Footage], target: Path, look: Look, report_progress: ReportProgress
) -> None:
    """The person alone, with the label of the look. The encoder keeps all frames in memory, so length and size are limited."""
    with (
        open_footage() as footage,
        av.open(str(target), "w", format="webp", options={"loop": "0"}) as box,
    ):
        width, height = WEBP.fit(footage.width, footage.height)
        stream = box.add_stream(
            "libwebp_anim", rate=WEBP.rate, options={"quality": "80", "compression_level": "4"}
        )
        stream.width, stream.height, stream.pix_fmt = width, height, "bgra"
        stream.codec_context.time_base = Fraction(1, 1000)
        label = Label.of(look, width, height)
        for shot in _shots(footage, WEBP):
            small = cv2.resize(draw_person(shot), (width, height), interpolation=cv2.INTER_AREA)
            small = label.stamp(small) if label else small
            frame = av.VideoFrame.from_ndarray(small, format="rgba").reformat(format="bgra")
            frame.pts, frame.time_base = round(shot.seconds * 1000), Fraction(1, 1000)
            box.mux(stream.encode(frame))
            report_progress(shot.seconds / min(footage.seconds, WEBP.seconds))
        box.mux(stream.encode(None))


def write_gif(
    open_footage: Callable[[], Footage],
    target: Path,
    composition: Composition,
    report_progress: ReportProgress,
) -> None:
    """The displayed video in 256 colours, at most `MAX_GIF_BYTES` large: if need be, smaller and with fewer frames."""
    for limit in (GIF, *SMALLER_GIFS):
        _write_gif_within(limit, open_footage, target, composition, report_progress)
        if target.stat().st_size <= MAX_GIF_BYTES:
            return


def _write_gif_within(
    limit: PreviewLimit,
    open_footage: Callable[[], Footage],
    target: Path,
    composition: Composition,
    report_progress: ReportProgress,
) -> None:
    """It is read twice: for the palette, then to draw with it."""
    with open_footage() as footage:
        size = limit.fit(*composition.look.canvas(footage.width, footage.height))
        palette_builder = _PaletteBuilder(*size)
        for frame, done in _draw_frames(footage, composition, size, limit):
            palette_builder.add(frame)
            report_progress(done / 2)
        palette = palette_builder.build()
    with open_footage() as footage, av.open(str(target), "w", format="gif", options={"loop": "0"}) as box:
        stream = box.add_stream("gif", rate=limit.rate)
        stream.width, stream.height, stream.pix_fmt = *size, "pal8"
        stream.codec_context.time_base = GIF_TIME_BASE
        mapper = _PaletteMapper(*size, palette)
        for frame, done in _draw_frames(footage, composition, size, limit):
            for mapped in mapper.map(frame):
                box.mux(stream.encode(mapped))
            report_progress(0.5 + done / 2)
        for mapped in mapper.flush():
            box.mux(stream.encode(mapped))
        box.mux(stream.encode(None))


def _shots(footage: Footage, limit: PreviewLimit, *, masked: bool = True) -> Iterator[Shot]:
    return footage.shots(rate=float(limit.rate), until=limit.seconds, masked=masked)


def _draw_frames(
    footage: Footage, composition: Composition, size: tuple[int, int], limit: PreviewLimit
) -> Iterator[tuple[av.VideoFrame, float]]:
    compositor = Compositor(composition, footage.width, footage.height)
    label, lower_third = Label.of(composition.look, *size), LowerThird.of(composition.look, *size)
    before = None
    for shot in _shots(footage, limit, masked=compositor.needs_mask):
        small = cv2.resize(compositor.draw(shot), size, interpolation=cv2.INTER_AREA)
        before = small = _hold_still(small, before)
        small = lower_third.stamp(small, shot.seconds) if lower_third else small
        small = label.stamp(small) if label else small
        frame = av.VideoFrame.from_ndarray(small, format="rgb24")
        frame.pts, frame.time_base = round(shot.seconds / GIF_TIME_BASE), GIF_TIME_BASE
        yield frame, min(shot.seconds / min(footage.seconds or limit.seconds, limit.seconds), 1)


def _hold_still(picture: np.ndarray, before: np.ndarray | None) -> np.ndarray:
    """The picture with the pixels of the one before wherever they hardly changed: GIF stores noise at its full price."""
    if before is None:
        return picture
    change = cv2.absdiff(picture, before).max(axis=2)
    is_still = cv2.blur(change.astype(np.float32), (3, 3)) < STILL
    return np.where(is_still[..., None], before, picture)


class _PaletteBuilder:
    """FFmpeg's palettegen."""

    def __init__(self, width: int, height: int) -> None:
        self._graph = av.filter.Graph()
        source = self._graph.add_buffer(
            width=width, height=height, format=av.VideoFormat("rgb24"), time_base=GIF_TIME_BASE
        )
        palettegen = self._graph.add("palettegen", "reserve_transparent=0:stats_mode=full")
        sink = self._graph.add("buffersink")
        source.link_to(palettegen)
        palettegen.link_to(sink)
        self._graph.configure()

    def add(self, frame: av.VideoFrame) -> None:
        self._graph.push(frame)

    def build(self) -> av.VideoFrame:
        self._graph.push(None)
        return pull_frame(self._graph)


class _PaletteMapper:
    """FFmpeg's paletteuse: frames in 256 colours, dithered."""

    def __init__(self, width: int, height: int, palette: av.VideoFrame) -> None:
        self._graph = av.filter.Graph()
        self._frames = self._graph.add_buffer(
            width=width, height=height, format=av.VideoFormat("rgb24"), time_base=GIF_TIME_BASE
        )
        colours = self._graph.add_buffer(
            width=palette.width, height=palette.height, format=palette.format, time_base=GIF_TIME_BASE
        )
        paletteuse = self._graph.add("paletteuse", DITHER)
        sink = self._graph.add("buffersink")
        self._frames.link_to(paletteuse, 0, 0)
        colours.link_to(paletteuse, 0, 1)
        paletteuse.link_to(sink)
        self._graph.configure()
        colours.push(palette)
        colours.push(None)

    def map(self, frame: av.VideoFrame) -> Iterator[av.VideoFrame]:
        self._frames.push(frame)
        yield from self._ready()

    def flush(self) -> Iterator[av.VideoFrame]:
        self._frames.push(None)
        yield from self._ready()

    def _ready(self) -> Iterator[av.VideoFrame]:
        while True:
            try:
                yield pull_frame(self._graph)
            except (av.BlockingIOError, av.EOFError):
                return
