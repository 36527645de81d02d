"""Head coordinates, and displacement fields on coarse grids."""

from __future__ import annotations

import cv2
import numpy as np

from . import face
from .arrays import Array


def smoothstep(a: float, b: float, x: Array) -> Array:
    """0 below a, 1 above b, smooth in between."""
    t = np.clip((x - a) / (b - a), 0, 1)
    return t * t * (3 - 2 * t)


def grid_points(w: int, h: int, cell: int, x0: int = 0, y0: int = 0) -> Array:
    """(gh, gw, 2) float32 px: the centres of cells that cover w x h px from (x0, y0) on, plus one cell on every side.

    With centres, cv2.resize enlarges exactly, which is eight times faster than a warp.
    """
    first = (cell - 1) / 2 - cell
    xs = np.arange(-(-w // cell) + 2, dtype=np.float32) * cell + (x0 + first)
    ys = np.arange(-(-h // cell) + 2, dtype=np.float32) * cell + (y0 + first)
    return np.dstack(np.meshgrid(xs, ys))


def offset(at: Array, by: Array, scale: float = 1.0) -> Array:
    """(at - by) * scale for positions (h, w, 2) float32 and one point (2,), computed with complex numbers.

    numpy's inner loop runs over the last axis; with only two values in it, it would be five times slower.
    """
    z = np.ascontiguousarray(at, np.float32).view(np.complex64) - np.complex64(complex(by[0], by[1]))
    if scale != 1.0:
        z *= np.float32(scale)
    return z.view(np.float32)


def sample(field: Array, at: Array, cell: int, grid: Array) -> Array:
    """The values of a field on a grid at px positions `at` (.., 2), bilinear; outside, those at its edge."""
    cells = offset(at, grid[0, 0], 1 / cell)
    return cv2.remap(field, cells, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def invert(forward: Array, grid: Array, cell: int, steps: int, guess: Array | None = None) -> Array:
    """Backward positions (gh, gw, 2) px of a forward displacement on the same grid, by fixed-point steps.

    p = q - forward(p); converges where the displacement changes by less than 1 px per px. The solution for the previous
    frame is a good guess.
    """
    # in units of cells, or every step would have to convert
    rest, forward = offset(grid, grid[0, 0], 1 / cell), forward * np.float32(1 / cell)
    at = rest - forward if guess is None else offset(guess, grid[0, 0], 1 / cell)
    for _ in range(steps):
        at = rest - cv2.remap(forward, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return offset(at * np.float32(cell), -grid[0, 0])


def upsample(positions: Array, cell: int, w: int, h: int) -> Array:
    """Positions on a grid of cells, interpolated for each of w x h px.

    Absolute positions, because bilinear interpolation keeps the identity exact.
    """
    gh, gw = positions.shape[:2]
    big = cv2.resize(positions, (gw * cell, gh * cell), interpolation=cv2.INTER_LINEAR)
    return big[cell : cell + h, cell : cell + w]


def refine(positions: Array) -> Array:
    """Positions on a grid of cells, interpolated on the grid of cells of half the size over the same px."""
    gh, gw = positions.shape[:2]
    return cv2.resize(positions, (gw * 2, gh * 2), interpolation=cv2.INTER_LINEAR)[1:-1, 1:-1]


class HeadFrame:
    """Coordinates of the head in the picture: origin between the eyes, x along the eyes, y to the chin, unit IOD."""

    def __init__(self, points: Array) -> None:
        p = points.astype(np.float64)
        self.iod = face.eye_distance(p)
        eyes, mouth = p[263, :2] - p[33, :2], p[291, :2] - p[61, :2]
        x = eyes / np.linalg.norm(eyes) + mouth / np.linalg.norm(mouth)
        self.x = x / np.linalg.norm(x)
        self.y = np.array([-self.x[1], self.x[0]])
        self.origin = p[[33, 133, 362, 263], :2].mean(0)
        self.chin = float((p[152, :2] - self.origin) @ self.y / self.iod)
        self.ear_z = float((p[234, 2] + p[454, 2]) / 2)

    def to_local(self, px: Array) -> Array:
        """px (.., 2) -> IOD (.., 2)."""
        d = px - self.origin
        return np.stack([d @ self.x, d @ self.y], -1) / self.iod

    def to_px(self, local: Array) -> Array:
        """IOD (.., 2) -> px (.., 2)."""
        return self.origin + (local[..., :1] * self.x + local[..., 1:] * self.y) * self.iod

    def vector(self, dx: Array, dy: Array) -> Array:
        """Displacements in IOD along the axes of the head -> px (.., 2) float32."""
        return ((dx[..., None] * self.x + dy[..., None] * self.y) * self.iod).astype(np.float32)
