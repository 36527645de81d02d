"""The interior of the mouth: cavity, tongue and two rows of teeth, drawn in head coordinates and lit like the face."""

from __future__ import annotations

import cv2
import numpy as np

from . import geometry as g
from . import teeth
from .arrays import Array, Box, Image
from .lipline import LipLine


def skin_colour(bgr: Image, points: Array, iod: float) -> Array:
    """(3,) BGR: the brighter half of the cheeks and the chin."""
    h, w = bgr.shape[:2]
    found = []
    r = max(2, int(0.07 * iod))
    for i in (50, 280, 205, 425, 199):
        x, y = int(np.clip(points[i, 0], r, w - r - 1)), int(np.clip(points[i, 1], r, h - r - 1))
        found.append(bgr[y - r : y + r, x - r : x + r].reshape(-1, 3))
    pixels = np.concatenate(found).astype(np.float32)
    light = pixels.mean(1)
    return np.median(pixels[light >= np.median(light)], axis=0)


# How much shorter and darker each of ten teeth is, 0..1, at random.
IRREGULAR = np.array([0.1, 0.5, 0.0, 0.7, 0.4, 0.3, 0.2, 0.6, 0.1, 0.5])
SHADOW = np.array([0.23, 0.22, 0.15], np.float32)  # BGR: the lips cast a warm shadow
PURSED_STEPS = 4  # from spread to rounded lips


