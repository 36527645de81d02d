"""The mouth as two layers that move over its interior.

The upper layer (the upper lip and what is above it) and the lower layer (the lower lip, chin and jaw) are each moved by a
weighted sum of smooth displacement fields, precomputed on a coarse grid in head coordinates. Beyond the corners of the
mouth the fields of both layers are equal, so they separate along the lip line only. Jaw and lips are separate axes (JALI).
"""

from __future__ import annotations

import numpy as np

from . import geometry as g
from .arrays import Array
from .lipline import LipLine

CELL = 4  # px
TYPICAL_HALF_WIDTH = 0.36  # IOD, of resting lips
CORNER_DROP = 0.2  # of the jaw's movement, by which the corners of the mouth sink
SAMPLES = np.array(
    [0.0, 0.33, -0.33, 0.62, -0.62]
)  # positions over the width at which the aperture is averaged


def small_opening(across: Array) -> Array:
    """The gap over the width for a small opening, over two thirds of the width; mean 1 over SAMPLES."""

    def f(u: Array) -> Array:
        return np.clip(1 - (u / 0.90) ** 2, 0, 1) ** 1.1

    return f(across) / f(SAMPLES).mean()


def big_opening(across: Array) -> Array:
    """The gap over the width for a wide opening, nearly from corner to corner; mean 1 over SAMPLES."""

    def f(u: Array) -> Array:
        return np.clip(1 - np.abs(u) ** 2.3, 0, 1) ** 0.9

    return f(across) / f(SAMPLES).mean()


