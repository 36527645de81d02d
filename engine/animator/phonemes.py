"""Which phonemes are spoken when: pocketsphinx's allphone search (no words, no language but English phones).

Sounds are cut at quiet moments into pieces of some seconds, so that memory and the normalisation of the spectrum stay
local; every piece is heard at the same loudness. Besides the best path, the scores of all phones are kept: the second
best is often right.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from . import formants, posteriors, sound
from .arrays import Array

SILENCES = {"SIL", "+SPN+", "+NSN+"}
PIECE = 14.0  # s, longest piece


class Phone(NamedTuple):
    """ARPAbet name (SIL for silence and noise), start and end in s."""

    name: str
    start: float
    end: float


@dataclass
class Phones:
    """What is spoken: the best guess, and every 10 ms how likely each phone is and how open a vowel sounds."""

    best: list[Phone]  # in order, without gaps
    likely: Array  # (n, 42) 0..1, columns as posteriors.PHONES
    first_formant: Array  # (n,) Hz, see formants.centre
    known: bool = False  # from the words, not by ear


def certain(phones: list[Phone], n: int) -> Array:
    """(n, 42): 1 for the phone that is spoken."""
    out = np.zeros((n, len(posteriors.PHONES)), np.float32)
    out[:, posteriors.INDEX["SIL"]] = 1
    for p in phones:
        a, b = round(p.start * 100), round(p.end * 100)
        out[a:b] = 0
        out[a:b, posteriors.INDEX.get(p.name, posteriors.INDEX["AH"])] = 1
    return out


def _decoder(scores: str) -> object:
    """Writes the scores of each utterance into the folder `scores`."""
    import pocketsphinx

    model = pocketsphinx.get_model_path("en-us")
    return pocketsphinx.Decoder(
        allphone=os.path.join(model, "en-us-phone.lm.bin"),
        hmm=os.path.join(model, "en-us"),
        lw=2.0,
        beam=1e-20,
        pbeam=1e-20,
        senlogdir=scores,
        loglevel="FATAL",
    )


def pieces(db: Array) -> list[tuple[int, int]]:
    """Cut [0, len) of a 10 ms loudness track into pieces of at most PIECE s, at the quietest places."""
    longest, out, a = int(PIECE * 100), [], 0
    smooth = np.convolve(db, np.ones(15) / 15, "same")
    while len(db) - a > longest:
        lo = a + longest // 2
        b = lo + int(smooth[lo : a + longest].argmin())
        out.append((a, b))
        a = b
    return [*out, (a, len(db))]


def recognise(x: Array, tell: Callable[[float], None] = lambda share: None) -> Phones:
    """What is spoken in a mono int16 sound at 16 kHz; `tell` gets the share that was listened to."""
    db = sound.loudness(x)
    seconds = len(x) / sound.RATE
    _floor, top = sound.speech_level(db)
    hz = formants.centre(x)
    if top < -65:  # nothing to hear
        best = [Phone("SIL", 0.0, seconds)]
        return Phones(best, certain(best, len(db)), hz)
    gain = 10 ** ((-18 - top) / 20)
    best, likely = [], []
    with tempfile.TemporaryDirectory() as folder:
        decoder = _decoder(folder)
        for a, b in pieces(db):
            part = np.clip(x[a * 160 : b * 160] * gain, -32768, 32767).astype(np.int16)
            heard, scores = _hear(decoder, part, Path(folder))
            heard = _shifted(heard, a / 100, min(b * 160, len(x)) / sound.RATE)
            best += heard
            likely.append(_mean(heard, scores, a, b))
            tell(b / len(db))
    return Phones(best, np.concatenate(likely), hz)


def _hear(decoder: object, x: Array, folder: Path) -> tuple[list[Phone], Array]:
    """Phones of a piece, and the scores of all phones, see posteriors.read_scores."""
    if len(x) < 1600:
        return [Phone("SIL", 0.0, len(x) / sound.RATE)], posteriors.NOTHING
    decoder.start_utt()
    decoder.process_raw(x.tobytes(), full_utt=True)
    decoder.end_utt()
    heard = []
    for s in decoder.seg() or []:
        name = "SIL" if s.word in SILENCES or s.word.startswith("<") else s.word
        heard.append(Phone(name, s.start_frame / 100, (s.end_frame + 1) / 100))
    log = next(folder.iterdir())
    scores = posteriors.read_scores(log)
    log.unlink()
    return heard or [Phone("SIL", 0.0, len(x) / sound.RATE)], scores


def _mean(heard: list[Phone], scores: Array, a: int, b: int) -> Array:
    """(b - a, 42): half the best path, half the posteriors: sharper than these, less often quite wrong than that."""
    best = certain([p._replace(start=p.start - a / 100, end=p.end - a / 100) for p in heard], b - a)
    n = min(len(scores), b - a)
    best[:n] = 0.5 * best[:n] + 0.5 * posteriors.compute_posteriors(scores[:n])
    return best


def _shifted(phones: list[Phone], by: float, end: float) -> list[Phone]:
    out = [Phone(p.name, p.start + by, min(p.end + by, end)) for p in phones]
    if out and out[-1].end < end:
        out[-1] = out[-1]._replace(end=end)
    return [p for p in out if p.end > p.start]
