"""Frames in, MP4 out: one thread for picture and sound, one for the mask, with short queues.

x264 and the AAC encoder release Python's lock, so they run while the next frame is drawn. Colours are BT.709 in video
range, and the file says so, because players assume that for videos of this size anyway. OpenCV only converts to BT.601
itself, but it can multiply a picture by any matrix (0.4 ms a frame with the halving of the chroma; swscale takes twice
that).

The settings are the cheapest that keep the quality of the drawing (42 to 46 dB for a face). The content is always grain
and a talking person, so one quantiser is enough: no rate control, no adaptive quantisation, and every second frame is a B
frame without a decision. The mask is flat except for its edge, so motion estimation in whole pixels is enough; a lower
quality setting of its own still keeps the edge stable. Each encoder has one thread: more would wait for each other on two
cores.
"""

from __future__ import annotations

import contextlib
import os
import queue
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from .arrays import Array, Image
from .results import FPS
from .sound import Soundtrack

if TYPE_CHECKING:
    from av import AudioStream, VideoStream
    from av.container import OutputContainer

QUEUE_LENGTH = 6  # frames: keeps the memory constant, because a slow encoder slows the drawing down
BT709, LIMITED_RANGE = 1, 1  # FFmpeg's numbers
KR, KB = 0.2126, 0.0722  # the weights of red and blue in BT.709's luma
VIDEO_OPTIONS = {
    "preset": "superfast",
    "profile": "high",
    "qp": "19",
    "x264-params": "bframes=1:b-adapt=0:weightp=0",
}
MASK_OPTIONS = {
    "preset": "superfast",
    "profile": "high",
    "qp": "22",
    "x264-params": "bframes=3:b-adapt=0:weightp=0:subme=0:partitions=none",
}
# Twice as fast as the two-loop search, and closer to the original at this rate: 44 dB instead of 26 for speech.
AUDIO_OPTIONS = {"aac_coder": "fast", "aac_tns": "0", "aac_pns": "0"}


def part_name(path: Path) -> Path:
    """Where a file is written until it is complete: in the folder of its target, so that os.replace is atomic."""
    return path.with_name(f".{path.name}.{os.getpid()}.part")


