"""Reads a video and its mask in sync."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Self

import av
import av.container
import numpy as np

from dashboard.uploads.decoder import FileRefused, sounds
from dashboard.uploads.decoder import videos as decoder_videos
from videos.studio import StudioError
from videos.studio.colours import ToRGB, read_opacity
from videos.studio.matting import fill_holes

BROKEN = "The video is damaged and cannot be read to the end."
NO_MASK = "There is no mask for this video, so the person cannot be cut out."
WRONG_MASK = "The mask does not fit the video, so the person cannot be cut out."
MAX_SIDE = 8192
MAX_RATE = 120


@dataclass(frozen=True)
class Shot:
    """One frame: `rgb` (h, w, 3) uint8, `alpha` (h, w) uint8 (None without a mask), displayed at `seconds`."""

    rgb: np.ndarray
    alpha: np.ndarray | None
    seconds: float


class Footage:
    """`with Footage(video, mask) as footage: for shot in footage.shots(): …`; width and height are even numbers."""

    def __init__(self, video: Path, mask: Path | None = None) -> None:
        self._stack = contextlib.ExitStack()
        self._video, self._mask_path = video, mask
        container, stream = self._open(video)
        context = stream.codec_context
        self.width, self.height = context.width & ~1, context.height & ~1
        if not (2 <= self.width <= MAX_SIDE and 2 <= self.height <= MAX_SIDE):
            raise StudioError(BROKEN)
        self.rate = _get_rate(stream)
        self.start = get_start(stream)
        length = stream.duration * stream.time_base if stream.duration and stream.time_base else 0
        self.seconds = float(length or (container.duration or 0) / av.time_base)
        self._container, self._stream = container, stream

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def frames(self) -> int:
        """The approximate number of frames."""
        return max(round(self.seconds * self.rate), 1)

    def shots(
        self, *, rate: float | None = None, until: float | None = None, masked: bool = True
    ) -> Iterator[Shot]:
        """All frames; with `rate` at most so many per second, with `until` only those before that second.

        With `masked` the mask is read too, if there is one.
        """
        to_rgb = ToRGB()
        masks = _Masks(*self._open(self._mask_path)) if self._mask_path and masked else None
        due = 0.0
        for frame in _decode(self._container, self._stream):
            seconds = max(float(frame.time or 0) - self.start, 0.0)
            if until is not None and seconds >= until - 1e-3:
                return
            if rate is not None and seconds < due - 1e-3:
                continue
            due += 1 / rate if rate else 0.0
            rgb = to_rgb(frame)[: self.height, : self.width]
            alpha = masks.at(seconds, rgb.shape[1], rgb.shape[0]) if masks else None
            yield Shot(rgb, alpha, seconds)

    def _open(self, path: Path) -> tuple[av.container.InputContainer, av.VideoStream]:
        try:
            container = self._stack.enter_context(
                sounds.open_media(self._stack.enter_context(path.open("rb")), decoder_videos.CODECS)
            )
        except (FileRefused, OSError) as error:
            raise StudioError(BROKEN) from error
        stream = container.streams.best("video")
        if not isinstance(stream, av.VideoStream):
            raise StudioError(BROKEN)
        stream.codec_context.thread_count = 2
        return container, stream


class _Masks:
    """Finds the mask for a moment by time, because a mask may have another frame rate than its video."""

    def __init__(self, container: av.container.InputContainer, stream: av.VideoStream) -> None:
        self._frames = _decode(container, stream)
        self._start = get_start(stream)
        self._half_frame = 0.5 / float(_get_rate(stream))
        self._next = next(self._frames, None)
        self._alpha: np.ndarray | None = None

    def at(self, seconds: float, width: int, height: int) -> np.ndarray:
        """The alpha (h, w) uint8 at that second. Raises StudioError if there is none or it is too small."""
        while self._next is not None and self._time(self._next) <= seconds + self._half_frame:
            self._alpha, self._next = fill_holes(read_opacity(self._next)), next(self._frames, None)
        if self._alpha is None:
            raise StudioError(NO_MASK)
        if self._alpha.shape[0] < height or self._alpha.shape[1] < width:
            raise StudioError(WRONG_MASK)
        return self._alpha[:height, :width]

    def _time(self, frame: av.VideoFrame) -> float:
        return float(frame.time or 0) - self._start


def _decode(container: av.container.InputContainer, stream: av.VideoStream) -> Iterator[av.VideoFrame]:
    try:
        yield from container.decode(stream)
    except av.FFmpegError as error:
        raise StudioError(BROKEN) from error


def get_start(stream: av.VideoStream) -> float:
    """The time of the first frame in seconds, from which everything is counted."""
    return float((stream.start_time or 0) * (stream.time_base or 0))


def _get_rate(stream: av.VideoStream) -> Fraction:
    rate = stream.average_rate or stream.guessed_rate or Fraction(25)
    return min(max(Fraction(rate).limit_denominator(1001), Fraction(1)), Fraction(MAX_RATE))
