"""From phones to mouth curves: per-phone targets, blended by dominance (Cohen and Massaro 1993).

Every phone has targets for the lips and a dominance that rises before it and falls after it. A curve is the average of
the targets, weighted by the dominances: coarticulation without rules for pairs of phones. An uncertain phone is weighted
by its probability; how far a vowel opens is also measured from the sound. The jaw and the lips are separated later, on
two axes (JALI, Edwards et al. 2016). Tracks are sampled at 100 Hz.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import sound
from .arrays import Array, Flags, runs
from .formants import openness
from .phonemes import Phone, Phones
from .posteriors import PHONES

Span = tuple[float, float]  # start and end in s

STEP = 0.01  # s
BILABIAL = frozenset(["P", "B", "M"])
LABIODENTAL = frozenset(["F", "V"])
VOWELS = frozenset(["AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW"])

# Lip opening in IOD (mean over the width of the lips), its dominance, width -1 (round) .. 1 (spread).
# Rounding nearly closes the lips (w, uw); at f and v the lower lip touches the teeth. Made by hand after the viseme
# classes of Jeffers and Barley; tables fitted to some clips did not work for others.
TARGETS: dict[str, tuple[float, float, float]] = {
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

LEAD, TRAIL = 0.022, 0.024  # s in which a phone's dominance falls to 1/e before and after it
LOUDNESS_SHARE = 0.5  # of an opening depends on the loudness
FORMANT_SHARE = 0.5  # of a vowel's opening depends on the first formant
VOWEL, VOWEL_SPREAD = 0.145, 0.08  # IOD: opening at the speaker's mean formant, and per standard deviation
DIP, DIP_FROM = 0.6, 0.6  # loudness below DIP_FROM of its surroundings closes the lips by up to DIP
UNRECOGNISED_CLOSURE = (0.05, 0.30)  # s: a silence of this length inside speech is taken for a closure
MIN_PROBABILITY = 0.25  # of a closure that is shown
BREATH = 0.06  # IOD: opening of the lips while breathing in
INHALE_SECONDS = 0.4
MIN_PAUSE_SECONDS = 0.3  # a shorter pause has no breath


@dataclass
class Mouth:
    """The curves of the mouth: tracks (n,) at 100 Hz. aperture in IOD, width -1..1, tuck (lower lip to teeth) 0..1."""

    aperture: Array
    width: Array
    tuck: Array
    closures: list[Span]  # the lips touch
    labiodentals: list[Span]  # the lower lip touches the teeth: no gap either, but no pressure
    active: Array  # 0..1, speech


def level(db: Array) -> Array:
    """A loudness track in dB, scaled to 0 (background) .. 1 (the loud vowels of this sound)."""
    floor, top = sound.speech_level(db)
    low = max(top - 32, floor)
    return np.clip((db - low) / max(top - low, 6.0), 0, 1.15)


def smooth(x: Array, sigma: float) -> Array:
    """A track (n,) filtered by a Gaussian; sigma in samples."""
    if sigma <= 0 or len(x) < 2:
        return x
    r = max(1, int(3 * sigma + 0.5))
    k = np.exp(-0.5 * (np.arange(-r, r + 1) / sigma) ** 2)
    return np.convolve(np.pad(x, r, mode="edge"), k / k.sum(), "valid")


def _column(i: int) -> Array:
    """(42,): a column of TARGETS in the order of posteriors.PHONES; noises count as silence."""
    return np.array([TARGETS.get(phone, TARGETS["SIL"])[i] for phone in PHONES])


OPENING, DOMINANCE, WIDTH = (_column(i) for i in range(3))
IS_VOWEL, IS_BILABIAL, IS_LABIODENTAL = (np.isin(PHONES, list(c)) for c in (VOWELS, BILABIAL, LABIODENTAL))
IS_SILENT = ~np.isin(PHONES, [phone for phone in TARGETS if phone != "SIL"])
LOUDNESS_INDEPENDENT = IS_BILABIAL | IS_SILENT
WIDTH_DOMINANCE = 1 - np.minimum(WIDTH, 0)  # rounding spreads further


def blend(target: Array, dominance: Array) -> Array:
    """The dominance-weighted mean of targets over their neighbourhood; both (n,) at 100 Hz."""
    reach = round(8 * max(LEAD, TRAIL) / STEP)
    t = np.arange(-reach, reach + 1) * STEP  # time after the phone
    window = np.exp(np.where(t < 0, t / LEAD, -t / TRAIL))

    def spread(x: Array) -> Array:
        return np.convolve(np.pad(x, reach, mode="edge"), window, "valid")

    return spread(target * dominance) / spread(dominance)


def _silences(phones: list[Phone]) -> list[Span]:
    """The silences; adjacent ones are merged."""
    out: list[Span] = []
    for p in phones:
        if p.name == "SIL":
            if out and p.start - out[-1][1] < 0.001:
                out[-1] = (out[-1][0], p.end)
            else:
                out.append((p.start, p.end))
    return out


def _breaths(silences: list[Span], n: int) -> Array:
    """(n,) at 100 Hz: 1 where the mouth opens to breathe in before speech.

    The lips part some tenths of a second before the first sound (Scobbie et al. 2011; Rasskazova et al. 2019).
    """
    out = np.zeros(n)
    for start, end in silences:
        if end - start >= MIN_PAUSE_SECONDS and end < n * STEP - 0.05:
            settled = start + (0.15 if start > 0.05 else 0.1)
            out[int(max(settled, end - INHALE_SECONDS) / STEP) : int(end / STEP)] = 1
    return out


def _unrecognised_closures(silences: list[Span], n: int) -> list[Span]:
    """Short silences inside speech: closures that the recogniser missed."""
    shortest, longest = UNRECOGNISED_CLOSURE
    return [(a, b) for a, b in silences if a > 0.05 and b < n * STEP - 0.05 and shortest <= b - a <= longest]


def _spans(flags: Flags) -> list[Span]:
    """The runs of True in a track at 100 Hz that are at least 20 ms long."""
    return [(a * STEP, b * STEP) for a, b in runs(flags) if b - a >= 2]


def _dips(loud: Array) -> Array:
    """(n,) 0..1: how far a loudness track at 100 Hz lies below the maximum of the surrounding .4 s."""
    around = np.pad(loud, 20, mode="edge")
    top = np.lib.stride_tricks.sliding_window_view(around, 41).max(1)
    return 1 - np.clip(loud / np.maximum(top, 0.15) / DIP_FROM, 0, 1)


def _opening(phones: Phones, loud: Array, breath: Array) -> Array:
    """The opening of the lips in IOD (n,) at 100 Hz."""
    probability = phones.probability
    vowel = probability[:, IS_VOWEL].sum(1)
    z = smooth(openness(phones.centroid, vowel * loud), 1.5)
    peak = np.lib.stride_tricks.sliding_window_view(np.pad(loud, 4, mode="edge"), 9).max(1)
    gain = 1 - LOUDNESS_SHARE + LOUDNESS_SHARE * 1.35 * peak
    from_formant = probability @ (DOMINANCE * IS_VOWEL) * np.maximum(VOWEL + VOWEL_SPREAD * z, 0.03)
    from_targets = probability @ (
        OPENING * DOMINANCE * np.where(IS_VOWEL, 1 - FORMANT_SHARE, ~LOUDNESS_INDEPENDENT)
    )
    breathing = probability @ (DOMINANCE * IS_SILENT) * BREATH * breath
    dominance = probability @ DOMINANCE
    target = ((from_targets + FORMANT_SHARE * from_formant) * gain + breathing) / dominance
    return blend(target, dominance)


def mouth_curves(phones: Phones, db: Array) -> Mouth:
    """The curves of the mouth for phones and the loudness track of the sound, in dB at 100 Hz."""
    n = len(db)
    silences = _silences(phones.best)
    breath = _breaths(silences, n)
    aperture = _opening(phones, level(smooth(db, 3)), breath)
    aperture *= 1 - DIP * smooth(_dips(level(smooth(db, 1))), 1.5) * (1 - smooth(breath, 3))
    bilabial, labiodental = (
        phones.probability[:, IS_BILABIAL].sum(1),
        phones.probability[:, IS_LABIODENTAL].sum(1),
    )
    closures = _spans(smooth(bilabial, 0.8) > MIN_PROBABILITY)
    if not phones.from_script:
        closures += _unrecognised_closures(silences, n)
    width_dominance = phones.probability @ WIDTH_DOMINANCE
    width_target = phones.probability @ (WIDTH * WIDTH_DOMINANCE) / width_dominance
    return Mouth(
        smooth(aperture, 1.5),
        smooth(blend(width_target, width_dominance), 3),
        smooth(labiodental, 2.5),
        closures,
        _spans(smooth(labiodental, 0.8) > MIN_PROBABILITY),
        smooth(1 - phones.probability[:, IS_SILENT].sum(1), 8),
    )
