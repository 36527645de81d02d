"""Lids and irises: small pictures that replace the eyes of the portrait before it is warped.

A blink stretches the skin between brow and lash line over the eye; the lashes travel as a soft dark line, not as
stretched texture. Everything is prepared for a dozen steps, so a blink costs nothing while rendering.
"""

from __future__ import annotations

import cv2
import numpy as np

from . import geometry as g

# upper and lower lid, outer to inner corner; the brow's lower edge above them
EYES = (
    ([33, 246, 161, 160, 159, 158, 157, 173, 133], [33, 7, 163, 144, 145, 153, 154, 155, 133], [46, 53, 52, 65, 55], 468),
    ([263, 466, 388, 387, 386, 385, 384, 398, 362], [263, 249, 390, 373, 374, 380, 381, 382, 362], [276, 283, 282, 295, 285], 473),
)  # fmt: skip
STEPS = 12
TRAVEL = 0.98  # of the gap that the lid covers when shut


class Eye:
    """One eye: `picture(blink, gaze)` gives its box of the portrait, (h, w, 3) uint8."""

    def __init__(self, bgr: np.ndarray, points: np.ndarray, frame: g.HeadFrame, ids: tuple) -> None:
        upper, lower, brow, iris = ids
        self.frame, iod = frame, frame.iod
        up, low, brows = (frame.to_local(points[i, :2].astype(np.float64)) for i in (upper, lower, brow))
        h, w = bgr.shape[:2]
        corners = points[[*upper, *lower, *brow], :2]
        pad = 0.10 * iod
        x0, y0 = np.maximum(0, np.floor(corners.min(0) - pad)).astype(int)
        x1, y1 = np.minimum([w, h], np.ceil(corners.max(0) + pad)).astype(int)
        self.box = (int(x0), int(y0), int(x1), int(y1))
        self.image = bgr[y0:y1, x0:x1].copy()
        self.valid = x1 - x0 > 4 and y1 - y0 > 4
        grid = np.dstack(
            np.meshgrid(np.arange(x0, x1, dtype=np.float32), np.arange(y0, y1, dtype=np.float32))
        )
        p = frame.to_local(grid)
        self.x, self.y = p[..., 0], p[..., 1]
        self.lid, self.floor = self._curve(up), self._curve(low)
        self.floor = np.maximum(self.floor, self.lid)
        b = np.argsort(brows[:, 0])
        self.brow = np.interp(self.x, brows[b, 0], brows[b, 1])
        # the stretch begins half way to the brow: the brow itself stays
        self.top = np.minimum(0.35 * self.lid + 0.65 * self.brow, self.lid - 0.06)
        xs = np.sort([up[0, 0], up[-1, 0]])
        self.inside = g.smoothstep(-0.01, 0.035, self.x - xs[0]) * g.smoothstep(-0.01, 0.035, xs[1] - self.x)
        # the lash line fades before the corners, or it ends in a hook
        self.along = g.smoothstep(0.0, 0.10, self.x - xs[0]) * g.smoothstep(0.0, 0.10, xs[1] - self.x)
        self.iris = frame.to_local(points[iris, :2].astype(np.float64))
        self.radius = 0.095
        self.cache: dict[tuple, np.ndarray] = {}
        self.lids: dict[float, tuple[np.ndarray, np.ndarray]] = {}

    def _curve(self, lid: np.ndarray) -> np.ndarray:
        order = np.argsort(lid[:, 0])
        xs, ys = lid[order, 0], lid[order, 1]
        fit = np.polyfit(xs, ys, 4)  # smooth between the mesh's few points
        return np.polyval(fit, np.clip(self.x, xs[0], xs[-1]))

    def picture(self, blink: float, gaze: tuple[float, float]) -> np.ndarray:
        """The eye's box with lids shut by `blink` 0..1 and the iris moved by `gaze` IOD."""
        key = (round(blink * STEPS), round(gaze[0] * 400), round(gaze[1] * 400))
        if key not in self.cache:
            if len(self.cache) > 200:
                self.cache.clear()
            self.cache[key] = self._paint(key[0] / STEPS, key[1] / 400, key[2] / 400)
        return self.cache[key]

    def _sample(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        px = self.frame.to_px(np.stack([x, y], -1)) - np.array(self.box[:2])
        return cv2.remap(
            self.image, px.astype(np.float32), None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
        )

    def _paint(self, blink: float, gx: float, gy: float) -> np.ndarray:
        out = self.image
        if gx or gy:
            d = np.hypot(self.x - self.iris[0], (self.y - self.iris[1]) * 1.1)
            k = 1 - g.smoothstep(self.radius * 0.9, self.radius * 2.0, d)
            # only between the lids: they stay where they are
            open_ = g.smoothstep(0, 0.03, self.y - self.lid) * g.smoothstep(0, 0.03, self.floor - self.y)
            k = k * np.clip(open_, 0, 1)
            out = self._sample(self.x - gx * k, self.y - gy * k)
        if blink <= 0:
            return out
        if blink not in self.lids:
            self.lids[blink] = self._lids(blink)
        lids, eye = self.lids[blink]
        return np.clip(lids + eye * out, 0, 255).astype(np.uint8)

    def _lids(self, blink: float) -> tuple[np.ndarray, np.ndarray]:
        """Shut by `blink`: what lids and lashes add (h, w, 3), how much of the eye behind is left (h, w, 1)."""
        iod = self.frame.iod
        gap = (self.floor - self.lid) * self.inside
        edge = self.lid + TRAVEL * blink * gap
        lash = 0.045  # IOD of lashes and shadow above the lid's edge that must not be stretched
        t = np.clip((self.y - self.top) / np.maximum(edge - self.top, 1e-3), 0, 1)
        source_end = self.lid - lash * min(1.0, blink * 3) * self.inside
        # skin gathered at the brow unrolls: more of the stretch near the lashes
        source = self.top + (source_end - self.top) * t
        skin = self._sample(self.x, np.where(self.y < self.top, self.y, source)).astype(np.float32)
        # what is left of lashes and their shadow would be drawn out into a comb: smooth it along the lid
        soft = cv2.GaussianBlur(skin, (0, 0), sigmaX=max(0.8, 0.035 * iod), sigmaY=0.8)
        k = (np.clip(blink * 2, 0, 1) * g.smoothstep(0.35, 0.8, t) * self.inside)[..., None]
        skin = skin * (1 - k) + soft * k
        shade = 1 - 0.10 * blink * np.exp(-(((t - 0.75) / 0.25) ** 2)) * self.inside
        skin *= shade[..., None]
        dark = np.minimum(self.image.reshape(-1, 3).min(0).astype(np.float32) + 12, 60)
        line = np.exp(-((np.abs(self.y - edge) * iod / max(1.2, 0.016 * iod)) ** 2)) * self.along * 0.75
        skin = skin * (1 - line[..., None]) + dark * line[..., None]
        cover = np.clip((edge - self.y) * iod / 1.5 + 0.5, 0, 1)
        below = (
            np.exp(-((np.maximum(self.y - edge, 0) * iod / max(1.0, 0.010 * iod)) ** 2)) * self.along * 0.6
        )
        behind = (1 - cover) * (1 - below)
        lids = skin * cover[..., None] + dark * ((1 - cover) * below)[..., None]
        return lids.astype(np.float32), behind[..., None].astype(np.float32)


def both(bgr: np.ndarray, points: np.ndarray, frame: g.HeadFrame) -> list[Eye]:
    """The eyes that lie inside the picture."""
    return [e for e in (Eye(bgr, points, frame, ids) for ids in EYES) if e.valid]
