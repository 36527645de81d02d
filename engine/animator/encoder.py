"""Frames in, MP4 out: one thread for picture and sound, one for the mask, short queues between.

x264 and the AAC encoder run outside of Python's lock, so they overlap with the drawing. Colours are BT.709 in video
range, and the file says so: players take what is this large for that, whether it is marked or not. OpenCV itself only
converts to BT.601, but it multiplies a picture by any matrix (0.4 ms a frame with the halving of the chroma; swscale
takes twice that).

The settings are the cheapest that keep the picture as it was drawn (a face within 42 to 46 dB). One quantiser for all,
since nothing but grain and a talking person is ever in it: no rate control, no analysis of activity, and every second
frame a B frame without asking whether that pays. The mask is flat but for its edge, so motion in whole pixels does; a
quantiser of its own keeps the edge from breathing. A thread each: more of them wait for one another on two cores.
"""

from __future__ import annotations

import contextlib
import os
import queue
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np

from .arrays import Array

FPS = 25
QUEUE = 6  # frames: memory stays flat, a slow encoder slows the drawing down
BT709, LIMITED = 1, 1  # FFmpeg's numbers
KR, KB = 0.2126, 0.0722  # the shares of red and blue in BT.709's luma
LOOK = {"preset": "superfast", "profile": "high", "qp": "19", "x264-params": "bframes=1:b-adapt=0:weightp=0"}
EDGE = {"preset": "superfast", "profile": "high", "qp": "22"}
EDGE["x264-params"] = "bframes=3:b-adapt=0:weightp=0:subme=0:partitions=none"
# twice as fast as the two-loop search, and nearer to the original at this rate: 44 dB against 26 on speech
VOICE = {"aac_coder": "fast", "aac_tns": "0", "aac_pns": "0"}


def part_name(path: Path) -> Path:
    """Where a file grows until it is whole: beside its target, so that os.replace is atomic."""
    return path.with_name(f".{path.name}.{os.getpid()}.part")