class MouthInterior:
    """Textures over a box of the portrait; `draw` composes them for one frame."""

    def __init__(
        self,
        bgr: Image,
        points: Array,
        frame: g.HeadFrame,
        line: LipLine,
        box: Box,
    ) -> None:
        self.box, self.frame = box, frame
        x0, y0, x1, y1 = box
        grid = np.dstack(
            np.meshgrid(np.arange(x0, x1, dtype=np.float32), np.arange(y0, y1, dtype=np.float32))
        )
        p = frame.to_local(grid)
        self.u = line.across(p[..., 0])
        self.half = sum(line.half) / 2
        seam = line.at(line.closed, p[..., 0])
        chord = float(line.at(line.closed, np.array(line.centre)))
        # the teeth follow half of the curve of the lips
        self.v = p[..., 1] - (0.5 * seam + 0.5 * chord)  # IOD below the closed lips
        skin = skin_colour(bgr, points, frame.iod)
        self.enamel = teeth.enamel_colour(bgr, points, skin)
        self.flesh = (skin * np.array([0.50, 0.44, 0.66])).astype(np.float32)
        self.cavity = (skin * np.array([0.13, 0.11, 0.20])).astype(np.float32)
        round_light = np.clip(1.06 - 0.62 * np.abs(self.u) ** 2.2, 0.15, 1.1)
        self.light = round_light.astype(np.float32)[..., None]
        extracted = teeth.extract_upper_teeth(bgr, points, frame, line, box)
        self.upper, self.upper_alpha = extracted or self._teeth_row(-0.085, 0.030, 0.80, True)
        self.lower, self.lower_alpha = self._teeth_row(0.045, 0.16, 0.68, False)
        self.tongue, self.tongue_alpha = self._tongue()
        self.cache: dict[tuple[int, int], Image] = {}

    def _teeth_row(self, top: float, bottom: float, reach: float, up: bool) -> tuple[Array, Array]:
        """A row of teeth between y = top and bottom (IOD below the closed lips), over `reach` of the half width."""
        px = self.frame.iod
        t = np.clip(np.abs(self.u) / reach, 0, 1)
        curve = 0.022 * t**2 * (1 if up else -1)  # the arch rises towards the corners
        v = self.v + curve
        # widths of incisors, canines and premolars, foreshortened towards the sides
        tooth = np.interp(np.abs(self.u) / reach, [0, 0.30, 0.53, 0.73, 0.89, 1.0], [0, 1, 2, 3, 4, 5])
        if not up:
            tooth = np.interp(np.abs(self.u) / reach, [0, 0.22, 0.44, 0.68, 0.86, 1.0], [0, 1, 2, 3, 4, 5])
        within = tooth - np.floor(tooth)
        number = np.clip(np.floor(tooth), 0, 4).astype(int) + 5 * (self.u > 0)
        irregular = IRREGULAR[number if up else 9 - number]
        scallop = 0.012 * (2 * within - 1) ** 4 + 0.011 * irregular + np.where(np.floor(tooth) == 1, 0.006, 0)
        edge = (bottom - scallop - v) if up else (v - top - scallop)
        far = (v - top) if up else (bottom - v)
        alpha = np.clip(edge * px / 1.4 + 0.5, 0, 1) * np.clip(far * px / 3, 0, 1)
        alpha = alpha * (1 - g.smoothstep(0.93, 1.0, np.abs(self.u) / reach))
        gap = 1 - 0.10 * np.exp(
            -((np.minimum(within, 1 - within) * 0.23 * reach * self.half * px / 1.1) ** 2)
        )
        shade = gap * (0.90 + 0.10 * g.smoothstep(0.0, 0.05, edge)) * (1.0 if up else 0.86)
        colour = (
            self.enamel
            * self.light
            * (shade * (1 - 0.10 * np.abs(irregular) - 0.03 * (number % 5)))[..., None]
        )
        return colour.astype(np.float32), alpha.astype(np.float32)[..., None]

    def _tongue(self) -> tuple[Array, Array]:
        d = np.sqrt((self.u / 0.70) ** 2 + ((self.v - 0.055) / 0.10) ** 2)
        alpha = 1 - g.smoothstep(0.75, 1.05, d)
        ridge = 1 - 0.18 * np.exp(-((self.u / 0.07) ** 2))
        shade = (1.12 - 0.30 * d) * ridge
        return (self.flesh * shade[..., None]).astype(np.float32), alpha.astype(np.float32)[..., None]

    def _shift_down(self, x: Array, down: float) -> Array:
        """A texture moved down by `down` IOD."""
        v = self.frame.vector(np.zeros(1), np.array([down]))[0]
        h, w = x.shape[:2]
        m = np.array([[1, 0, v[0]], [0, 1, v[1]]], np.float32)
        y = cv2.warpAffine(x, m, (w, h), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return y if y.ndim == 3 else y[..., None]

    def _compose(self, down: float, pursed: float) -> Image:
        """(h, w, 4): tongue and lower teeth moved down by `down` IOD, behind the upper teeth, in full light.

        pursed 0..1: rounded lips cover part of the teeth and cast a shadow on them.
        """
        out = self.cavity + np.zeros_like(self.upper)
        for colour, alpha, share in (
            (self.tongue, self.tongue_alpha, 0.9),
            (self.lower, self.lower_alpha, 0.8),
        ):
            c, a = self._shift_down(colour, share * down), self._shift_down(alpha, share * down)
            out += (c - out) * a
        up = -0.055 * pursed
        out += (self._shift_down(self.upper, up) - out) * self._shift_down(self.upper_alpha, up)
        out *= 1 - pursed * SHADOW
        return cv2.cvtColor(np.clip(out, 0, 255).astype(np.uint8), cv2.COLOR_BGR2BGRA)

    def draw(self, jaw: float, gap: float, width: float) -> Image:
        """(h, w, 4): the box, opaque, for a jaw (IOD), a lip gap (IOD) and a width of the lips (-1..1).

        Jaws are rounded to a quarter of a pixel, so that a few cached pictures are enough for a whole video.
        """
        key = round(jaw * self.frame.iod * 4), round(min(max(-width, 0), 1) * PURSED_STEPS)
        if key not in self.cache:
            self.cache[key] = self._compose(key[0] / 4 / self.frame.iod, key[1] / PURSED_STEPS)
        light = 1 - 1.7 * SHADOW * (1 - min(1.0, gap / 0.10))
        table = np.arange(256, dtype=np.float32)[:, None] * np.append(light, 1)
        return cv2.LUT(self.cache[key], table.astype(np.uint8)[:, None])
