"""Lids and irises: small pictures that replace the eyes of the portrait before it is warped.

A blink draws skin over the eye, in colours from above and below it; the lashes move as a soft dark line, not as stretched
texture. Blinks have a dozen steps, whose pictures are cached.
"""

from __future__ import annotations

import cv2
import numpy as np

from . import geometry as g
from . import glasses
from .arrays import Array, Image

# upper and lower lid from the outer to the inner corner, the lower edge of the brow, the iris
Landmarks = tuple[list[int], list[int], list[int], int]

EYES: tuple[Landmarks, Landmarks] = (
    ([33, 246, 161, 160, 159, 158, 157, 173, 133], [33, 7, 163, 144, 145, 153, 154, 155, 133], [46, 53, 52, 65, 55], 468),
    ([263, 466, 388, 387, 386, 385, 384, 398, 362], [263, 249, 390, 373, 374, 380, 381, 382, 362], [276, 283, 282, 295, 285], 473),
)  # fmt: skip
STEPS = 12
CLOSED_SHARE = 0.98  # of the gap that a closed lid covers
LASHES = 0.045  # IOD of lashes and shadow above the edge of the lid, which must not be stretched


class Eye:
    """One eye of the portrait; `draw` paints its box."""

    def __init__(
        self,
        bgr: Image,
        points: Array,
        frame: g.HeadFrame,
        landmarks: Landmarks,
        glasses_mask: Array | None = None,
    ) -> None:
        upper, lower, brow, iris = landmarks
        self.frame, iod = frame, frame.iod
        up, low, brows = (frame.to_local(points[i, :2].astype(np.float64)) for i in (upper, lower, brow))
        h, w = bgr.shape[:2]
        corners = points[[*upper, *lower, *brow], :2]
        pad = 0.10 * iod
        x0, y0 = np.maximum(0, np.floor(corners.min(0) - pad)).astype(int)
        x1, y1 = np.minimum([w, h], np.ceil(corners.max(0) + pad)).astype(int)
        self.box = (int(x0), int(y0), int(x1), int(y1))
        self.image = self.original = bgr[y0:y1, x0:x1].copy()
        self.glasses: Array | None = None
        if glasses_mask is not None and glasses_mask[y0:y1, x0:x1].any():
            self.glasses = glasses_mask[y0:y1, x0:x1, None]
            under = (self.glasses > 0.1).astype(np.uint8)
            self.image = cv2.inpaint(self.original, under, max(2, 0.03 * iod), cv2.INPAINT_TELEA)
        self.valid = x1 - x0 > 4 and y1 - y0 > 4
        grid = np.dstack(
            np.meshgrid(np.arange(x0, x1, dtype=np.float32), np.arange(y0, y1, dtype=np.float32))
        )
        p = frame.to_local(grid)
        self.x, self.y = p[..., 0], p[..., 1]
        self.lid, self.floor = self._fit_curve(up), self._fit_curve(low)
        self.floor = np.maximum(self.floor, self.lid)
        b = np.argsort(brows[:, 0])
        self.brow = np.interp(self.x, brows[b, 0], brows[b, 1])
        # the skin moves from half way to the brow on; the brow itself does not move
        self.top = np.minimum(0.35 * self.lid + 0.65 * self.brow, self.lid - 0.06)
        xs = self.ends = np.sort([up[0, 0], up[-1, 0]])
        self.inside = g.smoothstep(-0.01, 0.035, self.x - xs[0]) * g.smoothstep(-0.01, 0.035, xs[1] - self.x)
        # the lash line fades before the corners, where it would end in a hook
        self.along = g.smoothstep(0.0, 0.10, self.x - xs[0]) * g.smoothstep(0.0, 0.10, xs[1] - self.x)
        self.iris = frame.to_local(points[iris, :2].astype(np.float64))
        self.radius = 0.095
        self.cache: dict[tuple[int, int, int], Image] = {}
        self.closed: tuple[Array, Array, Array] | None = None  # see _closed_lid
        self.lids: dict[float, tuple[Array, Array]] = {}

    def _fit_curve(self, lid: Array) -> Array:
        """(h, w): y of a lid at every x, smooth between the few points of the mesh."""
        order = np.argsort(lid[:, 0])
        xs, ys = lid[order, 0], lid[order, 1]
        fit = np.polyfit(xs, ys, 4)
        return np.polyval(fit, np.clip(self.x, xs[0], xs[-1]))

    def draw(self, blink: float, gaze: tuple[float, float]) -> Image:
        """(h, w, 3): the box of the eye with lids closed by `blink` 0..1 and the iris moved by `gaze` IOD."""
        key = (round(blink * STEPS), round(gaze[0] * 400), round(gaze[1] * 400))
        if key not in self.cache:
            if len(self.cache) > 200:
                self.cache.clear()
            self.cache[key] = self._draw(key[0] / STEPS, key[1] / 400, key[2] / 400)
        return self.cache[key]

    def _sample(self, x: Array, y: Array) -> Array:
        px = self.frame.to_px(np.stack([x, y], -1)) - np.array(self.box[:2])
        return cv2.remap(
            self.image, px.astype(np.float32), None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
        )

    def _draw(self, blink: float, gx: float, gy: float) -> Image:
        out = self._draw_open(gx, gy)
        if blink > 0:
            if blink not in self.lids:
                self.lids[blink] = self._lids(blink)
            lids, eye = self.lids[blink]
            out = lids + eye * out
        if self.glasses is not None:
            out = out * (1 - self.glasses) + self.original * self.glasses
        return np.clip(out, 0, 255).astype(np.uint8)

    def _draw_open(self, gx: float, gy: float) -> Array:
        """The open eye with its iris moved."""
        out = self.image
        if gx or gy:
            d = np.hypot(self.x - self.iris[0], (self.y - self.iris[1]) * 1.1)
            k = 1 - g.smoothstep(self.radius * 0.9, self.radius * 2.0, d)
            # only between the lids, which do not move
            open_ = g.smoothstep(0, 0.03, self.y - self.lid) * g.smoothstep(0, 0.03, self.floor - self.y)
            k = k * np.clip(open_, 0, 1)
            out = self._sample(self.x - gx * k, self.y - gy * k)
        return out

    def _closed_lid(self) -> tuple[Array, Array, Array]:
        """Colours of the closed lid (h, w, 3), its mask (h, w), and the mask of the eye that it leaves visible (h, w).

        Between brow and lashes there are creases, shadow and lashes: stretched over the eye, they would be dark streaks. So
        only colours are taken from there, and from below the eye, which is lit as a closed lid would be.
        """
        iod = self.frame.iod
        above = self._column([np.maximum(self.lid - d, self.top) for d in (0.06, 0.08, 0.10, 0.12, 0.14)])
        below = self._column([self.floor + d for d in (0.05, 0.07, 0.09, 0.11, 0.13)])
        lit = below.mean(-1, keepdims=True) / np.maximum(above.mean(-1, keepdims=True), 1)
        down = ((self.y - self.lid + LASHES) / np.maximum(self.floor - self.lid + LASHES, 1e-3))[..., None]
        lid = above * np.clip(0.82 * lit, 1, 2.5)
        share = np.clip(0.3 + 0.5 * down, 0, 1)
        lid = lid * (1 - share) + below * share
        round_ = 1 + 0.05 * np.sin(np.pi * np.clip(down, 0, 1)) - 0.06 * np.clip(down, 0, 1) ** 4
        k = g.smoothstep(-0.1, 0.6, down)
        colour = above * (1 - k) + lid * round_ * k
        # pores, grain and brush strokes from the strip below the eye
        strip = 0.04 + 0.06 * np.abs((self.y - self.floor) / 0.06 % 2 - 1)  # there and back
        fine = self._sample(self.x, self.floor + strip).astype(np.float32)
        fine = fine - cv2.GaussianBlur(fine, (0, 0), max(1.0, 0.02 * iod))
        fine = fine - cv2.GaussianBlur(
            fine, (0, 0), sigmaX=0.1 * iod, sigmaY=0.1
        )  # without creases along the lid
        fine = np.clip(fine, -10, 10)
        colour = colour + fine
        where = g.smoothstep(-0.11, -0.03, self.y - self.lid)
        xs = self.ends
        wide = g.smoothstep(-0.09, -0.01, self.x - xs[0]) * g.smoothstep(-0.09, -0.01, xs[1] - self.x)
        # beside the corners, only replace what is darker than skin: the lashes
        lashes = g.smoothstep(6, 20, (colour - self.image).mean(-1)) * (self.y < self.floor + 0.02)
        lashes = cv2.GaussianBlur(cv2.dilate(lashes.astype(np.float32), np.ones((3, 3))), (0, 0), 1.0)
        where = where * np.maximum(self.inside, wide * lashes)
        return colour, where, self._leftover(below)

    def _column(self, rows: list[Array]) -> Array:
        """(h, w, 3) float32: the median colour at these heights y in every column, smoothed along the lid."""
        found = np.median([self._sample(self.x, y) for y in rows], 0).astype(np.float32)
        return cv2.GaussianBlur(found, (0, 0), 0.06 * self.frame.iod, borderType=cv2.BORDER_REPLICATE)

    def _leftover(self, skin: Array) -> Array:
        """(h, w): 1 where the eye extends beyond the mesh, as large painted eyes do: paler than skin."""
        lab = cv2.cvtColor(self.image.astype(np.float32) / 255, cv2.COLOR_BGR2LAB)
        near = cv2.cvtColor(np.clip(skin / 255, 0, 1).astype(np.float32), cv2.COLOR_BGR2LAB)
        pale = np.hypot(near[..., 1], near[..., 2]) - np.hypot(lab[..., 1], lab[..., 2])
        eye = g.smoothstep(8, 14, pale) * g.smoothstep(-30, -20, lab[..., 0] - near[..., 0])
        xs, reach = self.ends, 0.07
        close = (self.y < self.floor + reach) & (self.y > self.lid - 0.02)
        close &= (self.x > xs[0] - reach) & (self.x < xs[1] + reach)
        eye = cv2.dilate((eye * close).astype(np.float32), np.ones((3, 3)))
        return cv2.GaussianBlur(eye, (0, 0), 1.0)

    def _lids(self, blink: float) -> tuple[Array, Array]:
        """Closed by `blink`: what lids and lashes add (h, w, 3), and the share of the eye that stays visible (h, w, 1)."""
        iod = self.frame.iod
        if self.closed is None:
            self.closed = self._closed_lid()
        colour, where, leftover = self.closed
        gap = (self.floor - self.lid) * self.inside
        edge = self.lid + CLOSED_SHARE * blink * gap
        k = (where * np.clip(blink * 2, 0, 1))[..., None]
        skin = self.image * (1 - k) + colour * k
        dark = np.minimum(self.image.reshape(-1, 3).min(0).astype(np.float32) + 12, 60)
        line = np.exp(-((np.abs(self.y - edge) * iod / max(1.2, 0.016 * iod)) ** 2)) * self.along * 0.75
        skin = skin * (1 - line[..., None]) + dark * line[..., None]
        cover = np.clip((edge - self.y) * iod / 1.5 + 0.5, 0, 1)
        below = (
            np.exp(-((np.maximum(self.y - edge, 0) * iod / max(1.0, 0.010 * iod)) ** 2)) * self.along * 0.6
        )
        rest = (leftover * g.smoothstep(0.6, 0.95, np.array(blink)) * (1 - cover) * (1 - below))[..., None]
        behind = ((1 - cover) * (1 - below))[..., None] - rest
        lids = skin * cover[..., None] + dark * ((1 - cover) * below)[..., None] + colour * rest
        return lids.astype(np.float32), behind.astype(np.float32)


def find_eyes(bgr: Image, points: Array, frame: g.HeadFrame) -> tuple[list[Eye], bool]:
    """The eyes inside the picture, and whether they are behind glasses."""
    mask = glasses.find_frame(bgr, points, frame, [[*upper, *lower[::-1]] for upper, lower, _, _ in EYES])
    found = [Eye(bgr, points, frame, landmarks, mask) for landmarks in EYES]
    return [eye for eye in found if eye.valid], mask is not None