class _Track(threading.Thread):
    """A file being encoded from a queue of frames ((h, w, 4) uint8); `planes` writes one as I420 (3h/2, w)."""

    def __init__(
        self,
        path: Path,
        w: int,
        h: int,
        options: dict[str, str],
        planes: Callable[[Array, Array], None],
        sound: Iterator | None,
        rate: int,
        layout: str,
    ):
        super().__init__(daemon=True, name=f"encode {path.name}")
        self.path, self.size, self.options = part_name(path), (w, h), options
        self.planes, self.sound, self.rate, self.layout = planes, sound, rate, layout
        self.queue: queue.Queue = queue.Queue(QUEUE)
        self.error: BaseException | None = None
        self.stopped = False

    def put(self, frame: Array | None) -> None:
        """Hand over a frame, None at the end; raises what went wrong in the thread."""
        while True:
            if self.error:
                raise self.error
            try:
                self.queue.put(frame, timeout=0.5)
                return
            except queue.Full:
                continue

    def stop(self) -> None:
        """Give up: the thread ends soon, its file is of no use."""
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

        with av.open(str(self.path), "w", format="mp4", options={"movflags": "+faststart"}) as box:
            v = box.add_stream("libx264", rate=FPS, options=self.options)
            v.width, v.height = self.size
            v.pix_fmt = "yuv420p"
            c = v.codec_context
            c.colorspace, c.color_primaries, c.color_trc, c.color_range = BT709, BT709, BT709, LIMITED
            c.thread_count = 1
            a = None
            if self.sound is not None:
                a = box.add_stream("aac", rate=self.rate, layout=self.layout, options=VOICE)
                a.bit_rate = 96_000 if self.layout == "mono" else 160_000
            w, h = self.size
            i420 = np.full((h * 3 // 2, w), 128, np.uint8)  # x264 copies it, so that one is enough
            sounded = 0
            n = 0
            while not self.stopped:
                drawn = self.queue.get()
                if drawn is None:
                    break
                self.planes(drawn, i420)
                # PyAV (18) cuts heights that are not whole fours off when it borrows a buffer: those are copied.
                taken = av.VideoFrame.from_numpy_buffer if h % 4 == 0 else av.VideoFrame.from_ndarray
                frame = taken(i420, format="yuv420p")
                frame.pts = n
                n += 1
                for packet in v.encode(frame):
                    box.mux(packet)
                sounded = self._sound_until(box, a, sounded, n / FPS)
            if not self.stopped:
                self._sound_until(box, a, sounded, float("inf"))
                for stream in (v, a):
                    for packet in stream.encode(None) if stream else ():
                        box.mux(packet)

    def _sound_until(self, box: object, a: object, sounded: int, seconds: float) -> int:
        """Encode sound up to a time, so that both lie interleaved in the file."""
        while a is not None and sounded < seconds * self.rate:
            frame = next(self.sound, None)
            if frame is None:
                break
            frame.pts = sounded
            sounded += frame.samples
            for packet in a.encode(frame):
                box.mux(packet)
        return sounded


def _bgr_to_yuv() -> Array:
    """(3, 4): BT.709's Y, U, V of 16 to 235 (240) from B, G, R and 1."""
    luma = np.array([KB, 1 - KR - KB, KR])
    blue = (np.array([1, 0, 0]) - luma) / (2 * (1 - KB))
    red = (np.array([0, 0, 1]) - luma) / (2 * (1 - KR))
    return np.float32([[*luma * 219 / 255, 16], [*blue * 224 / 255, 128], [*red * 224 / 255, 128]])


BGR_TO_YUV = _bgr_to_yuv()


def _picture(bgra: Array, i420: Array) -> None:
    h, w = bgra.shape[:2]
    yuv = cv2.transform(cv2.cvtColor(bgra, cv2.COLOR_BGRA2BGR), BGR_TO_YUV)
    cv2.extractChannel(yuv, 0, dst=i420[:h])
    halved = cv2.resize(yuv, (w // 2, h // 2), interpolation=cv2.INTER_AREA)
    chroma = i420[h:].reshape(2, h // 2, w // 2)
    for plane in (0, 1):
        cv2.extractChannel(halved, plane + 1, dst=chroma[plane])


def _mask(bgra: Array, i420: Array) -> None:
    """The fourth channel as luma of the video's range; there is no colour."""
    luma = i420[: bgra.shape[0]]
    cv2.extractChannel(bgra, 3, dst=luma)
    cv2.convertScaleAbs(luma, dst=luma, alpha=219 / 255, beta=16)


class Encoder:
    """Video with sound, and mask. `with Encoder(..) as e: e.write(bgra)`; on an error nothing stays behind."""

    def __init__(
        self, video: Path, mask: Path | None, w: int, h: int, sound: Iterator, rate: int, layout: str
    ) -> None:
        self.targets = [video]
        self.tracks = [_Track(video, w, h, LOOK, _picture, sound, rate, layout)]
        if mask:
            self.targets.append(mask)
            self.tracks.append(_Track(mask, w, h, EDGE, _mask, None, 0, ""))

    def __enter__(self) -> Encoder:
        for t in self.tracks:
            t.start()
        return self

    def write(self, bgra: Array) -> None:
        """One frame (h, w, 4) uint8: picture and mask."""
        for t in self.tracks:
            t.put(bgra)

    def __exit__(self, kind: type | None, error: BaseException | None, trace: object) -> None:
        try:
            if kind is None:
                for t in self.tracks:
                    t.put(None)
                for t in self.tracks:
                    t.join()
                    if t.error:
                        raise t.error
                for t, target in zip(self.tracks, self.targets, strict=True):
                    t.path.replace(target)
        finally:
            for t in self.tracks:
                if t.is_alive():
                    t.stop()
                t.path.unlink(missing_ok=True)
