"""How open a vowel is, measured from the sound itself rather than from which vowel was recognised.

The first formant rises as the jaw opens (Lindblom and Sundberg 1971). Spectral peaks are hard to track; the centre of
gravity of the low spectrum is not, and it orders vowels in the same way. Speakers differ, so values are normalised by
the speaker's own mean and deviation (Lobanov 1971).
"""

from __future__ import annotations

import numpy as np

from .arrays import Array, Samples
from .sound import RATE

LOW_HZ, HIGH_HZ = 200.0, 1000.0
WINDOW = 512  # samples
PRIOR_MEAN, PRIOR_DEVIATION = 480.0, 90.0  # Hz, over many voices
PRIOR_WEIGHT = 30  # the prior counts as much as this many frames (of 10 ms) of vowels


def low_centroid(samples: Samples) -> Array:
    """Centre of gravity of the spectrum from 200 to 1000 Hz, in Hz, every 10 ms (n,)."""
    hop = RATE // 100
    n = max(1, -(-len(samples) // hop))
    padded = np.zeros(n * hop + WINDOW, np.int16)
    padded[WINDOW // 2 : WINDOW // 2 + len(samples)] = samples
    bins = np.arange(WINDOW // 2 + 1) * RATE / WINDOW
    low = (bins >= LOW_HZ) & (bins <= HIGH_HZ)
    taper = np.hanning(WINDOW).astype(np.float32)
    out = np.empty(n)
    for a in range(0, n, 6000):  # one minute at a time, to save memory
        b = min(n, a + 6000)
        part = padded[a * hop : (b - 1) * hop + WINDOW]
        windows = np.lib.stride_tricks.sliding_window_view(part, WINDOW)[::hop]
        magnitude = np.abs(np.fft.rfft(windows * taper)[:, low])
        out[a:b] = (magnitude @ bins[low] + 1e-3 * PRIOR_MEAN) / (magnitude.sum(1) + 1e-3)
    return out


def openness(centroid: Array, weight: Array) -> Array:
    """Centroids (n,) as standard scores of this speaker, -2..2.

    weight (n,): the probability of a vowel times its loudness.
    """
    total = weight.sum() + PRIOR_WEIGHT
    mean = (centroid @ weight + PRIOR_WEIGHT * PRIOR_MEAN) / total
    variance = ((centroid - mean) ** 2 @ weight + PRIOR_WEIGHT * PRIOR_DEVIATION**2) / total
    return np.clip((centroid - mean) / np.sqrt(variance), -2, 2)
