"""What the face does in every frame: mouth, eyes, brows and head as tracks at 25 frames a second.

Everything random comes from one seed. Head and brows follow the speech: they move more while it goes on, nod and rise
on its stresses, come to rest in its pauses; nothing repeats. Blinks are irregular, 10 to 25 a minute, and like to fall
on the ends of phrases.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .arrays import Array
from .visemes import STEP, Mouth, level, smooth

FPS = 25
# A small opening is seen larger than it was asked for, by about the first number (IOD, measured on drawn faces); a wide
# one is not. Left alone, lips that should just meet stay parted.
SEEN_LARGER, SMALL, WIDE = 0.015, 0.11, 0.13


@dataclass
class Performance:
    """Tracks of `frames` values each. Openings in IOD, angles in degrees, shifts in IOD, the rest 0..1 or -1..1."""

    frames: int
    aperture: Array
    jaw: Array  # part of the aperture that the jaw makes, IOD
    width: Array
    tuck: Array
    press: Array  # lips pressed together at p b m
    blink: Array  # 0 open .. 1 shut
    gaze: Array  # (n, 2) of the iris, IOD
    brow: Array  # up, IOD
    yaw: Array
    pitch: Array
    roll: Array
    shift: Array  # (n, 2) of the head, IOD


def _at_frames(track: Array, n: int) -> Array:
    return np.interp(np.arange(n) / FPS, np.arange(len(track)) * STEP, track)


def _asked(seen: Array) -> Array:
    """The apertures to draw (n,) in IOD, so that these are seen."""
    return np.interp(seen, [0, SEEN_LARGER, SMALL, WIDE, 1], [0, 0, SMALL - SEEN_LARGER, WIDE, 1])


def _wander(rng: np.random.Generator, n: int, seconds: float) -> Array:
    """Smooth noise of unit variance that forgets itself in about `seconds`; never a loop."""
    sigma = seconds * FPS
    x = smooth(rng.normal(size=n + int(8 * sigma)), sigma)[int(4 * sigma) : int(4 * sigma) + n]
    return x * np.sqrt(2 * np.sqrt(np.pi) * sigma)


def _middles(n: int, spans: list[tuple[float, float]]) -> Array:
    """(n,) bool: the frames in the middles of spans (start, end in s), one at least of each.

    p, b, m, f and v last two or three frames: without snapping, 25 frames a second miss the contact itself.
    """
    out = np.zeros(n, bool)
    for start, end in spans:
        first = round((start + 0.25 * (end - start)) * FPS)
        last = max(first, int(np.floor((end - 0.01) * FPS)))
        out[min(first, n - 1) : min(last, n - 1) + 1] = True
    return out


def _stresses(mouth: Mouth, loud: Array) -> list[tuple[int, float]]:
    """(10 ms index, weight) of the loudest syllables, at least .45 s apart."""
    slow = smooth(loud, 6) - smooth(loud, 60)
    peaks = [i for i in range(1, len(slow) - 1) if slow[i] > slow[i - 1] and slow[i] >= slow[i + 1] > 0.08]
    peaks.sort(key=lambda i: -slow[i])
    kept: list[int] = []
    for i in peaks:
        if mouth.active[i] > 0.5 and all(abs(i - k) > 45 for k in kept):
            kept.append(i)
    return [(i, float(min(1.0, slow[i] / 0.35))) for i in sorted(kept)]


def _pulse(n: int, at: float, rise: float, fall: float) -> Array:
    """A bump of height 1 at `at` s (n,) frames: half cosines of `rise` and `fall` s."""
    t = np.arange(n) / FPS - at
    up = np.where((t > -rise) & (t <= 0), 0.5 + 0.5 * np.cos(np.pi * t / rise), 0)
    down = np.where((t > 0) & (t < fall), 0.5 + 0.5 * np.cos(np.pi * t / fall), 0)
    return up + down


def _blinks(rng: np.random.Generator, n: int, ends: list[float]) -> Array:
    """Lids (n,): shut in 3 frames, open again in 5; gaps are log-normal around 3.4 s."""
    lids, t = np.zeros(n), rng.uniform(0.6, 2.2)
    shape = np.array([0.0, 0.45, 1.0, 0.95, 0.6, 0.3, 0.1])
    while t < n / FPS - 0.3:
        near = [e for e in ends if abs(e - t) < 0.5]
        at = int(((near[0] + 0.08) if near else t) * FPS)
        part = shape[: max(0, n - at)]
        lids[at : at + len(part)] = np.maximum(lids[at : at + len(part)], part)
        t = at / FPS + float(np.clip(rng.lognormal(np.log(3.2), 0.45), 1.3, 8.0))
    return lids


def _gaze(rng: np.random.Generator, n: int) -> Array:
    """Small saccades (n, 2) in IOD around the portrait's own gaze: held .5 to 2.5 s, often back to it."""
    out, i = np.zeros((n, 2)), 0
    here = np.zeros(2)
    while i < n:
        j = min(n, i + int(rng.uniform(0.5, 2.5) * FPS))
        out[i:j] = here
        here = np.zeros(2) if rng.random() < 0.45 else rng.normal(size=2) * (0.011, 0.005)
        i = j
    return out


def perform(mouth: Mouth, db: Array, frames: int, seed: int) -> Performance:
    """Tracks for a sound of `frames` frames."""
    rng = np.random.default_rng(seed)
    loud = level(smooth(db, 3)) * mouth.active
    press = _middles(frames, mouth.closures)
    aperture = _asked(_at_frames(mouth.aperture, frames))
    aperture[press | _middles(frames, mouth.touches) | (aperture < 0.012)] = 0
    jaw = 0.62 * np.maximum(smooth(aperture, 0.8), 0)
    active = _at_frames(smooth(mouth.active, 25), frames)
    edges = np.flatnonzero(np.diff((mouth.active > 0.5).astype(int)) < 0)
    life = 0.45 + 0.55 * active
    nod, brow = np.zeros(frames), np.zeros(frames)
    for i, weight in _stresses(mouth, loud):
        at = i * STEP + float(rng.uniform(-0.06, 0.04))
        nod += weight * rng.uniform(0.3, 1.0) * _pulse(frames, at, 0.22, 0.4)
        if rng.random() < 0.4:
            brow += weight * rng.uniform(0.4, 1.0) * _pulse(frames, at, 0.16, 0.45)
    turn = smooth(_at_frames(smooth(loud, 30), frames), 5)
    sway = _wander(rng, frames, 0.9)
    yaw = (2.8 * _wander(rng, frames, 0.8) + 1.0 * _wander(rng, frames, 0.3)) * life
    pitch = (
        (1.4 * _wander(rng, frames, 0.8) + 0.4 * _wander(rng, frames, 0.25)) * life + 2.3 * nod - 1.4 * turn
    )
    roll = (1.6 * sway + 0.3 * _wander(rng, frames, 0.3)) * life
    shift = np.stack([0.016 * sway * life + 0.006 * _wander(rng, frames, 1.2), 0.012 * nod - 0.006 * turn], 1)
    start = np.clip(np.arange(frames) / 10, 0, 1)  # begin in the portrait's own pose
    return Performance(
        frames,
        aperture,
        jaw,
        _at_frames(mouth.width, frames),
        _at_frames(mouth.tuck, frames),
        smooth(press.astype(float), 0.6),
        _blinks(rng, frames, [e * STEP for e in edges]),
        _gaze(rng, frames),
        np.clip(0.045 * brow + 0.006 * _wander(rng, frames, 0.8) * life, -0.02, 0.06) * start,
        yaw * start,
        pitch * start,
        roll * start,
        shift * start[:, None],
    )
