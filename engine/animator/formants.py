"""How open a vowel is, heard from the sound itself and not from which vowel it is taken for.

The first formant rises as the jaw opens (Lindblom and Sundberg 1971). Peaks of a spectrum are easily lost; the centre
of gravity of its low part is not, and orders vowels alike. Speakers differ, so it counts against the speaker's own
mean and deviation (Lobanov 1971).
"""

from __future__ import annotations

import numpy as np

from .arrays import Array
from .sound import RATE

LOW, HIGH = 200.0, 1000.0  # Hz
WINDOW = 512  # samples
USUAL = (480.0, 90.0)  # Hz, mean and deviation of many voices
TRUST = 30  # x 10 ms of vowels that weigh as much as what is usual


def centre(x: Array) -> Array:
    """Centre of gravity of the low spectrum in Hz every 10 ms. x: mono int16 at 16 kHz."""
    hop = RATE // 100
    n = max(1, -(-len(x) // hop))
    padded = np.zeros(n * hop + WINDOW, np.int16)
    padded[WINDOW // 2 : WINDOW // 2 + len(x)] = x
    bins = np.arange(WINDOW // 2 + 1) * RATE / WINDOW
    low = (bins >= LOW) & (bins <= HIGH)
    taper = np.hanning(WINDOW).astype(np.float32)
    out = np.empty(n)
    for a in range(0, n, 6000):  # a minute at a time: memory
        b = min(n, a + 6000)
        part = padded[a * hop : (b - 1) * hop + WINDOW]
        windows = np.lib.stride_tricks.sliding_window_view(part, WINDOW)[::hop]
        size = np.abs(np.fft.rfft(windows * taper)[:, low])
        out[a:b] = (size @ bins[low] + 1e-3 * USUAL[0]) / (size.sum(1) + 1e-3)
    return out


def openness(hz: Array, weight: Array) -> Array:
    """Centres (n,) in the speaker's own deviations, -2..2. weight (n,): how surely and loudly a vowel is heard."""
    total = weight.sum() + TRUST
    mean = (hz @ weight + TRUST * USUAL[0]) / total
    variance = ((hz - mean) ** 2 @ weight + TRUST * USUAL[1] ** 2) / total
    return np.clip((hz - mean) / np.sqrt(variance), -2, 2)
