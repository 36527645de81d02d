"""A video and its mask, opened together and read in step."""

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
from videos.studio import Refused
from videos.studio.colours import ToRGB, opacity
from videos.studio.matting import whole

BROKEN = "The video is damaged and cannot be read to the end."
NO_MASK = "There is no mask for this video, so the person cannot be cut out."
WRONG_MASK = "The mask does not fit the video, so the person cannot be cut out."
MAX_SIDE = 8192
MAX_RATE = 120


@dataclass(frozen=True)
class Shot:
    """One frame: `rgb` (h, w, 3) uint8, `alpha` (h, w) uint8 (None without a mask), shown at `seconds`."""

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
            raise Refused(BROKEN)
        self.rate = _rate(stream)
        self.start = float((stream.start_time or 0) * stream.time_base)
        length = stream.duration * stream.time_base if stream.duration else 0
        self.seconds = float(length or (container.duration or 0) / av.time_base)
        self._container, self._stream = container, stream

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def frames(self) -> int:
        """About how many there are."""
        return max(round(self.seconds * self.rate), 1)

    def shots(
        self, *, rate: float | None = None, until: float | None = None, masked: bool = True
    ) -> Iterator[Shot]:
        """All frames in turn; with `rate` at most so many a second, with `until` no later one.

        `masked` reads the mask too, if there is one.
        """
        to_rgb = ToRGB()
        masks = _Masks(*self._open(self._mask_path)) if self._mask_path and masked else None
        due = 0.0
        for frame in _decoded(self._container, self._stream):
            seconds = max(float(frame.time or 0) - self.start, 0.0)
            if until is not None and seconds >= until - 1e-3:
                return
            if rate is not None and seconds < due - 1e-3:
                continue
            due += 1 / rate if rate else 0.0
            rgb = to_rgb(frame)[: self.height, : self.width]
            alpha = masks.at(seconds, rgb.shape[:2]) if masks else None
            yield Shot(rgb, alpha, seconds)

    def _open(self, path: Path) -> tuple[av.container.InputContainer, av.VideoStream]:
        try:
            container = self._stack.enter_context(
                sounds.open_media(self._stack.enter_context(path.open("rb")), decoder_videos.CODECS)
            )
        except (FileRefused, OSError) as error:
            raise Refused(BROKEN) from error
        stream = container.streams.best("video")
        if stream is None:
            raise Refused(BROKEN)
        stream.codec_context.thread_count = 2
        return container, stream


class _Masks:
    """The mask that belongs to a moment; a mask with other frames than its video is followed by its own times."""

    def __init__(self, container: av.container.InputContainer, stream: av.VideoStream) -> None:
        self._frames = _decoded(container, stream)
        self._start = float((stream.start_time or 0) * stream.time_base)
        self._half = 0.5 / float(_rate(stream))
        self._next = next(self._frames, None)
        self._alpha: np.ndarray | None = None

    def at(self, seconds: float, shape: tuple[int, int]) -> np.ndarray:
        while self._next is not None and self._time(self._next) <= seconds + self._half:
            self._alpha, self._next = whole(opacity(self._next)), next(self._frames, None)
        if self._alpha is None:
            raise Refused(NO_MASK)
        height, width = shape
        if self._alpha.shape[0] < height or self._alpha.shape[1] < width:
            raise Refused(WRONG_MASK)
        return self._alpha[:height, :width]

    def _time(self, frame: av.VideoFrame) -> float:
        return float(frame.time or 0) - self._start


def _decoded(container: av.container.InputContainer, stream: av.VideoStream) -> Iterator[av.VideoFrame]:
    try:
        yield from container.decode(stream)
    except av.FFmpegError as error:
        raise Refused(BROKEN) from error


def _rate(stream: av.VideoStream) -> Fraction:
    rate = stream.average_rate or stream.guessed_rate or Fraction(25)
    return min(max(Fraction(rate).limit_denominator(1001), Fraction(1)), Fraction(MAX_RATE))
