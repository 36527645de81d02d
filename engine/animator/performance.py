"""The motion of the face in every frame: mouth, eyes, brows and head as tracks at 25 frames a second.

Everything random comes from one seed. Head and brows follow the speech: they move more while it lasts, nod and rise with
its stresses and come to rest in its pauses; nothing is a loop. Blinks are irregular, 10 to 25 a minute, and tend to
coincide with the ends of phrases.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .arrays import Array, Flags
from .direction import BROW, HEAD, SPREAD, Direction
from .results import FPS
from .visemes import STEP, Mouth, Span, level, smooth

# IOD. Openings up to SMALL appear larger in the drawn face, by OVERSHOOT (measured); from WIDE on they do not. Without
# a correction, lips that should just touch stay parted.
OVERSHOOT, SMALL, WIDE = 0.015, 0.11, 0.13


@dataclass
class Performance:
    """Tracks of `frames` values each. Openings in IOD, angles in degrees, shifts in IOD, the rest 0..1 or -1..1."""

    frames: int
    aperture: Array
    jaw: Array  # the jaw's part of the aperture, IOD
    width: Array
    tuck: Array
    press: Array  # lips pressed together at p, b, m
    blink: Array  # 0 open .. 1 shut
    gaze: Array  # (n, 2) of the iris, IOD
    brow: Array  # up, IOD
    yaw: Array
    pitch: Array
    roll: Array
    shift: Array  # (n, 2) of the head, IOD


def _at_frames(track: Array, n: int) -> Array:
    """A track at 100 Hz sampled at n frames."""
    return np.interp(np.arange(n) / FPS, np.arange(len(track)) * STEP, track)


def _correct_overshoot(aperture: Array) -> Array:
    """The apertures to draw (n,) so that these appear; IOD."""
    return np.interp(aperture, [0, OVERSHOOT, SMALL, WIDE, 1], [0, 0, SMALL - OVERSHOOT, WIDE, 1])


def _smooth_noise(rng: np.random.Generator, n: int, seconds: float) -> Array:
    """Noise (n,) of unit variance that is correlated over about `seconds`."""
    sigma = seconds * FPS
    x = smooth(rng.normal(size=n + int(8 * sigma)), sigma)[int(4 * sigma) : int(4 * sigma) + n]
    return x * np.sqrt(2 * np.sqrt(np.pi) * sigma)


def _contact_frames(n: int, spans: list[Span]) -> Flags:
    """(n,): the frames in the middle of the spans, at least one of each.

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


def _bump(n: int, at: float, rise: float, fall: float) -> Array:
    """A bump (n,) of height 1 at `at` s: half cosines of `rise` and `fall` s."""
    t = np.arange(n) / FPS - at
    up = np.where((t > -rise) & (t <= 0), 0.5 + 0.5 * np.cos(np.pi * t / rise), 0)
    down = np.where((t > 0) & (t < fall), 0.5 + 0.5 * np.cos(np.pi * t / fall), 0)
    return up + down


def _blinks(rng: np.random.Generator, n: int, ends: list[float], rest: float = 1.0) -> Array:
    """Lids (n,) 0..1: closed in 3 frames and open again in 5; the intervals are log-normal around 3.4 s.

    `ends`: the ends of phrases in s; `rest`: a factor for the intervals.
    """
    lids, t = np.zeros(n), rng.uniform(0.6, 2.2) * rest
    shape = np.array([0.0, 0.45, 1.0, 0.95, 0.6, 0.3, 0.1])
    while t < n / FPS - 0.3:
        near = [e for e in ends if abs(e - t) < 0.5]
        at = int(((near[0] + 0.08) if near else t) * FPS)
        part = shape[: max(0, n - at)]
        lids[at : at + len(part)] = np.maximum(lids[at : at + len(part)], part)
        t = at / FPS + float(np.clip(rng.lognormal(np.log(3.2), 0.45), 1.3, 8.0)) * rest
    return lids


