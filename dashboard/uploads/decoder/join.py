"""Several sounds, whatever their kind, as one WAV with silences between them."""

import json
from pathlib import Path
from typing import Any

import av
import numpy as np

from dashboard.uploads.decoder import FileRefused
from dashboard.uploads.decoder.sounds import CODECS, MIN_RATE, Peaks, decode_blocks, open_media, writer


def join(request: dict[str, Any]) -> dict[str, Any]:
    """Write voice.wav from the list in the source file: [path, seconds of silence after it]. Raises FileRefused.

    "starts" and "ends" of the answer are those of the parts, in seconds.
    """
    with open(request["source"], encoding="utf-8") as listing:
        parts: list[tuple[str, float]] = json.load(listing)
    rate = min(max(_read_rate(parts[0][0]), MIN_RATE), request["max_rate"])
    peaks, written, starts, ends = Peaks(rate), 0, [], []
    longest = round(request["max_seconds"] * rate)
    with writer(Path(request["work"]) / "voice.wav", rate, 1) as out:

        def write(block: np.ndarray) -> None:
            nonlocal written
            written += len(block)
            if written > longest:
                raise FileRefused(request["too_long"])
            out.writeframesraw(block.tobytes())
            peaks.add(block)

        for path, pause in parts:
            starts.append(written / rate)
            with open(path, "rb") as file, open_media(file, CODECS) as container:
                stream = container.streams.best("audio")
                if not isinstance(stream, av.AudioStream):
                    raise FileRefused(request["no_sound"])
                for block in decode_blocks(container, stream, rate, 1):
                    write(block)
            if starts[-1] == written / rate:
                raise FileRefused(request["no_sound"])
            ends.append(written / rate)
            for _ in range(round(pause * 10)):  # in tenths of a second
                write(np.zeros(rate // 10, dtype="<i2"))
    if written < request["min_seconds"] * rate:
        raise FileRefused(request["no_sound"])
    return {
        "seconds": written / rate,
        "peaks": peaks.summarize(request["peaks"]),
        "starts": starts,
        "ends": ends,
    }


def _read_rate(path: str) -> int:
    with open(path, "rb") as file, open_media(file, CODECS) as container:
        stream = container.streams.best("audio")
        return stream.codec_context.sample_rate or 0 if isinstance(stream, av.AudioStream) else 0
