"""From phones to the mouth: targets of every phone, blended by dominance (Cohen & Massaro 1993).

Each phone pulls the lips towards its targets; its pull grows before it, is strongest over its middle and fades after
it. The mouth's curve is the average of the targets, weighted by the pulls: coarticulation without rules for pairs.
The jaw and the lips are later moved on two axes (JALI, Edwards et al. 2016). Tracks here run at 100 Hz.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import sound
from .phonemes import Phone

STEP = 0.01  # s
BILABIAL = frozenset(["P", "B", "M"])
LABIODENTAL = frozenset(["F", "V"])
VOWELS = frozenset(["AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW"])

# Lip opening in IOD (mean over the lips' width), its dominance, width -1 (round) .. 1 (spread).
# Rounding nearly shuts the lips (w, uw), the lower lip meets the teeth at f and v. One table by hand, after Jeffers & Barley's viseme classes; tables fitted to clips did not carry over to others.
TABLE: dict[str, tuple[float, float, float]] = {
    "SIL": (0.00, 1.2, 0.0),
    "AA": (0.22, 1.0, 0.0), "AE": (0.20, 1.0, 0.4), "AH": (0.15, 0.7, 0.1), "AO": (0.19, 1.0, -0.5),
    "AW": (0.21, 1.0, -0.1), "AY": (0.21, 1.0, 0.3), "EH": (0.17, 0.9, 0.4), "ER": (0.11, 0.8, -0.4),
    "EY": (0.15, 0.9, 0.6), "IH": (0.12, 0.7, 0.4), "IY": (0.10, 0.9, 0.8), "OW": (0.11, 1.0, -0.8),
    "OY": (0.16, 1.0, -0.6), "UH": (0.10, 0.8, -0.6), "UW": (0.04, 1.2, -1.0),
    "P": (0.00, 3.0, 0.0), "B": (0.00, 3.0, 0.0), "M": (0.00, 3.0, 0.0),
    "F": (0.01, 2.2, 0.1), "V": (0.01, 2.2, 0.1),
    "W": (0.005, 2.0, -1.0), "R": (0.05, 1.1, -0.5), "L": (0.12, 0.6, 0.1), "Y": (0.08, 0.8, 0.6),
    "TH": (0.08, 0.8, 0.1), "DH": (0.09, 0.6, 0.1), "S": (0.06, 1.2, 0.5), "Z": (0.06, 1.1, 0.4),
    "SH": (0.07, 1.2, -0.5), "ZH": (0.07, 1.2, -0.5), "CH": (0.07, 1.2, -0.4), "JH": (0.07, 1.2, -0.4),
    "T": (0.08, 0.6, 0.2), "D": (0.08, 0.5, 0.2), "N": (0.09, 0.5, 0.2),
    "K": (0.11, 0.4, 0.1), "G": (0.11, 0.4, 0.1), "NG": (0.11, 0.4, 0.1), "HH": (0.13, 0.3, 0.0),
}  # fmt: skip

LEAD, TRAIL = 0.032, 0.036  # s in which a phone's pull falls to 1/e before and after it
LOUD = 0.5  # share of a vowel's opening that depends on how loud it is
DIP, DIP_FROM = (
    0.6,
    0.6,
)  # a dip of loudness below DIP_FROM of its surroundings takes up to DIP of the opening
HUSH = (0.05, 0.40)  # s: a silence this short inside speech is a stop's closure that was not told apart


@dataclass
class Mouth:
    """Tracks (n,) at 100 Hz. aperture in IOD, width -1..1, tuck (lower lip to the teeth) 0..1."""

    aperture: np.ndarray
    width: np.ndarray
    tuck: np.ndarray
    closures: list[tuple[float, float]]  # start, end in s: the lips meet
    touches: list[tuple[float, float]]  # the lower lip meets the teeth: no gap either, but nothing is pressed
    active: np.ndarray  # 0..1 speech is going on


def level(db: np.ndarray) -> np.ndarray:
    """Loudness track in dB -> 0 (background) .. 1 (the loud vowels of this sound)."""
    floor, top = sound.speech_level(db)
    low = max(top - 32, floor)
    return np.clip((db - low) / max(top - low, 6.0), 0, 1.15)


def smooth(x: np.ndarray, sigma: float) -> np.ndarray:
    """Gaussian along a track; sigma in samples."""
    if sigma <= 0 or len(x) < 2:
        return x
    r = max(1, int(3 * sigma + 0.5))
    k = np.exp(-0.5 * (np.arange(-r, r + 1) / sigma) ** 2)
    return np.convolve(np.pad(x, r, mode="edge"), k / k.sum(), "valid")


def blend(phones: list[Phone], n: int, column: int, targets: np.ndarray) -> np.ndarray:
    """Dominance-weighted mean of the phones' targets, (n,) at 100 Hz. column: 1 opening, 2 width."""
    top, total = np.zeros(n), np.full(n, 1e-6)
    reach = 8 * max(LEAD, TRAIL)
    for p, target in zip(phones, targets, strict=True):
        a, b = max(0, int((p.start - reach) / STEP)), min(n, int((p.end + reach) / STEP) + 1)
        t = np.arange(a, b) * STEP
        edge = min(0.25 * (p.end - p.start), 0.03)
        before, after = np.maximum(p.start + edge - t, 0) / LEAD, np.maximum(t - p.end + edge, 0) / TRAIL
        strength = TABLE.get(p.name, TABLE["AH"])[1] if column == 1 else 1.0
        pull = strength * np.exp(-before - after)
        top[a:b] += pull * target
        total[a:b] += pull
    return top / total