def _gaze(rng: np.random.Generator, n: int) -> Array:
    """Small saccades (n, 2) in IOD around the gaze of the portrait: held for .5 to 2.5 s, often returning to it."""
    out, i = np.zeros((n, 2)), 0
    gaze = np.zeros(2)
    while i < n:
        j = min(n, i + int(rng.uniform(0.5, 2.5) * FPS))
        out[i:j] = gaze
        gaze = np.zeros(2) if rng.random() < 0.45 else rng.normal(size=2) * (0.011, 0.005)
        i = j
    return out


def perform(mouth: Mouth, db: Array, frames: int, seed: int) -> Performance:
    """The motion for a sound of `frames` frames, from the curves of the mouth and the loudness in dB at 100 Hz."""
    rng = np.random.default_rng(seed)
    loud = level(smooth(db, 3)) * mouth.active
    press = _contact_frames(frames, mouth.closures)
    aperture = _correct_overshoot(_at_frames(mouth.aperture, frames))
    aperture[press | _contact_frames(frames, mouth.labiodentals) | (aperture < 0.012)] = 0
    jaw = 0.62 * np.maximum(smooth(aperture, 0.8), 0)
    active = _at_frames(smooth(mouth.active, 25), frames)
    edges = np.flatnonzero(np.diff((mouth.active > 0.5).astype(int)) < 0)
    liveliness = 0.45 + 0.55 * active
    nod, brow = np.zeros(frames), np.zeros(frames)
    for i, weight in _stresses(mouth, loud):
        at = i * STEP + float(rng.uniform(-0.06, 0.04))
        nod += weight * rng.uniform(0.3, 1.0) * _bump(frames, at, 0.22, 0.4)
        if rng.random() < 0.4:
            brow += weight * rng.uniform(0.4, 1.0) * _bump(frames, at, 0.16, 0.45)

    def noise(seconds: float) -> Array:
        return _smooth_noise(rng, frames, seconds)

    lean = smooth(_at_frames(smooth(loud, 30), frames), 5)
    sway = noise(0.9)
    yaw = (2.8 * noise(0.8) + 1.0 * noise(0.3)) * liveliness
    pitch = (1.4 * noise(0.8) + 0.4 * noise(0.25)) * liveliness + 2.3 * nod - 1.4 * lean
    roll = (1.6 * sway + 0.3 * noise(0.3)) * liveliness
    shift = np.stack([0.016 * sway * liveliness + 0.006 * noise(1.2), 0.012 * nod - 0.006 * lean], 1)
    start = np.clip(np.arange(frames) / 10, 0, 1)  # begin in the pose of the portrait
    return Performance(
        frames=frames,
        aperture=aperture,
        jaw=jaw,
        width=_at_frames(mouth.width, frames),
        tuck=_at_frames(mouth.tuck, frames),
        press=smooth(press.astype(float), 0.6),
        blink=_blinks(rng, frames, [e * STEP for e in edges]),
        gaze=_gaze(rng, frames),
        brow=np.clip(0.045 * brow + 0.006 * noise(0.8) * liveliness, -0.02, 0.06) * start,
        yaw=yaw * start,
        pitch=pitch * start,
        roll=roll * start,
        shift=shift * start[:, None],
    )


def direct(p: Performance, direction: Direction, seed: int) -> Performance:
    """The performance as people asked for it. Each wish leaves the other tracks as they are."""
    head, brow = HEAD[direction.motion], BROW[direction.motion]
    blink = p.blink
    if direction.blink == "none":
        blink = np.zeros(p.frames)
    elif direction.blink == "few":
        blink = _blinks(np.random.default_rng([seed, 1]), p.frames, [], rest=2.5)
    return replace(
        p,
        aperture=p.aperture * direction.mouth,
        jaw=p.jaw * direction.mouth,
        width=np.clip(p.width + SPREAD[direction.expression], -1, 1)
        if SPREAD[direction.expression]
        else p.width,
        blink=blink,
        gaze=np.zeros_like(p.gaze) if direction.gaze == "camera" else p.gaze,
        brow=p.brow * brow,
        yaw=p.yaw * head,
        pitch=p.pitch * head,
        roll=p.roll * head,
        shift=p.shift * head,
    )