class _Track(threading.Thread):
    """A file that is encoded from a queue of frames (h, w, 4); `convert` writes one as I420 (3h/2, w)."""

    def __init__(
        self,
        path: Path,
        size: tuple[int, int],
        options: dict[str, str],
        convert: Callable[[Image, Image], None],
        soundtrack: Soundtrack | None = None,
    ) -> None:
        super().__init__(daemon=True, name=f"encode {path.name}")
        self.path, self.size, self.options = part_name(path), size, options
        self.convert, self.soundtrack = convert, soundtrack
        self.queue: queue.Queue[Image | None] = queue.Queue(QUEUE_LENGTH)
        self.error: BaseException | None = None
        self.stopped = False

    def put(self, frame: Image | None) -> None:
        """Add a frame, or None at the end. Raises the exception that ended the thread, if any."""
        while True:
            if self.error:
                raise self.error
            try:
                self.queue.put(frame, timeout=0.5)
                return
            except queue.Full:
                continue

    def stop(self) -> None:
        """End the thread soon; its file is incomplete."""
        self.stopped = True
        with contextlib.suppress(queue.Full):
            self.queue.put_nowait(None)
        self.join(timeout=30)

    def run(self) -> None:
        try:
            self._encode()
        except BaseException as e:
            self.error = e
            while not self.stopped and self.queue.get() is not None:
                pass

    def _encode(self) -> None:
        import av

        with av.open(str(self.path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
            video, audio = self._add_streams(container)
            w, h = self.size
            # PyAV 18 crops heights that are no multiple of four when it borrows a buffer: copy those.
            make_frame = av.VideoFrame.from_numpy_buffer if h % 4 == 0 else av.VideoFrame.from_ndarray
            i420 = np.full((h * 3 // 2, w), 128, np.uint8)  # one is enough, because x264 copies it
            samples = n = 0
            while not self.stopped:
                drawn = self.queue.get()
                if drawn is None:
                    break
                self.convert(drawn, i420)
                frame = make_frame(i420, format="yuv420p")
                frame.pts = n
                n += 1
                container.mux(video.encode(frame))
                samples = self._encode_sound(container, audio, samples, n / FPS)
            if not self.stopped:
                self._encode_sound(container, audio, samples, float("inf"))
                for stream in (video, audio):
                    if stream:
                        container.mux(stream.encode(None))

    def _add_streams(self, container: OutputContainer) -> tuple[VideoStream, AudioStream | None]:
        video = container.add_stream("libx264", rate=FPS, options=self.options)
        video.width, video.height = self.size
        video.pix_fmt = "yuv420p"
        c = video.codec_context
        c.colorspace, c.color_primaries, c.color_trc, c.color_range = BT709, BT709, BT709, LIMITED_RANGE
        c.thread_count = 1
        if self.soundtrack is None:
            return video, None
        rate, layout = self.soundtrack.rate, self.soundtrack.layout
        audio = container.add_stream("aac", rate=rate, layout=layout, options=AUDIO_OPTIONS)
        audio.bit_rate = 96_000 if layout == "mono" else 160_000
        return video, audio

    def _encode_sound(
        self, container: OutputContainer, stream: AudioStream | None, samples: int, seconds: float
    ) -> int:
        """Encode sound up to a time, so that both streams are interleaved; from and to a number of samples."""
        if stream is None or self.soundtrack is None:
            return samples
        while samples < seconds * self.soundtrack.rate:
            frame = next(self.soundtrack.frames, None)
            if frame is None:
                break
            frame.pts = samples
            samples += frame.samples
            container.mux(stream.encode(frame))
        return samples


def _bgr_to_yuv() -> Array:
    """(3, 4): BT.709's Y (16 to 235), U and V (16 to 240) from B, G, R and 1."""
    luma = np.array([KB, 1 - KR - KB, KR])
    blue = (np.array([1, 0, 0]) - luma) / (2 * (1 - KB))
    red = (np.array([0, 0, 1]) - luma) / (2 * (1 - KR))
    rows = [[*luma * 219 / 255, 16], [*blue * 224 / 255, 128], [*red * 224 / 255, 128]]
    return np.array(rows, np.float32)


BGR_TO_YUV = _bgr_to_yuv()


def _convert_picture(bgra: Image, i420: Image) -> None:
    h, w = bgra.shape[:2]
    yuv = cv2.transform(cv2.cvtColor(bgra, cv2.COLOR_BGRA2BGR), BGR_TO_YUV)
    cv2.extractChannel(yuv, 0, dst=i420[:h])
    halved = cv2.resize(yuv, (w // 2, h // 2), interpolation=cv2.INTER_AREA)
    chroma = i420[h:].reshape(2, h // 2, w // 2)
    for plane in (0, 1):
        cv2.extractChannel(halved, plane + 1, dst=chroma[plane])


def _convert_mask(bgra: Image, i420: Image) -> None:
    """The fourth channel as luma in video range; the chroma stays neutral."""
    luma = i420[: bgra.shape[0]]
    cv2.extractChannel(bgra, 3, dst=luma)
    cv2.convertScaleAbs(luma, dst=luma, alpha=219 / 255, beta=16)


class Encoder:
    """Writes a video with sound, and its mask: `with Encoder(..) as encoder: encoder.write(bgra)`.

    The files appear when the block ends; after an exception, nothing is left behind.
    """

    def __init__(self, video: Path, mask: Path | None, size: tuple[int, int], soundtrack: Soundtrack) -> None:
        self.targets = [video]
        self.tracks = [_Track(video, size, VIDEO_OPTIONS, _convert_picture, soundtrack)]
        if mask:
            self.targets.append(mask)
            self.tracks.append(_Track(mask, size, MASK_OPTIONS, _convert_mask))

    def __enter__(self) -> Encoder:
        for track in self.tracks:
            track.start()
        return self

    def write(self, bgra: Image) -> None:
        """Add a frame (h, w, 4): picture and mask."""
        for track in self.tracks:
            track.put(bgra)

    def __exit__(self, kind: type | None, error: BaseException | None, trace: object) -> None:
        try:
            if kind is None:
                for track in self.tracks:
                    track.put(None)
                for track in self.tracks:
                    track.join()
                    if track.error:
                        raise track.error
                for track, target in zip(self.tracks, self.targets, strict=True):
                    track.path.replace(target)
        finally:
            for track in self.tracks:
                if track.is_alive():
                    track.stop()
                track.path.unlink(missing_ok=True)
