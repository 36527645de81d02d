"""Turning the head in 3D: where every point of the portrait goes, on a coarse grid.

The mesh gives the depth of the face; outside of it the depth fades to the plane of the ears, so that the outline of the
hair hardly moves when the head turns. The movement fades over neck and shoulders.
"""

from __future__ import annotations

import cv2
import numpy as np

from . import geometry as g
from .arrays import Array

CELL = 8  # px of the grid


class Head:
    """Backward maps of head poses for one rig, on a grid of CELL px."""

    def __init__(self, points: Array, size: tuple[int, int], corner: tuple[int, int]) -> None:
        self.frame = g.HeadFrame(points)
        w, h = size
        self.corner = corner
        self.grid = g.grid_points(w, h, CELL, *corner)
        f = self.frame
        self.pivot = np.array([*f.to_px(np.array([0.0, f.chin + 0.35])), f.ear_z], np.float32)
        local = f.to_local(self.grid)
        below = local[..., 1] - f.chin
        beside = g.smoothstep(2.3, 3.4, np.abs(local[..., 0]))  # other people do not move
        self.weight = ((1 - g.smoothstep(-0.1, 1.15, below)) * (1 - beside)).astype(np.float32)
        self.depth = self._depth(points, local)
        self.last: Array | None = None  # the solution for the previous frame

    def _depth(self, points: Array, local: Array) -> Array:
        """z (gh, gw) px: that of the mesh inside the face, that of the ears further out."""
        gh, gw = self.grid.shape[:2]
        weighted = np.zeros((gh, gw), np.float32)
        total = np.zeros((gh, gw), np.float32)
        sigma = 0.12 * self.frame.iod / CELL
        r = int(3 * sigma) + 1
        ax = np.arange(-r, r + 1)
        bump = np.exp(-0.5 * (ax[:, None] ** 2 + ax[None] ** 2) / sigma**2).astype(np.float32)
        at = points[:468].astype(np.float64) - (*self.corner, 0)
        for x, y, z in at:
            cx, cy = round(x / CELL), round(y / CELL)
            x0, x1, y0, y1 = max(cx - r, 0), min(cx + r + 1, gw), max(cy - r, 0), min(cy + r + 1, gh)
            if x0 >= x1 or y0 >= y1:
                continue
            b = bump[y0 - cy + r : y1 - cy + r, x0 - cx + r : x1 - cx + r]
            weighted[y0:y1, x0:x1] += b * z
            total[y0:y1, x0:x1] += b
        z = weighted / np.maximum(total, 1e-6)
        hull = cv2.convexHull((at[:, :2] / CELL).astype(np.float32)).astype(np.int32)
        outside = np.ones((gh, gw), np.uint8)
        cv2.fillConvexPoly(outside, hull, 0)
        far = cv2.distanceTransform(outside, cv2.DIST_L2, 5) * CELL / self.frame.iod
        known = total > 0.05
        z = np.where(known, z, self.frame.ear_z)
        k = g.smoothstep(0.0, 0.55, far)
        z = z * (1 - k) + self.frame.ear_z * k
        return cv2.GaussianBlur(z.astype(np.float32), (0, 0), max(1.0, 0.08 * self.frame.iod / CELL))

    def forward(self, yaw: float, pitch: float, roll: float, shift: Array) -> Array:
        """Displacement (gh, gw, 2) px of every grid point for a rotation in degrees and a shift in IOD."""
        a, b, c = np.radians([yaw, pitch, roll])
        ry = np.array([[np.cos(a), 0, -np.sin(a)], [0, 1, 0], [np.sin(a), 0, np.cos(a)]])
        rx = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
        rz = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
        m = (rz @ rx @ ry).astype(np.float32)
        x, y = self.grid[..., 0] - self.pivot[0], self.grid[..., 1] - self.pivot[1]
        z = self.depth - self.pivot[2]
        s = shift * self.frame.iod
        dx = (m[0, 0] - 1) * x + m[0, 1] * y + m[0, 2] * z + s[0]
        dy = m[1, 0] * x + (m[1, 1] - 1) * y + m[1, 2] * z + s[1]
        return np.dstack([dx * self.weight, dy * self.weight]).astype(np.float32)

    def backward(self, yaw: float, pitch: float, roll: float, shift: Array) -> Array:
        """For every grid point of the frame, the px of the portrait that is drawn there (gh, gw, 2)."""
        steps = 3 if self.last is None else 2
        self.last = g.invert(self.forward(yaw, pitch, roll, shift), self.grid, CELL, steps, self.last)
        return self.last
