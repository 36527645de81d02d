"""Which phonemes are spoken when: pocketsphinx's allphone search (no words, no language but English phones).

Sounds are cut at quiet moments into pieces of some seconds, so that memory and the normalisation of the spectrum stay
local; every piece is heard at the same loudness.
"""

from __future__ import annotations

import os
from typing import NamedTuple

import numpy as np

from . import sound

SILENCES = {"SIL", "+SPN+", "+NSN+"}
PIECE = 14.0  # s, longest piece


class Phone(NamedTuple):
    """ARPAbet name (SIL for silence and noise), start and end in s."""

    name: str
    start: float
    end: float


def _decoder() -> object:
    import pocketsphinx

    model = pocketsphinx.get_model_path("en-us")
    return pocketsphinx.Decoder(
        allphone=os.path.join(model, "en-us-phone.lm.bin"),
        hmm=os.path.join(model, "en-us"),
        lw=2.0,
        beam=1e-20,
        pbeam=1e-20,
        loglevel="FATAL",
    )


def pieces(db: np.ndarray) -> list[tuple[int, int]]:
    """Cut [0, len) of a 10 ms loudness track into pieces of at most PIECE s, at the quietest places."""
    longest, out, a = int(PIECE * 100), [], 0
    smooth = np.convolve(db, np.ones(15) / 15, "same")
    while len(db) - a > longest:
        lo = a + longest // 2
        b = lo + int(smooth[lo : a + longest].argmin())
        out.append((a, b))
        a = b
    return [*out, (a, len(db))]


def recognise(x: np.ndarray, decoder: object | None = None) -> list[Phone]:
    """Phones of a mono int16 sound at 16 kHz, in order, covering all of it."""
    db = sound.loudness(x)
    _floor, top = sound.speech_level(db)
    if top < -65:  # nothing to hear
        return [Phone("SIL", 0.0, len(x) / sound.RATE)]
    decoder = decoder or _decoder()
    gain = 10 ** ((-18 - top) / 20)
    out: list[Phone] = []
    for a, b in pieces(db):
        part = np.clip(x[a * 160 : b * 160] * gain, -32768, 32767).astype(np.int16)
        out += _shifted(_hear(decoder, part), a / 100, min(b * 160, len(x)) / sound.RATE)
    return out


def _hear(decoder: object, x: np.ndarray) -> list[Phone]:
    if len(x) < 1600:
        return [Phone("SIL", 0.0, len(x) / sound.RATE)]
    decoder.start_utt()
    decoder.process_raw(x.tobytes(), full_utt=True)
    decoder.end_utt()
    heard = []
    for s in decoder.seg() or []:
        name = "SIL" if s.word in SILENCES or s.word.startswith("<") else s.word
        heard.append(Phone(name, s.start_frame / 100, (s.end_frame + 1) / 100))
    return heard or [Phone("SIL", 0.0, len(x) / sound.RATE)]


def _shifted(phones: list[Phone], by: float, end: float) -> list[Phone]:
    out = [Phone(p.name, p.start + by, min(p.end + by, end)) for p in phones]
    if out and out[-1].end < end:
        out[-1] = out[-1]._replace(end=end)
    return [p for p in out if p.end > p.start]