class MouthFields:
    """The displacement fields of both layers, in px, on a grid over a part of the picture."""

    LOWER = ("jaw", "jaw_big", "lip", "lip_big", "seal", "width", "round", "press", "tuck", "rest", "brow")
    UPPER = ("raise", "raise_big", "seal", "width", "round", "press", "rest", "jaw")

    def __init__(self, frame: g.HeadFrame, line: LipLine, grid: Array) -> None:
        self.frame, self.line, self.grid = frame, line, grid
        p = frame.to_local(grid)
        self.x, self.y = p[..., 0], p[..., 1]
        self.across = line.across(self.x)
        self.small, self.big = small_opening(self.across), big_opening(self.across)
        self.under = self.y - line.at(line.lower, self.x)  # IOD below the edge of the lower lip
        self.over = line.at(line.upper, self.x) - self.y  # IOD above the edge of the upper lip
        self.chin = frame.chin - float(line.at(line.lower, np.array(line.centre)))

    def _stack(self, fields: list[tuple[Array, Array]]) -> Array:
        return np.stack([self.frame.vector(np.broadcast_to(dx, self.x.shape), dy) for dx, dy in fields])

    def lower_fields(self) -> Array:
        """(len(LOWER), gh, gw, 2): the fields of the lower layer, in the order of `weights`."""
        near = 1 - g.smoothstep(0.02, 0.30, np.abs(self.under))
        lift = 1 - g.smoothstep(0.0, 0.30, -self.under)  # ends above the lips, under the upper layer
        drop = self._drop()
        jaw_s, jaw_b = self._jaw(self.small) * lift + drop, self._jaw(self.big) * lift + drop
        closing = self.line.at(self.line.closed - self.line.lower, self.x)
        seal = near * np.clip(1 - np.abs(self.across) ** 4, 0, 1)
        zero = np.zeros_like(self.x)
        wx, rx, lip_bulge = self._width(), self._round(), self._bulge(self.under)
        return self._stack(
            [
                (zero, jaw_s),
                (zero, jaw_b),
                (zero, self.small * near),
                (zero, self.big * near),
                (zero, -seal),
                (wx, zero),
                (rx, 0.050 * lip_bulge * (1 - np.clip(np.abs(self.across), 0, 1) ** 2)),
                (zero, -0.02 * lip_bulge * np.clip(1 - self.across**2, 0, 1)),
                (zero, -0.05 * near * np.clip(1 - self.across**2, 0, 1)),
                (zero, closing * near),
                (zero, self._brow()),
            ]
        )

    def upper_fields(self) -> Array:
        """(len(UPPER), gh, gw, 2): the fields of the upper layer."""
        near = 1 - g.smoothstep(0.03, 0.33, np.abs(self.over))
        closing = self.line.at(self.line.closed - self.line.upper, self.x)
        seal = near * np.clip(1 - np.abs(self.across) ** 4, 0, 1)
        zero = np.zeros_like(self.x)
        lip_bulge = self._bulge(self.over)
        return self._stack(
            [
                (zero, -self.small * near),
                (zero, -self.big * near),
                (zero, seal),
                (self._width(), zero),
                (self._round(), -0.045 * lip_bulge * (1 - np.clip(np.abs(self.across), 0, 1) ** 2)),
                (zero, 0.02 * lip_bulge * np.clip(1 - self.across**2, 0, 1)),
                (zero, closing * near),
                (zero, self._drop()),
            ]
        )

    def _drop(self) -> Array:
        """The sinking of the corners for 1 IOD of jaw, the same in both layers."""
        a = np.abs(self.across)
        along = g.smoothstep(0.25, 1.0, a) * (1 - g.smoothstep(1.1, 2.0, a))
        height = np.exp(-(((self.y - self.line.at(self.line.closed, self.x)) / 0.28) ** 2))
        return CORNER_DROP * along * height

    def _jaw(self, at_lips: Array) -> Array:
        """1 IOD of jaw: `at_lips` at the lips, the whole jaw further down, nothing under the chin."""
        t = g.smoothstep(0.0, 0.8 * self.chin, self.under)
        side = 1 - g.smoothstep(0.45, 1.25, np.abs(self.x - self.line.centre * 0.5))
        fade = 1 - g.smoothstep(1.0 * self.chin, self.chin + 0.6, self.under)
        return (at_lips * (1 - t) + 0.95 * side * t) * fade

    def _width(self) -> Array:
        """The corners .1 IOD outwards, with the lips; fading over the cheeks."""
        a = np.abs(self.across)
        along = np.where(a < 1, a, 1 - g.smoothstep(1.0, 2.1, a))
        height = np.exp(-(((self.y - self.line.at(self.line.closed, self.x)) / 0.33) ** 2))
        # less on the far side of a turned head
        foreshortening = np.where(self.across < 0, *self.line.half) / max(self.line.half)
        return 0.1 * foreshortening * np.sign(self.across) * along * height

    def _round(self) -> Array:
        """The corners inwards, by .1 IOD for a mouth of typical width, more for a smile."""
        return -self._width() * float(np.clip(max(self.line.half) / TYPICAL_HALF_WIDTH, 0.85, 1.6))

    def _bulge(self, distance: Array) -> Array:
        """The outer part of a lip: 0 at the seam, 1 at .1 IOD, 0 from .34 on."""
        return g.smoothstep(0.0, 0.1, distance) * (1 - g.smoothstep(0.12, 0.34, distance))

    def _brow(self) -> Array:
        """1 IOD of brows upwards: fading over the forehead, excluding the lids."""
        height = np.exp(-(((self.y + 0.42) / 0.2) ** 2)) * (1 - g.smoothstep(-0.22, -0.12, self.y))
        return -height * (1 - g.smoothstep(0.7, 1.1, np.abs(self.x)))

    def lower_alpha(self) -> Array:
        """(gh, gw) 0..1: the lower layer ends at its upper edge, between the corners."""
        edge = np.clip(0.5 + self.under * self.frame.iod / 1.6 + 0.5, 0, 1)
        hidden = (np.abs(self.across) < 1.0) & (self.over < 0.34)  # where the upper layer covers everything
        corner = g.smoothstep(0.94, 1.0, np.abs(self.across))
        return np.where(hidden, np.maximum(edge, corner), 1.0).astype(np.float32)

    def upper_alpha(self) -> Array:
        """(gh, gw) 0..1: the upper layer ends at its lower edge; it fades where it equals the lower layer."""
        edge = np.clip(0.5 + self.over * self.frame.iod / 1.6, 0, 1)
        sides = 1 - g.smoothstep(1.02, 1.15, np.abs(self.across))
        top = 1 - g.smoothstep(0.34, 0.40, self.over)
        return (edge * sides * top).astype(np.float32)


def weights(
    aperture: float, jaw: float, width: float, tuck: float, press: float
) -> tuple[Array, Array, float]:
    """Weights of the lower (11,) and upper (8,) fields for one frame, and the gap in IOD; arguments as in Performance."""
    wide = float(g.smoothstep(0.06, 0.26, np.array(aperture))) * (1 if width > -0.3 else 0.5)
    pursed = -width if width < 0 else 0.0
    raise_ = min(0.26 * aperture, 0.055) * (1 - 0.5 * min(pursed, 1))  # rounded lips cover the upper teeth
    jaw = min(jaw, max(aperture - raise_, 0) + 0.06)  # the lips may stay closed while the jaw opens
    lip = aperture - raise_ - jaw
    seal = 0.010 * max(0.0, 1 - aperture / 0.03)
    spread = width if width > 0 else 0.0
    tuck = tuck * max(0.0, 1 - aperture / 0.12)
    lower = np.array(
        [jaw * (1 - wide), jaw * wide, lip * (1 - wide), lip * wide, seal,
         0.55 * spread, 0.9 * pursed, press, tuck, 1.0, 0.0], np.float32
    )  # fmt: skip
    upper = np.array(
        [raise_ * (1 - wide), raise_ * wide, seal, 0.55 * spread, 0.9 * pursed, press, 1.0, jaw], np.float32
    )
    return lower, upper, max(aperture, 0.0)
