"""The WAV files that we wrote ourselves: what an editor has to see of one, and a part of one as a new file."""

import base64
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from dashboard.uploads.decoder import FileRefused, loudness
from dashboard.uploads.decoder.sounds import Peaks, writer

BLOCK = 1 << 16  # frames
WINDOW = 0.01  # seconds over which it is decided whether somebody speaks
# A recording is quiet where it is closer to its own noise than to its own speech.
ABOVE_NOISE = 10.0  # dB
BELOW_SPEECH = (20.0, 40.0)  # dB: at least, at most
SILENCE = -60.0  # dB of full scale: never speech
FEWEST = 3  # windows in a row; a click is shorter
# What is left around the speech: a word begins softly and ends in the room.
BEFORE, AFTER = 0.15, 0.25
EMPTY = "Nothing is left between the start and the end. Choose a longer part."


def blocks(file: wave.Wave_read, frames: int, size: int = BLOCK) -> Iterator[np.ndarray]:
    """The next `frames` frames as int16, interleaved."""
    while frames > 0 and (data := file.readframes(min(size, frames))):
        block = np.frombuffer(data, "<i2")
        frames -= len(block) // file.getnchannels()
        yield block


# ---------------------------------------------------------------- what the editor draws


def shape(request: dict[str, Any]) -> dict[str, Any]:
    """Fine peaks, and where the speech is.

    `peaks`: base64, one byte (0 to 255) for each `step` seconds; `speech`: start and end in seconds, or null.
    """
    with wave.open(request["source"]) as file:
        rate, channels, frames = file.getframerate(), file.getnchannels(), file.getnframes()
        window = max(round(rate * WINDOW), 1)
        stretch = max(round(rate / request["per_second"]), -(-frames // request["most"]), 1)
        # Whole windows and whole stretches, so that nothing is carried from block to block.
        size = window * stretch * max(BLOCK // (window * stretch), 1)
        tops, levels = [], []
        for block in blocks(file, frames, size):
            loud = np.abs(block.astype(np.int32)).reshape(-1, channels).max(axis=1)
            tops.append(_each(loud, stretch).max(axis=1))
            levels.append((_each(loud.astype(np.float32), window) ** 2).mean(axis=1))
    seconds = frames / rate
    top = np.concatenate(tops)
    drawn = (255 * top / max(top.max(), 32767 // 50)).round().astype(np.uint8)
    return {
        "step": stretch / rate,
        "peaks": base64.b64encode(drawn.tobytes()).decode(),
        "speech": speech(np.concatenate(levels) / 32768**2, window / rate, seconds),
    }


def _each(values: np.ndarray, length: int) -> np.ndarray:
    """In rows of `length`; the last one is filled up with silence."""
    return np.pad(values, (0, -len(values) % length)).reshape(-1, length)


def speech(power: np.ndarray, window: float, seconds: float) -> list[float] | None:
    """From a moment before the first sound worth keeping to a moment after the last, in seconds.

    `power`: mean square of each window, 1 is full scale. None: it is silent throughout.
    """
    level = 10 * np.log10(np.maximum(power, 1e-12))
    noise, voice = np.percentile(level, [5, 95])
    least, most = BELOW_SPEECH
    threshold = max(float(np.clip(noise + ABOVE_NOISE, voice - most, voice - least)), SILENCE)
    loud = level > threshold
    lasting = np.convolve(loud, np.ones(FEWEST), "valid") == FEWEST
    found = np.flatnonzero(lasting)
    if not len(found):
        return None
    start = max(found[0] * window - BEFORE, 0)
    end = min((found[-1] + FEWEST) * window + AFTER, seconds)
    return [round(float(start), 3), round(float(end), 3)]


# ---------------------------------------------------------------- a part of it


def cut(request: dict[str, Any]) -> dict[str, Any]:
    """From `start` to `end` (seconds), sample by sample as it was; with `even`, at the usual loudness."""
    target = Path(request["work"]) / "voice.wav"
    with wave.open(request["source"]) as file:
        rate, channels = file.getframerate(), file.getnchannels()
        first = min(round(request["start"] * rate), file.getnframes())
        last = min(round(request["end"] * rate), file.getnframes())
        if last - first < request["min_seconds"] * rate:
            raise FileRefused(EMPTY)

        def part() -> Iterator[np.ndarray]:
            file.setpos(first)
            return blocks(file, last - first)

        if request["even"]:
            loudness.even(part, rate, channels, target)
        else:
            with writer(target, rate, channels) as out:
                for block in part():
                    out.writeframesraw(block.tobytes())
    peaks = Peaks(rate)
    with wave.open(str(target)) as file:
        for block in blocks(file, file.getnframes()):
            peaks.add(block)
        return {"seconds": file.getnframes() / rate, "peaks": peaks.take(request["peaks"])}
