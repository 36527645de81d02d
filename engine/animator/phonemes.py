"""Which phonemes are spoken when: pocketsphinx's allphone search (no words and no language model but English phones).

Sounds are split at quiet moments into chunks of some seconds, so that memory and the normalisation of the spectrum stay
local; every chunk is recognised at the same loudness. Besides the best path, the scores of all phones are kept, because
the second best is often right.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from . import formants, posteriors, sound
from .arrays import Array, Samples

SILENCES = {"SIL", "+SPN+", "+NSN+"}
MAX_CHUNK_SECONDS = 14.0
SPEECH_DB = -18  # the level of loud vowels at which the model works best
INAUDIBLE_DB = -65


class Phone(NamedTuple):
    """ARPAbet name (SIL for silence and noise), start and end in s."""

    name: str
    start: float
    end: float


@dataclass
class Phones:
    """What is spoken: the best path, and every 10 ms the probability of each phone and how open a vowel sounds."""

    best: list[Phone]  # in order, without gaps
    probability: Array  # (n, 42) 0..1, columns as in posteriors.PHONES
    centroid: Array  # (n,) Hz, see formants.low_centroid
    from_script: bool = False  # aligned with known words rather than recognised


def one_hot(phones: list[Phone], n: int) -> Array:
    """(n, 42): 1 for the phone that is spoken in each frame of 10 ms."""
    out = np.zeros((n, len(posteriors.PHONES)), np.float32)
    out[:, posteriors.INDEX["SIL"]] = 1
    for p in phones:
        a, b = round(p.start * 100), round(p.end * 100)
        out[a:b] = 0
        out[a:b, posteriors.INDEX.get(p.name, posteriors.INDEX["AH"])] = 1
    return out


def _decoder(score_folder: str) -> Any:
    """A pocketsphinx.Decoder that writes the scores of each utterance into a folder."""
    import pocketsphinx

    model = pocketsphinx.get_model_path("en-us")
    return pocketsphinx.Decoder(
        allphone=os.path.join(model, "en-us-phone.lm.bin"),
        hmm=os.path.join(model, "en-us"),
        lw=2.0,
        beam=1e-20,
        pbeam=1e-20,
        senlogdir=score_folder,
        loglevel="FATAL",
    )


def decode_utterance(decoder: Any, samples: Samples) -> None:
    """Run a pocketsphinx decoder over a sound."""
    decoder.start_utt()
    decoder.process_raw(samples.tobytes(), full_utt=True)
    decoder.end_utt()


def split_at_pauses(db: Array) -> list[tuple[int, int]]:
    """Split [0, len) of a 10 ms loudness track at its quietest places into chunks of at most MAX_CHUNK_SECONDS."""
    longest, out, a = int(MAX_CHUNK_SECONDS * 100), [], 0
    smooth = np.convolve(db, np.ones(15) / 15, "same")
    while len(db) - a > longest:
        lo = a + longest // 2
        b = lo + int(smooth[lo : a + longest].argmin())
        out.append((a, b))
        a = b
    return [*out, (a, len(db))]


def recognise(samples: Samples, report: Callable[[float], None] = lambda share: None) -> Phones:
    """Recognise the phones of a mono sound at 16 kHz; `report` gets the share that is done, 0..1."""
    db = sound.loudness(samples)
    seconds = len(samples) / sound.RATE
    _floor, top = sound.speech_level(db)
    centroid = formants.low_centroid(samples)
    if top < INAUDIBLE_DB:
        best = [Phone("SIL", 0.0, seconds)]
        return Phones(best, one_hot(best, len(db)), centroid)
    gain = 10 ** ((SPEECH_DB - top) / 20)
    best, probabilities = [], []
    with tempfile.TemporaryDirectory() as folder:
        decoder = _decoder(folder)
        for a, b in split_at_pauses(db):
            chunk = np.clip(samples[a * 160 : b * 160] * gain, -32768, 32767).astype(np.int16)
            phones, scores = _recognise_chunk(decoder, chunk, Path(folder))
            phones = _shift(phones, a / 100, min(b * 160, len(samples)) / sound.RATE)
            best += phones
            probabilities.append(_mix(phones, scores, a, b))
            report(b / len(db))
    return Phones(best, np.concatenate(probabilities), centroid)


def _recognise_chunk(
    decoder: Any, samples: Samples, score_folder: Path
) -> tuple[list[Phone], npt.NDArray[np.int16]]:
    """The phones of a chunk, and the scores of all phones, see posteriors.read_scores."""
    silence = [Phone("SIL", 0.0, len(samples) / sound.RATE)]
    if len(samples) < 1600:
        return silence, posteriors.NO_SCORES
    decode_utterance(decoder, samples)
    phones = []
    for s in decoder.seg() or []:
        name = "SIL" if s.word in SILENCES or s.word.startswith("<") else s.word
        phones.append(Phone(name, s.start_frame / 100, (s.end_frame + 1) / 100))
    log = next(score_folder.iterdir())
    scores = posteriors.read_scores(log)
    log.unlink()
    return phones or silence, scores


def _mix(phones: list[Phone], scores: npt.NDArray[np.int16], a: int, b: int) -> Array:
    """(b - a, 42): the mean of best path and posteriors. Sharper than the posteriors, seldom as wrong as the path."""
    mixed = one_hot([p._replace(start=p.start - a / 100, end=p.end - a / 100) for p in phones], b - a)
    n = min(len(scores), b - a)
    mixed[:n] = 0.5 * mixed[:n] + 0.5 * posteriors.compute_posteriors(scores[:n])
    return mixed


def _shift(phones: list[Phone], by: float, end: float) -> list[Phone]:
    """Phones moved by `by` s; the last one lasts until `end`."""
    out = [Phone(p.name, p.start + by, min(p.end + by, end)) for p in phones]
    if out and out[-1].end < end:
        out[-1] = out[-1]._replace(end=end)
    return [p for p in out if p.end > p.start]
