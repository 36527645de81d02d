"""From phones to the mouth: targets of every phone, blended by dominance (Cohen & Massaro 1993).

Each phone pulls the lips towards its targets; its pull grows before it and fades after it. The mouth's curve is the
average of the targets, weighted by the pulls: coarticulation without rules for pairs. A phone that is only likely pulls
by as much as it is likely; how far a vowel opens is heard from the sound as well.
The jaw and the lips are later moved on two axes (JALI, Edwards et al. 2016). Tracks here run at 100 Hz.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import sound
from .arrays import Array
from .formants import openness
from .phonemes import Phone, Phones
from .posteriors import PHONES

STEP = 0.01  # s
BILABIAL = frozenset(["P", "B", "M"])
LABIODENTAL = frozenset(["F", "V"])
VOWELS = frozenset(["AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW"])

# Lip opening in IOD (mean over the lips' width), its dominance, width -1 (round) .. 1 (spread).
# Rounding nearly shuts the lips (w, uw), the lower lip meets the teeth at f and v. One table by hand, after Jeffers
# & Barley's viseme classes; tables fitted to clips did not carry over to others.
TABLE: dict[str, tuple[float, float, float]] = {
    "SIL": (0.00, 1.2, 0.0),
    "AA": (0.22, 1.0, 0.0), "AE": (0.20, 1.0, 0.4), "AH": (0.15, 0.7, 0.1), "AO": (0.19, 1.0, -0.5),
    "AW": (0.21, 1.0, -0.1), "AY": (0.21, 1.0, 0.3), "EH": (0.17, 0.9, 0.4), "ER": (0.11, 0.8, -0.4),
    "EY": (0.15, 0.9, 0.6), "IH": (0.12, 0.7, 0.4), "IY": (0.10, 0.9, 0.8), "OW": (0.11, 1.0, -0.8),
    "OY": (0.16, 1.0, -0.6), "UH": (0.10, 0.8, -0.6), "UW": (0.04, 1.8, -1.0),
    "P": (0.00, 3.0, 0.0), "B": (0.00, 3.0, 0.0), "M": (0.00, 3.0, 0.0),
    "F": (0.01, 2.2, 0.1), "V": (0.01, 2.2, 0.1),
    "W": (0.005, 3.0, -1.0), "R": (0.04, 1.6, -0.5), "L": (0.12, 0.6, 0.1), "Y": (0.08, 0.8, 0.6),
    "TH": (0.08, 0.8, 0.1), "DH": (0.09, 0.6, 0.1), "S": (0.08, 1.2, 0.5), "Z": (0.08, 1.2, 0.4),
    "SH": (0.07, 1.2, -0.5), "ZH": (0.07, 1.2, -0.5), "CH": (0.07, 1.2, -0.4), "JH": (0.07, 1.2, -0.4),
    "T": (0.08, 0.6, 0.2), "D": (0.08, 0.5, 0.2), "N": (0.09, 0.5, 0.2),
    "K": (0.11, 0.4, 0.1), "G": (0.11, 0.4, 0.1), "NG": (0.11, 0.4, 0.1), "HH": (0.13, 0.3, 0.0),
}  # fmt: skip

LEAD, TRAIL = 0.022, 0.024  # s in which a phone's pull falls to 1/e before and after it
LOUD = 0.5  # share of a sound's opening that depends on how loud it is
HEARD = 0.5  # share of a vowel's opening that is heard from its first formant
VOWEL, VOWEL_SPREAD = 0.145, 0.08  # IOD: opening at the speaker's mean formant, and for each deviation more
DIP, DIP_FROM = 0.6, 0.6  # a dip of loudness below DIP_FROM of its surroundings closes the lips by up to DIP
HUSH = (0.05, 0.30)  # s: a silence this short inside speech is a closure that was not told apart
SURE = 0.25  # a closure this likely is shown
BREATH, INHALE, PAUSE = 0.06, 0.4, 0.3  # IOD, s, s: lips that breathe in; how long; in pauses how long


@dataclass
class Mouth:
    """Tracks (n,) at 100 Hz. aperture in IOD, width -1..1, tuck (lower lip to the teeth) 0..1."""

    aperture: Array
    width: Array
    tuck: Array
    closures: list[tuple[float, float]]  # start, end in s: the lips meet
    touches: list[tuple[float, float]]  # the lower lip meets the teeth: no gap either, but nothing is pressed
    active: Array  # 0..1 speech is going on


def level(db: Array) -> Array:
    """Loudness track in dB -> 0 (background) .. 1 (the loud vowels of this sound)."""
    floor, top = sound.speech_level(db)
    low = max(top - 32, floor)
    return np.clip((db - low) / max(top - low, 6.0), 0, 1.15)


def smooth(x: Array, sigma: float) -> Array:
    """Gaussian along a track; sigma in samples."""
    if sigma <= 0 or len(x) < 2:
        return x
    r = max(1, int(3 * sigma + 0.5))
    k = np.exp(-0.5 * (np.arange(-r, r + 1) / sigma) ** 2)
    return np.convolve(np.pad(x, r, mode="edge"), k / k.sum(), "valid")


def _column(i: int) -> Array:
    """(42,): a column of the table, in the order of posteriors.PHONES; noises are silence."""
    return np.array([TABLE.get(phone, TABLE["SIL"])[i] for phone in PHONES])


OPENING, DOMINANCE, WIDTH = (_column(i) for i in range(3))
IS_VOWEL, IS_BILABIAL, IS_LABIODENTAL = (np.isin(PHONES, list(c)) for c in (VOWELS, BILABIAL, LABIODENTAL))
IS_SILENT = ~np.isin(PHONES, [phone for phone in TABLE if phone != "SIL"])
FIXED = IS_BILABIAL | IS_SILENT  # what is not more open when it is louder
ROUND = 1 - np.minimum(WIDTH, 0)  # dominance of a width: rounding reaches further


def blend(target: Array, pull: Array) -> Array:
    """Dominance-weighted mean of targets over their neighbourhood; both (n,) at 100 Hz."""
    reach = round(8 * max(LEAD, TRAIL) / STEP)
    t = np.arange(-reach, reach + 1) * STEP  # after the phone
    window = np.exp(np.where(t < 0, t / LEAD, -t / TRAIL))

    def spread(x: Array) -> Array:
        return np.convolve(np.pad(x, reach, mode="edge"), window, "valid")

    return spread(target * pull) / spread(pull)


def _silences(phones: list[Phone]) -> list[tuple[float, float]]:
    """Start and end in s; neighbours are one."""
    out: list[tuple[float, float]] = []
    for p in phones:
        if p.name == "SIL":
            if out and p.start - out[-1][1] < 0.001:
                out[-1] = (out[-1][0], p.end)
            else:
                out.append((p.start, p.end))
    return out


def _breaths(silences: list[tuple[float, float]], n: int) -> Array:
    """(n,) at 100 Hz: 1 where somebody opens the mouth to breathe in before speaking.

    The lips part some tenths of a second before the first sound (Scobbie et al. 2011; Rasskazova et al. 2019).
    """
    out = np.zeros(n)
    for start, end in silences:
        if end - start >= PAUSE and end < n * STEP - 0.05:
            settled = start + (0.15 if start > 0.05 else 0.1)
            out[int(max(settled, end - INHALE) / STEP) : int(end / STEP)] = 1
    return out


def _hushes(silences: list[tuple[float, float]], n: int) -> list[tuple[float, float]]:
    """Silences inside speech that are closures which were not told apart."""
    return [(a, b) for a, b in silences if a > 0.05 and b < n * STEP - 0.05 and HUSH[0] <= b - a <= HUSH[1]]


def _spans(true: Array) -> list[tuple[float, float]]:
    """Start and end in s of the runs of True in a track at 100 Hz, at least 20 ms long."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], true.astype(np.int8), [0]])))
    return [(a * STEP, b * STEP) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a >= 2]


