"""The WAV files that sounds.py wrote: what the editor shows of one, and a part of one as a new file."""

import base64
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from dashboard.uploads.decoder import FileRefused, loudness
from dashboard.uploads.decoder.sounds import Peaks, writer

BLOCK = 1 << 16  # frames
WINDOW = 0.01  # seconds over which the level is measured
# Silence is relative: a level closer to the noise of the recording than to its speech.
ABOVE_NOISE = 10.0  # dB
BELOW_SPEECH = (20.0, 40.0)  # dB: at least, at most
SILENCE = -60.0  # dB of full scale: never speech
MIN_WINDOWS = 3  # in a row; a click is shorter
# Kept around the speech, in seconds: words begin softly and end with reverberation.
BEFORE, AFTER = 0.15, 0.25
EMPTY = "Nothing is left between the start and the end. Choose a longer part."


def read_blocks(file: wave.Wave_read, frames: int, size: int = BLOCK) -> Iterator[loudness.Samples]:
    """The next `frames` frames as int16, interleaved."""
    while frames > 0 and (data := file.readframes(min(size, frames))):
        block = np.frombuffer(data, "<i2")
        frames -= len(block) // file.getnchannels()
        yield block


# ---------------------------------------------------------------- what the editor draws


def compute_waveform(request: dict[str, Any]) -> dict[str, Any]:
    """Peaks for drawing, and where the speech is.

    `peaks`: base64, one byte (0 to 255) for each `step` seconds; `speech`: start and end in seconds, or null.
    """
    with wave.open(request["source"]) as file:
        rate, channels, frames = file.getframerate(), file.getnchannels(), file.getnframes()
        window = max(round(rate * WINDOW), 1)
        stretch = max(round(rate / request["peaks_per_second"]), -(-frames // request["max_peaks"]), 1)
        # Whole windows and whole stretches, so that nothing is carried from block to block.
        size = window * stretch * max(BLOCK // (window * stretch), 1)
        tops, levels = [], []
        for block in read_blocks(file, frames, size):
            loud = np.abs(block.astype(np.int32)).reshape(-1, channels).max(axis=1)
            tops.append(_to_rows(loud, stretch).max(axis=1))
            levels.append((_to_rows(loud.astype(np.float32), window) ** 2).mean(axis=1))
    seconds = frames / rate
    top = np.concatenate(tops)
    drawn = (255 * top / max(top.max(), 32767 // 50)).round().astype(np.uint8)
    return {
        "step": stretch / rate,
        "peaks": base64.b64encode(drawn.tobytes()).decode(),
        "speech": find_speech(np.concatenate(levels) / 32768**2, window / rate, seconds),
    }


def _to_rows(values: np.ndarray, length: int) -> np.ndarray:
    """The values in rows of `length`; the last row is padded with silence."""
    return np.pad(values, (0, -len(values) % length)).reshape(-1, length)


def find_speech(power: np.ndarray, window: float, seconds: float) -> list[float] | None:
    """Start and end of the speech in seconds, with a margin; None for silence throughout.

    `power`: mean square of each window of `window` seconds, 1 is full scale.
    """
    level = 10 * np.log10(np.maximum(power, 1e-12))
    noise, voice = np.percentile(level, [5, 95])
    min_below, max_below = BELOW_SPEECH
    threshold = max(float(np.clip(noise + ABOVE_NOISE, voice - max_below, voice - min_below)), SILENCE)
    loud = level > threshold
    lasting = np.convolve(loud, np.ones(MIN_WINDOWS), "valid") == MIN_WINDOWS
    found = np.flatnonzero(lasting)
    if not len(found):
        return None
    start = max(found[0] * window - BEFORE, 0)
    end = min((found[-1] + MIN_WINDOWS) * window + AFTER, seconds)
    return [round(float(start), 3), round(float(end), 3)]


# ---------------------------------------------------------------- a part of it


def cut(request: dict[str, Any]) -> dict[str, Any]:
    """From `start` to `end` (seconds), sample by sample as it was; with `normalize`, at the usual loudness."""
    target = Path(request["work"]) / "voice.wav"
    with wave.open(request["source"]) as file:
        rate, channels = file.getframerate(), file.getnchannels()
        first = min(round(request["start"] * rate), file.getnframes())
        last = min(round(request["end"] * rate), file.getnframes())
        if last - first < request["min_seconds"] * rate:
            raise FileRefused(EMPTY)

        def read_part() -> Iterator[loudness.Samples]:
            file.setpos(first)
            return read_blocks(file, last - first)

        if request["normalize"]:
            loudness.normalize(read_part, rate, channels, target)
        else:
            with writer(target, rate, channels) as out:
                for block in read_part():
                    out.writeframesraw(block.tobytes())
    peaks = Peaks(rate)
    with wave.open(str(target)) as file:
        for block in read_blocks(file, file.getnframes()):
            peaks.add(block)
        return {"seconds": file.getnframes() / rate, "peaks": peaks.summarize(request["peaks"])}
