"""Loudness as broadcasters measure it (EBU R128, ITU-R BS.1770), with FFmpeg's meter and limiter.

A recording is brought to one loudness by one gain, so that its own louds and softs stay as they are. Where that
would take its peaks too high a limiter holds them; what it takes away is measured and given back by more gain.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import av
import av.filter
import numpy as np

from dashboard.uploads.decoder import FileRefused
from dashboard.uploads.decoder.sounds import writer

TARGET = -16.0  # LUFS, what is usual for speech on the web
CEILING = -1.0  # dBTP
NEAR = 0.25  # LU: close enough
PASSES = 6
MOST_GAIN = 44.0  # dB; what still is not loud enough then is clicks in silence
# The limiter holds samples, not the curve between them: it works on more samples, and somewhat lower.
OVERSAMPLED = 96_000  # Hz at least
HEADROOM = 0.2  # dB
QUIETEST = -60.0  # LUFS; below is noise that nobody wants to hear louder
TOO_QUIET = "There is nothing in this part that is loud enough to be normalized."

Part = Callable[[], Iterable[np.ndarray]]  # gives the same blocks (int16, interleaved) each time


def measure(blocks: Iterable[np.ndarray], rate: int, channels: int) -> tuple[float, float]:
    """Integrated loudness (LUFS; -70 for silence) and true peak (dBTP)."""
    meter = _Meter(rate, channels)
    for block in blocks:
        meter.add(block)
    return meter.read()


def even(part: Part, rate: int, channels: int, target: Path) -> None:
    """Write the part to the WAV file `target` at the usual loudness. Raises FileRefused."""
    loudness, peak = measure(part(), rate, channels)
    if loudness < QUIETEST:
        raise FileRefused(TOO_QUIET)
    gain, limit = TARGET - loudness, CEILING - HEADROOM
    if peak + gain <= CEILING:
        with writer(target, rate, channels) as out:
            for block in part():
                out.writeframesraw(_louder(block, gain).tobytes())
        return
    for _ in range(PASSES):
        meter = _Meter(rate, channels)
        with writer(target, rate, channels) as out:
            for block in _limited(part(), rate, channels, gain, limit):
                meter.add(block)
                out.writeframesraw(block.tobytes())
        loudness, peak = meter.read()
        if peak <= CEILING and abs(loudness - TARGET) <= NEAR:
            return
        # The more it is limited, the less of a gain arrives.
        gain = min(gain + 1.25 * (TARGET - loudness), MOST_GAIN)
        limit -= max(peak - CEILING, 0)


def _louder(block: np.ndarray, gain: float) -> np.ndarray:
    return np.rint(np.clip(block * 10 ** (gain / 20), -32768, 32767)).astype("<i2")


def _limited(
    blocks: Iterable[np.ndarray], rate: int, channels: int, gain: float, limit: float
) -> Iterator[np.ndarray]:
    fine = rate * max(-(-OVERSAMPLED // rate), 2)
    chain = _Chain(
        rate,
        channels,
        ("volume", f"{gain:.3f}dB:precision=double"),
        ("aresample", f"{fine}"),
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
        self.beat = rate // 10 * channels  # it reads whole tenths of a second
        self.length = 0
        self.said: dict[str, str] = {}

    def add(self, block: np.ndarray) -> None:
        self.length += len(block)
        self._listen(block)

    def read(self) -> tuple[float, float]:
        if rest := -self.length % self.beat:
            self._listen(np.zeros(rest, np.int16))
        self._listen(None)
        peak = float(self.said.get("lavfi.r128.true_peak", 0))
        return float(self.said.get("lavfi.r128.I", -70)), 20 * math.log10(max(peak, 1e-6))

    def _listen(self, block: np.ndarray | None) -> None:
        for frame in self.chain.push(block):
            self.said.update(frame.metadata)


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

    def push(self, block: np.ndarray | None) -> Iterator[av.AudioFrame]:
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
                yield self.graph.pull()
            except (av.BlockingIOError, av.EOFError):
                return