def _dips(loud: Array) -> Array:
    """0..1: how far a 10 ms loudness track lies below the loudest of the .4 s around it."""
    around = np.pad(loud, 20, mode="edge")
    top = np.lib.stride_tricks.sliding_window_view(around, 41).max(1)
    return 1 - np.clip(loud / np.maximum(top, 0.15) / DIP_FROM, 0, 1)


def _opening(phones: Phones, loud: Array, breath: Array) -> Array:
    """The lips' opening in IOD (n,) at 100 Hz."""
    likely = phones.likely
    vowel = likely[:, IS_VOWEL].sum(1)
    z = smooth(openness(phones.first_formant, vowel * loud), 1.5)
    around = np.lib.stride_tricks.sliding_window_view(np.pad(loud, 4, mode="edge"), 9).max(1)
    louder = 1 - LOUD + LOUD * 1.35 * around
    by_ear = likely @ (DOMINANCE * IS_VOWEL) * np.maximum(VOWEL + VOWEL_SPREAD * z, 0.03)
    by_name = likely @ (OPENING * DOMINANCE * np.where(IS_VOWEL, 1 - HEARD, ~FIXED))
    still = likely @ (DOMINANCE * IS_SILENT) * BREATH * breath
    pull = likely @ DOMINANCE
    return blend(((by_name + HEARD * by_ear) * louder + still) / pull, pull)


def tracks(phones: Phones, db: Array) -> Mouth:
    """The mouth's curves of phones and the sound's 10 ms loudness track."""
    n = len(db)
    silences = _silences(phones.best)
    breath = _breaths(silences, n)
    aperture = _opening(phones, level(smooth(db, 3)), breath)
    aperture *= 1 - DIP * smooth(_dips(level(smooth(db, 1))), 1.5) * (1 - smooth(breath, 3))
    bilabial, labiodental = phones.likely[:, IS_BILABIAL].sum(1), phones.likely[:, IS_LABIODENTAL].sum(1)
    closures = _spans(smooth(bilabial, 0.8) > SURE)
    if not phones.known:
        closures += _hushes(silences, n)
    pull = phones.likely @ ROUND
    return Mouth(
        smooth(aperture, 1.5),
        smooth(blend(phones.likely @ (WIDTH * ROUND) / pull, pull), 3),
        smooth(labiodental, 2.5),
        closures,
        _spans(smooth(labiodental, 0.8) > SURE),
        smooth(1 - phones.likely[:, IS_SILENT].sum(1), 8),
    )
