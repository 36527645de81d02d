"""Frames of a rig that performs, and the whole way from files to files.

A frame is one warp of the portrait: for every pixel of the picture, back through the head's turn, then back through
the mouth's fields, on coarse grids; only the last step is done for every pixel. Where U and L part, the inside of the
mouth shows. The person then lies over the still background.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from . import RenderInfo, eyes, lipline, mouth, oral
from . import geometry as g
from .head import CELL as COARSE
from .head import Head
from .mouth import CELL as FINE
from .performance import FPS, Performance
from .rig import Rig

DEFAULT_SIZE = 720  # px, short side
SIZES = (128, 1080)


def _box(low: np.ndarray, high: np.ndarray, w: int, h: int) -> tuple[int, int, int, int]:
    """x0, y0, x1, y1 on the coarse grid, inside the picture."""
    x0, y0 = (np.clip(np.floor(low / COARSE), 0, None) * COARSE).astype(int)
    x1, y1 = (np.ceil(high / COARSE) * COARSE).astype(int)
    return int(x0), int(y0), int(min(x1, w)), int(min(y1, h))


class Renderer:
    """Draws frame after frame of one rig: `draw(performance, i)` gives picture and mask."""

    def __init__(self, rig: Rig) -> None:
        w, h = rig.size
        self.w, self.h = w, h
        self.background = rig.background
        self.frame = g.HeadFrame(rig.points)
        self.line = lipline.find(rig.person, rig.points, self.frame)
        self.eyes = eyes.both(rig.person, rig.points, self.frame)
        self.box = self._moving_box(rig)
        x0, y0, x1, y1 = self.box
        self.head = Head(rig.points, (x1 - x0, y1 - y0), (x0, y0))
        a = rig.alpha.astype(np.float32)[..., None] / 255
        self.person = np.dstack([(rig.person * a).round().astype(np.uint8), rig.alpha])
        self.rest, self.rest_alpha = self._over(self.person, rig.background), rig.alpha
        self._prepare_lower(rig)
        self._prepare_mouth(rig)
        self.shown: list[tuple | None] = [None] * len(self.eyes)

    def _moving_box(self, rig: Rig) -> tuple[int, int, int, int]:
        """The part of the picture in which anything can move."""
        f = self.frame
        bottom = f.to_px(np.array([[x, f.chin + 1.25] for x in (-2.5, 2.5)]))[:, 1].max()
        ys = slice(0, int(np.clip(bottom, 1, self.h)))
        columns = np.flatnonzero(rig.alpha[ys].max(0) > 3)
        margin = 0.3 * f.iod
        left, right = (columns[0], columns[-1]) if len(columns) else (0, self.w)
        return _box(np.array([left - margin, 0]), np.array([right + margin, bottom]), self.w, self.h)

    def _prepare_lower(self, rig: Rig) -> None:
        f = self.frame
        corners = f.to_px(np.array([[x, y] for x in (-1.7, 1.7) for y in (-1.0, f.chin + 0.8)]))
        x0, y0, x1, y1 = _box(corners.min(0), corners.max(0), self.w, self.h)
        self.lower_at = (x0, y0)
        self.lower_grid = g.grid_points(x1 - x0, y1 - y0, FINE, x0, y0)
        self.lower_fields = mouth.MouthFields(f, self.line, self.lower_grid).lower()

    def _prepare_mouth(self, rig: Rig) -> None:
        """Textures of U and of L's cut, and the inside, over the mouth's box of the portrait."""
        f, line = self.frame, self.line
        xs, ys = (
            line.centre + np.array([-1.3, 1.3]) * max(line.half),
            np.array([line.upper.min() - 0.42, line.lower.max() + 0.32]),
        )
        corners = f.to_px(np.array([[x, y] for x in xs for y in ys]))
        x0, y0, x1, y1 = self.mouth_box = _box(corners.min(0), corners.max(0), self.w, self.h)
        grid = g.grid_points(x1 - x0, y1 - y0, FINE, x0, y0)
        self.upper_fields = mouth.MouthFields(f, line, grid).upper()
        self.upper_grid = grid
        pixels = np.dstack(
            np.meshgrid(np.arange(x0, x1, dtype=np.float32), np.arange(y0, y1, dtype=np.float32))
        )
        fine = mouth.MouthFields(f, line, pixels)
        self.upper_alpha, self.lower_alpha = fine.upper_alpha(), fine.lower_alpha()
        self.inside = oral.Inside(rig.person, rig.points, f, line, self.mouth_box)
        m = int(0.3 * f.iod)
        bx0, by0, bx1, by1 = self.box
        mx0, my0, mx1, my1 = _box(np.array([x0 - m, y0 - m]), np.array([x1 + m, y1 + m]), self.w, self.h)
        self.mouth_out = (max(mx0, bx0), max(my0, by0), min(mx1, bx1), min(my1, by1))

    def _over(self, person: np.ndarray, behind: np.ndarray) -> np.ndarray:
        """Premultiplied person (.., 4) over a background (.., 3)."""
        alpha = person[..., 3]
        rest = cv2.cvtColor(255 - alpha, cv2.COLOR_GRAY2BGR)
        return cv2.add(person[..., :3], cv2.multiply(behind, rest, scale=1 / 255))

    def _look(self, p: Performance, i: int) -> None:
        """Put the eyes of this frame into the portrait."""
        state = (round(float(p.blink[i]) * eyes.STEPS), *np.round(p.gaze[i] * 400))
        for k, eye in enumerate(self.eyes):
            if self.shown[k] == state:
                continue
            x0, y0, x1, y1 = eye.box
            picture = eye.picture(float(p.blink[i]), tuple(p.gaze[i]))
            alpha = self.person[y0:y1, x0:x1, 3:]
            self.person[y0:y1, x0:x1, :3] = (
                picture if alpha.min() == 255 else (picture * (alpha / 255.0)).astype(np.uint8)
            )
            self.shown[k] = state

    def _backward(self, fields: np.ndarray, weight: np.ndarray, grid: np.ndarray) -> np.ndarray:
        """Backward displacement (gh, gw, 2) px of a weighted sum of fields."""
        forward = np.tensordot(weight, fields, 1)
        _x0, _y0 = grid[0, 0]
        return g.invert(forward, grid, FINE, 5) - grid

    def draw(self, p: Performance, i: int) -> tuple[np.ndarray, np.ndarray]:
        """Picture (h, w, 3) and mask (h, w) of frame i, uint8."""
        self._look(p, i)
        x0, y0, x1, y1 = self.box
        w, h = x1 - x0, y1 - y0
        lower, upper, gap = mouth.weights(
            p.aperture[i], p.jaw[i], p.width[i], p.tuck[i], p.press[i], self.line
        )
        lower[-1] = p.brow[i]
        back = self.head.backward(p.yaw[i], p.pitch[i], p.roll[i], p.shift[i])
        at = g.upsample(back, COARSE // FINE, w // FINE + 1, h // FINE + 1)
        low = at + g.sample(
            self._backward(self.lower_fields, lower, self.lower_grid), at, FINE, *self.lower_at, outside=True
        )
        maps = g.upsample(low, FINE, w, h)
        person = cv2.remap(self.person, maps, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
        self._mouth(person, maps, at, upper, p.jaw[i], gap)
        picture, alpha = self.rest.copy(), self.rest_alpha.copy()
        picture[y0:y1, x0:x1] = self._over(person, self.background[y0:y1, x0:x1])
        alpha[y0:y1, x0:x1] = person[..., 3]
        return picture, alpha

    def _mouth(
        self, person: np.ndarray, maps: np.ndarray, at: np.ndarray, upper: np.ndarray, jaw: float, gap: float
    ) -> None:
        """Show the inside where L ends, and lay U over both; changes `person` (the moving box) in place."""
        bx0, by0 = self.box[:2]
        x0, y0, x1, y1 = self.mouth_out
        rows, columns = slice(y0 - by0, y1 - by0), slice(x0 - bx0, x1 - bx0)
        w, h = x1 - x0, y1 - y0
        tx, ty = self.mouth_box[:2]
        corner = np.float32([tx, ty])
        part = at[(y0 - by0) // FINE : (y1 - by0) // FINE + 1, (x0 - bx0) // FINE : (x1 - bx0) // FINE + 1]
        moved = part + g.sample(
            self._backward(self.upper_fields, upper, self.upper_grid), part, FINE, tx, ty, outside=True
        )
        to_upper = g.upsample(moved, FINE, w, h)
        view = person[rows, columns]
        out = view[..., :3].astype(np.float32)
        low_alpha = cv2.remap(
            self.lower_alpha,
            maps[rows, columns] - corner,
            None,
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=1,
        )[..., None]
        if gap > 0:
            inside = self.inside.draw(jaw, gap)
            inner = cv2.remap(
                inside,
                g.upsample(part, FINE, w, h) - corner,
                None,
                cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_REPLICATE,
            )
            out = inner + (out - inner) * low_alpha
        above = cv2.remap(self.person, to_upper, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
        up_alpha = cv2.remap(
            self.upper_alpha, to_upper - corner, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT
        )[..., None]
        out += (above[..., :3] - out) * up_alpha
        view[..., :3] = np.clip(out + 0.5, 0, 255).astype(np.uint8)


def output_size(rig: Rig, size: int | None) -> int:
    """Short side in px: 720, or what was asked for, within what makes sense."""
    return int(np.clip(size or DEFAULT_SIZE, *SIZES)) // 2 * 2


def render_files(
    rig_path: Path,
    sound_path: Path,
    video: Path,
    mask: Path | None,
    size: int | None,
    seed: int,
    max_seconds: float | None,
    progress: Callable[[float], None] | None,
) -> RenderInfo:
    """See engine.animator.render."""
    from . import performance, phonemes, rig, sound, visemes
    from .encoder import Encoder

    tell = _Teller(progress)
    heard = sound.decode(sound_path, max_seconds)
    duration = len(heard) / sound.RATE
    frames = max(1, math.ceil(duration * FPS - 1e-6))
    tell(0.01)
    db = sound.loudness(heard)
    play = performance.perform(visemes.tracks(phonemes.recognise(heard), db), db, frames, seed)
    del heard
    tell(0.04)
    loaded = rig.load(rig_path)
    drawer = Renderer(loaded.resized(output_size(loaded, size)))
    rate, layout = sound.best_layout(sound_path)
    kept = sound.frames(sound_path, rate, layout, "fltp")
    with Encoder(video, mask, drawer.w, drawer.h, kept, rate, layout) as out:
        for i in range(frames):
            out.write(*drawer.draw(play, i))
            tell(0.05 + 0.94 * (i + 1) / frames)
    tell(1.0, True)
    return RenderInfo(duration, frames, drawer.w, drawer.h)


class _Teller:
    """Passes progress on about twice a second."""

    def __init__(self, progress: Callable[[float], None] | None) -> None:
        self.progress, self.last = progress, 0.0

    def __call__(self, share: float, now: bool = False) -> None:
        if self.progress and (now or time.monotonic() - self.last > 0.5):
            self.last = time.monotonic()
            self.progress(share)
