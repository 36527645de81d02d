"""Loudness as broadcasters measure it (EBU R128, ITU-R BS.1770), with FFmpeg's meter and limiter.

A recording gets one gain throughout, so that its dynamics stay as they are. Where that would raise its peaks too high,
a limiter holds them down; the loudness lost by limiting is measured, and compensated by more gain.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import cast

import av
import av.filter
import numpy as np
import numpy.typing as npt

from dashboard.uploads.decoder import FileRefused
from dashboard.uploads.decoder.sounds import writer

TARGET = -16.0  # LUFS, what is usual for speech on the web
CEILING = -1.0  # dBTP
TOLERANCE = 0.25  # LU
PASSES = 6
MAX_GAIN = 44.0  # dB; a recording that needs more is silence with clicks
# The limiter looks at samples, not at the curve between them: so it gets more samples, and a lower limit.
MIN_LIMITER_RATE = 96_000  # Hz
HEADROOM = 0.2  # dB
MIN_LOUDNESS = -60.0  # LUFS; anything quieter is noise
TOO_QUIET = "This part is too quiet to be normalized."

Samples = npt.NDArray[np.int16]  # interleaved
ReadPart = Callable[[], Iterable[Samples]]  # gives the same blocks each time


def measure(blocks: Iterable[Samples], rate: int, channels: int) -> tuple[float, float]:
    """Integrated loudness (LUFS; -70 for silence) and true peak (dBTP)."""
    meter = _Meter(rate, channels)
    for block in blocks:
        meter.add(block)
    return meter.read()


def normalize(read: ReadPart, rate: int, channels: int, target: Path) -> None:
    """Write what `read` gives to the WAV file `target` at TARGET loudness. Raises FileRefused."""
    loudness, peak = measure(read(), rate, channels)
    if loudness < MIN_LOUDNESS:
        raise FileRefused(TOO_QUIET)
    gain, limit = TARGET - loudness, CEILING - HEADROOM
    if peak + gain <= CEILING:
        with writer(target, rate, channels) as out:
            for block in read():
                out.writeframesraw(_apply_gain(block, gain).tobytes())
        return
    for _ in range(PASSES):
        meter = _Meter(rate, channels)
        with writer(target, rate, channels) as out:
            for block in _apply_limiter(read(), rate, channels, gain, limit):
                meter.add(block)
                out.writeframesraw(block.tobytes())
        loudness, peak = meter.read()
        if peak <= CEILING and abs(loudness - TARGET) <= TOLERANCE:
            return
        # The more the limiter works, the smaller the effect of the gain.
        gain = min(gain + 1.25 * (TARGET - loudness), MAX_GAIN)
        limit -= max(peak - CEILING, 0)


def _apply_gain(block: Samples, gain: float) -> Samples:
    return np.rint(np.clip(block * 10 ** (gain / 20), -32768, 32767)).astype("<i2")


def _apply_limiter(
    blocks: Iterable[Samples], rate: int, channels: int, gain: float, limit: float
) -> Iterator[Samples]:
    limiter_rate = rate * max(-(-MIN_LIMITER_RATE // rate), 2)
    chain = _Chain(
        rate,
        channels,
        ("volume", f"{gain:.3f}dB:precision=double"),
        ("aresample", f"{limiter_rate}"),
        ("alimiter", f"limit={10 ** (limit / 20):.6f}:attack=5:release=50:level=0:latency=1"),
        ("aresample", f"{rate}"),
        ("aformat", "sample_fmts=s16"),
    )
    for block in blocks:
        for frame in chain.push(block):
            yield frame.to_ndarray().reshape(-1).astype("<i2")
    for frame in chain.push(None):
        yield frame.to_ndarray().reshape(-1).astype("<i2")


class _Meter:
    def __init__(self, rate: int, channels: int) -> None:
        self.chain = _Chain(rate, channels, ("ebur128", "metadata=1:peak=true"))
        self.step = rate // 10 * channels  # FFmpeg's meter reads tenths of a second
        self.length = 0
        self.metadata: dict[str, str] = {}

    def add(self, block: Samples) -> None:
        self.length += len(block)
        self._push(block)

    def read(self) -> tuple[float, float]:
        if rest := -self.length % self.step:
            self._push(np.zeros(rest, np.int16))
        self._push(None)
        peak = float(self.metadata.get("lavfi.r128.true_peak", 0))
        return float(self.metadata.get("lavfi.r128.I", -70)), 20 * math.log10(max(peak, 1e-6))

    def _push(self, block: Samples | None) -> None:
        for frame in self.chain.push(block):
            self.metadata.update(frame.metadata)


class _Chain:
    """FFmpeg filters one after the other, for 16-bit sound."""

    def __init__(self, rate: int, channels: int, *filters: tuple[str, str]) -> None:
        self.rate, self.channels, self.at = rate, channels, 0
        self.layout = "mono" if channels == 1 else "stereo"
        self.graph = av.filter.Graph()
        last = self.graph.add_abuffer(sample_rate=rate, format="s16", layout=self.layout)
        for name, options in (*filters, ("abuffersink", None)):
            step = self.graph.add(name, options) if options else self.graph.add(name)
            last.link_to(step)
            last = step
        self.graph.configure()

    def push(self, block: Samples | None) -> Iterator[av.AudioFrame]:
        """What comes out after this block; None: there are no more."""
        frame = None
        if block is not None:
            samples = np.ascontiguousarray(block).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(samples, format="s16", layout=self.layout)
            frame.sample_rate, frame.pts = self.rate, self.at
            self.at += len(block) // self.channels
        self.graph.push(frame)
        while True:
            try:
                yield cast("av.AudioFrame", self.graph.pull())  # the graph has no pictures
            except (av.BlockingIOError, av.EOFError):
                return
