"""Coordinates of the head and fields of displacement on coarse grids."""

from __future__ import annotations

import cv2
import numpy as np

from . import face


def smoothstep(a: float, b: float, x: np.ndarray) -> np.ndarray:
    """0 below a, 1 above b, smooth between."""
    t = np.clip((x - a) / (b - a), 0, 1)
    return t * t * (3 - 2 * t)


def grid_points(w: int, h: int, cell: int, x0: int = 0, y0: int = 0) -> np.ndarray:
    """(gh, gw, 2) float32 px: the corners of cells that cover w x h px from (x0, y0) on."""
    xs = np.arange(0, w + cell, cell, dtype=np.float32) + x0
    ys = np.arange(0, h + cell, cell, dtype=np.float32) + y0
    return np.dstack(np.meshgrid(xs, ys))


def sample(
    field: np.ndarray, at: np.ndarray, cell: int, x0: float = 0, y0: float = 0, outside: bool = False
) -> np.ndarray:
    """Values of a field on a grid at px positions `at` (.., 2), bilinear; its edge goes on, or 0 `outside`."""
    m = (at - np.float32([x0, y0])) * np.float32(1 / cell)
    border = cv2.BORDER_CONSTANT if outside else cv2.BORDER_REPLICATE
    return cv2.remap(field, m, None, cv2.INTER_LINEAR, borderMode=border)


def invert(forward: np.ndarray, grid: np.ndarray, cell: int, steps: int) -> np.ndarray:
    """Backward positions (gh, gw, 2) px of a forward displacement on the same grid, by fixed-point steps.

    p = q - forward(p); converges where the displacement changes by less than 1 px a px.
    """
    x0, y0 = grid[0, 0]
    at = grid - forward
    for _ in range(steps):
        at = grid - sample(forward, at, cell, x0, y0)
    return at


def upsample(positions: np.ndarray, cell: int, w: int, h: int) -> np.ndarray:
    """Positions on a grid of cells -> for each of w x h px. Absolute positions: bilinear keeps the identity exact."""
    _gh, _gw = positions.shape[:2]
    big = cv2.warpAffine(
        positions,
        np.float32([[cell, 0, 0], [0, cell, 0]]),
        (w, h),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return big


class HeadFrame:
    """The head's axes in the picture: origin between the eyes, x along the eyes, y to the chin, unit IOD."""

    def __init__(self, points: np.ndarray) -> None:
        p = points.astype(np.float64)
        self.iod = face.eye_distance(p)
        eyes, mouth = p[263, :2] - p[33, :2], p[291, :2] - p[61, :2]
        x = eyes / np.linalg.norm(eyes) + mouth / np.linalg.norm(mouth)
        self.x = x / np.linalg.norm(x)
        self.y = np.array([-self.x[1], self.x[0]])
        self.origin = p[[33, 133, 362, 263], :2].mean(0)
        self.chin = float((p[152, :2] - self.origin) @ self.y / self.iod)
        self.ear_z = float((p[234, 2] + p[454, 2]) / 2)

    def to_local(self, px: np.ndarray) -> np.ndarray:
        """px (.., 2) -> IOD (.., 2)."""
        d = px - self.origin
        return np.stack([d @ self.x, d @ self.y], -1) / self.iod

    def to_px(self, local: np.ndarray) -> np.ndarray:
        """IOD (.., 2) -> px (.., 2)."""
        return self.origin + (local[..., :1] * self.x + local[..., 1:] * self.y) * self.iod

    def vector(self, dx: np.ndarray, dy: np.ndarray) -> np.ndarray:
        """Displacements in IOD along the head's axes -> px (.., 2) float32."""
        return ((dx[..., None] * self.x + dy[..., None] * self.y) * self.iod).astype(np.float32)