def _shuts(p: Phone, between: bool) -> bool:
    """Do the lips meet for all of this phone?"""
    return p.name in BILABIAL or (p.name == "SIL" and between and HUSH[0] <= p.end - p.start <= HUSH[1])


def _dips(loud: np.ndarray) -> np.ndarray:
    """0..1: how far a 10 ms loudness track lies below the loudest of the .4 s around it."""
    around = np.pad(loud, 20, mode="edge")
    top = np.lib.stride_tricks.sliding_window_view(around, 41).max(1)
    return 1 - np.clip(loud / np.maximum(top, 0.15) / DIP_FROM, 0, 1)


def tracks(phones: list[Phone], db: np.ndarray) -> Mouth:
    """The mouth's curves of phones and the sound's 10 ms loudness track."""
    n = len(db)
    loud = level(smooth(db, 3))
    opening, width = [], []
    for p in phones:
        o, _, w = TABLE.get(p.name, TABLE["AH"])
        a, b = int(p.start / STEP), max(int(p.start / STEP) + 1, int(p.end / STEP))
        here = float(loud[a:b].max()) if a < n else 0.0
        if p.name not in BILABIAL and p.name != "SIL":
            o = o * (1 - LOUD + LOUD * 1.35 * here)
        opening.append(o)
        width.append(w)
    aperture = blend(phones, n, 1, np.array(opening))
    aperture *= smooth(1 - DIP * _dips(level(smooth(db, 1))), 1.5)
    closures = [(p.start, p.end) for i, p in enumerate(phones) if _shuts(p, 0 < i < len(phones) - 1)]
    touches = [(p.start, p.end) for p in phones if p.name in LABIODENTAL]
    tuck = np.zeros(n)
    for start, end in touches:
        tuck[int(start / STEP) : int(end / STEP)] = 1
    active = np.zeros(n)
    for p in phones:
        if p.name != "SIL":
            active[int(p.start / STEP) : int(p.end / STEP)] = 1
    return Mouth(
        smooth(aperture, 1.5),
        smooth(blend(phones, n, 2, np.array(width)), 3),
        smooth(tuck, 2.5),
        closures,
        touches,
        smooth(active, 8),
    )
