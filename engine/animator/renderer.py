"""Drawing the frames of a video, and rendering from files to files.

A frame is one warp of the portrait: positions are mapped back through the rotation of the head and then through the
fields of the mouth, on coarse grids; only the final sampling is done for every pixel. Between the two layers of the mouth
its interior is visible. The person is then composited over the static background.
"""

from __future__ import annotations

import contextlib
import math
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from . import eyes, lipline, mouth, oral
from . import geometry as g
from .arrays import Array, Box, Image, Samples, runs
from .direction import Direction
from .head import CELL as COARSE
from .head import Head
from .mouth import CELL as FINE
from .performance import Performance
from .results import FPS, RenderInfo, Word
from .rig import Rig

if TYPE_CHECKING:
    from .phonemes import Phones

Band = tuple[slice, slice]  # rows and columns

DEFAULT_SIZE = 720  # px, short side
SIZES = (128, 1080)  # the smallest and the largest short side
SHARPEN = 0.35  # of an unsharp mask, which compensates for the bilinear sampling
BAND = 48  # px, height of the strips that are sampled at once
# Of the whole work, as measured on two cores.
RECOGNITION_SHARE, ALIGNMENT_SHARE = 0.15, 0.15
REPORT_SECONDS = 0.25
MIN_DISPLACEMENT = 0.1  # px; smaller ones are invisible


def _grid_box(low: Array, high: Array, w: int, h: int) -> Box:
    """The smallest box around two corners that lies on the coarse grid and inside the picture."""
    x0, y0 = (np.clip(np.floor(low / COARSE), 0, None) * COARSE).astype(int)
    x1, y1 = (np.ceil(high / COARSE) * COARSE).astype(int)
    return int(x0), int(y0), int(min(x1, w)), int(min(y1, h))


class Renderer:
    """Draws the frames of one rig: `draw(performance, i)` returns picture and mask.

    Warps only the `box` in which anything can move.
    """

    def __init__(self, rig: Rig) -> None:
        self.w, self.h = rig.size
        self.frame = g.HeadFrame(rig.points)
        self.line = lipline.find_lip_line(rig.person, rig.points, self.frame)
        sharpened = cv2.addWeighted(
            rig.person, 1 + SHARPEN, cv2.GaussianBlur(rig.person, (0, 0), 1.0), -SHARPEN, 0
        )
        self.eyes, behind_glasses = eyes.find_eyes(sharpened, rig.points, self.frame)
        self.brow_gain = 0.3 if behind_glasses else 1.0  # glasses must not rise with the brows
        self.drawn_eyes: list[tuple[float, ...] | None] = [None] * len(self.eyes)  # blink and gaze
        self.box = self._moving_box(rig)
        x0, y0, x1, y1 = self.box
        self.head = Head(rig.points, (x1 - x0, y1 - y0), (x0, y0))
        a = rig.alpha.astype(np.float32)[..., None] / 255
        self.person = np.dstack([(sharpened * a).round().astype(np.uint8), rig.alpha])  # premultiplied
        background = np.dstack([rig.background, np.zeros_like(rig.alpha)])
        self.still = _composite(self.person, background)
        self.background = background[y0:y1, x0:x1].copy()
        self.bands, self.translucent = self._find_bands(rig.alpha[y0:y1, x0:x1])
        self._prepare_lower_layer()
        self._prepare_mouth(rig)

    def _moving_box(self, rig: Rig) -> Box:
        """The part of the picture in which anything can move."""
        f = self.frame
        bottom = f.to_px(np.array([[x, f.chin + 1.25] for x in (-2.5, 2.5)]))[:, 1].max()
        ys = slice(0, int(np.clip(bottom, 1, self.h)))
        columns = np.flatnonzero(rig.alpha[ys].max(0) > 3)
        margin = 0.3 * f.iod
        left, right = (columns[0], columns[-1]) if len(columns) else (0, self.w)
        return _grid_box(np.array([left - margin, 0]), np.array([right + margin, bottom]), self.w, self.h)

    def _find_bands(self, alpha: Image) -> tuple[list[Band], list[Band]]:
        """Strips of the moving box that the person can reach, and the parts of them that can be translucent.

        Outside of the strips nothing is drawn; only the translucent parts are composited over the background.
        """
        h, w = alpha.shape
        margin = int(0.25 * self.frame.iod)
        bands: list[Band] = []
        translucent: list[Band] = []
        for y in range(0, h, BAND):
            near = alpha[max(0, y - margin) : y + BAND + margin]
            reached = np.flatnonzero(near.max(0) > 0)
            if not len(reached):
                continue
            rows = slice(y, min(h, y + BAND))
            left, right = max(0, int(reached[0]) - margin), min(w, int(reached[-1]) + margin)
            bands.append((rows, slice(left, right)))
            a, b = max(runs(near.min(0) == 255), key=lambda run: run[1] - run[0], default=(0, 0))
            a, b = a + margin, b - margin
            translucent += [(rows, slice(left, a)), (rows, slice(b, right))] if a < b else [bands[-1]]
        return bands, translucent

    def _prepare_lower_layer(self) -> None:
        f = self.frame
        corners = f.to_px(np.array([[x, y] for x in (-1.7, 1.7) for y in (-1.0, f.chin + 0.8)]))
        x0, y0, x1, y1 = _grid_box(corners.min(0), corners.max(0), self.w, self.h)
        grid = g.grid_points(x1 - x0, y1 - y0, FINE, x0, y0)
        self.lower = _Layer(mouth.MouthFields(f, self.line, grid).lower_fields(), grid)
        # the cells of the moving box that the layer can reach in any pose of the head
        margin = 0.3 * f.iod
        x, y = ((self.lower.grid[0, 0] - self.box[:2] - margin) // FINE).astype(int)
        x2, y2 = ((self.lower.grid[-1, -1] - self.box[:2] + margin) // FINE).astype(int) + 2
        self.lower_cells = np.s_[max(0, y) : max(0, y2), max(0, x) : max(0, x2)]

    def _prepare_mouth(self, rig: Rig) -> None:
        """The upper layer, the edges of both layers and the interior, over the box of the mouth."""
        f, line = self.frame, self.line
        xs = line.centre + np.array([-1.3, 1.3]) * max(line.half)
        ys = np.array([line.upper.min() - 0.42, line.lower.max() + 0.32])
        corners = f.to_px(np.array([[x, y] for x in xs for y in ys]))
        x0, y0, x1, y1 = self.mouth_box = _grid_box(corners.min(0), corners.max(0), self.w, self.h)
        grid = g.grid_points(x1 - x0, y1 - y0, FINE, x0, y0)
        self.upper = _Layer(mouth.MouthFields(f, line, grid).upper_fields(), grid)
        xs, ys = np.arange(x0, x1, dtype=np.float32), np.arange(y0, y1, dtype=np.float32)
        pixels = mouth.MouthFields(f, line, np.dstack(np.meshgrid(xs, ys)))
        self.upper_alpha, self.lower_alpha = pixels.upper_alpha(), pixels.lower_alpha()
        self.interior = oral.MouthInterior(rig.person, rig.points, f, line, self.mouth_box)

    def _draw_eyes(self, p: Performance, i: int) -> None:
        """Draw the eyes of frame i into the portrait."""
        state = (round(float(p.blink[i]) * eyes.STEPS), *np.round(p.gaze[i] * 400))
        for k, eye in enumerate(self.eyes):
            if self.drawn_eyes[k] == state:
                continue
            x0, y0, x1, y1 = eye.box
            picture = eye.draw(float(p.blink[i]), tuple(p.gaze[i]))
            alpha = self.person[y0:y1, x0:x1, 3:]
            if alpha.min() < 255:
                picture = (picture * (alpha / 255.0)).astype(np.uint8)
            self.person[y0:y1, x0:x1, :3] = picture
            self.drawn_eyes[k] = state

    def draw(self, p: Performance, i: int) -> Image:
        """Frame i (h, w, 4): B, G, R and the mask of the person."""
        self._draw_eyes(p, i)
        x0, y0, x1, y1 = self.box
        lower, upper, gap = mouth.weights(p.aperture[i], p.jaw[i], p.width[i], p.tuck[i], p.press[i])
        lower[-1] = self.brow_gain * p.brow[i]
        at = g.refine(self.head.backward(p.yaw[i], p.pitch[i], p.roll[i], p.shift[i]))
        through_lower = at.copy()
        through_lower[self.lower_cells] = self.lower.map_back(at[self.lower_cells], lower)
        maps = g.upsample(through_lower, FINE, x1 - x0, y1 - y0)
        picture = self.still.copy()
        box = picture[y0:y1, x0:x1]
        for band in self.bands:
            band_map = _to_fixed_point(maps[band])
            box[band] = cv2.remap(self.person, *band_map, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
        interior = self.interior.draw(float(p.jaw[i]), gap, float(p.width[i])) if gap > 0 else None
        self._draw_mouth(box, maps, at, upper, interior)
        for part in self.translucent:
            box[part] = _composite(box[part], self.background[part])
        return picture

    def _mouth_view(self, at: Array) -> Box:
        """Where the box of the mouth is in this frame, in px of the moving box, on the fine grid."""
        bx0, by0, bx1, by1 = self.box
        x0, y0, x1, y1 = np.array(self.mouth_box) - (bx0, by0, bx0, by0)
        row = min((y0 + y1) // 2 // FINE, at.shape[0] - 1)
        column = min((x0 + x1) // 2 // FINE, at.shape[1] - 1)
        rest = np.array([bx0 + column * FINE, by0 + row * FINE]) + (FINE - 1) / 2 - FINE
        dx, dy = rest - at[row, column]
        pad = 8
        x0, y0 = (max(0, int(v) // FINE * FINE) for v in (x0 + dx - pad, y0 + dy - pad))
        x1, y1 = min(int(x1 + dx + pad), bx1 - bx0), min(int(y1 + dy + pad), by1 - by0)
        return x0, y0, x1, y1

    def _draw_mouth(
        self,
        person: Image,
        maps: Array,
        at: Array,
        upper: Array,
        interior: Image | None,
    ) -> None:
        """Draw the interior where the lower layer ends, and the upper layer over both, into the moving box `person`."""
        x0, y0, x1, y1 = self._mouth_view(at)
        w, h = x1 - x0, y1 - y0
        corner = (*self.mouth_box[:2], 0, 0)
        part = at[y0 // FINE : -(-y1 // FINE) + 2, x0 // FINE : -(-x1 // FINE) + 2]
        to_upper = _to_fixed_point(g.upsample(self.upper.map_back(part, upper), FINE, w, h))
        view = person[y0:y1, x0:x1]
        below = view.copy()
        if interior is not None:
            to_lower = _to_fixed_point(maps[y0:y1, x0:x1], corner)
            a = cv2.remap(self.lower_alpha, *to_lower, cv2.INTER_LINEAR, borderValue=1)
            to_interior = _to_fixed_point(g.upsample(part, FINE, w, h), corner)
            inner = cv2.remap(interior, *to_interior, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            below = cv2.blendLinear(below, inner, a, 1 - a)
        above = cv2.remap(self.person, *to_upper, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
        a = cv2.remap(self.upper_alpha, cv2.subtract(to_upper[0], corner), to_upper[1], cv2.INTER_LINEAR)
        view[:] = cv2.blendLinear(above, below, a, 1 - a)


def _to_fixed_point(positions: Array, corner: tuple[int, int, int, int] | None = None) -> tuple[Array, Array]:
    """Positions (h, w, 2) px minus a corner (x, y, 0, 0), as the pair of fixed-point maps that cv2.remap uses.

    cv2.remap would convert them itself, but in small blocks, which is slower.
    """
    whole, fraction = cv2.convertMaps(positions, None, cv2.CV_16SC2)
    return (cv2.subtract(whole, corner) if corner else whole), fraction


def _composite(person: Image, background: Image) -> Image:
    """The premultiplied person over a background, both (.., 4); the mask stays in the fourth channel."""
    transparency = cv2.cvtColor(cv2.bitwise_not(cv2.extractChannel(person, 3)), cv2.COLOR_GRAY2BGRA)
    return cv2.add(person, cv2.multiply(background, transparency, scale=1 / 255))


class _Layer:
    """The fields of a layer, on the part of their grid in which any of them moves anything."""

    def __init__(self, fields: Array, grid: Array) -> None:
        moves = np.abs(fields).max((0, 3)) > MIN_DISPLACEMENT
        rows, columns = (np.flatnonzero(moves.any(axis)) for axis in (1, 0))
        part = np.s_[max(0, rows[0] - 1) : rows[-1] + 2, max(0, columns[0] - 1) : columns[-1] + 2]
        self.fields, self.grid = np.ascontiguousarray(fields[:, *part]), grid[part]
        self.last: Array | None = None  # the solution for the previous frame

    def map_back(self, at: Array, weight: Array) -> Array:
        """Positions (h, w, 2) px mapped back through the weighted sum of the fields."""
        steps = 5 if self.last is None else 3
        shape = self.fields.shape[1:]
        # not np.dot: its threads wait for each other while the encoders use the cores
        forward = cv2.gemm(weight[None], self.fields.reshape(len(weight), -1), 1, None, 0).reshape(shape)
        self.last = g.invert(forward, self.grid, FINE, steps, self.last)
        back = self.last - self.grid
        back[0] = back[-1] = back[:, 0] = back[:, -1] = 0  # nothing moves outside the grid
        return at + g.sample(back, at, FINE, self.grid)


def output_size(rig: Rig, size: int | None) -> int:
    """The short side in px: the requested size within SIZES, by default 720."""
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
    script: str | None = None,
    direction: Direction | None = None,
) -> RenderInfo:
    """See engine.animator.render."""
    from . import performance, rig, sound, visemes
    from .encoder import Encoder
    from .framing import measure_framing

    report = _ProgressReporter(progress)
    samples = sound.decode(sound_path, max_seconds)
    duration = len(samples) / sound.RATE
    frames = max(1, math.ceil(duration * FPS - 1e-6))
    db = sound.loudness(samples)
    report(0.01)
    phones, words = _recognise(samples, script, report)
    motion = performance.perform(visemes.mouth_curves(phones, db), db, frames, seed)
    if direction:
        motion = performance.direct(motion, direction, seed)
    del samples
    recognised = RECOGNITION_SHARE + ALIGNMENT_SHARE if script else RECOGNITION_SHARE
    report(recognised)
    loaded = rig.load(rig_path)
    renderer = Renderer(loaded.resized(output_size(loaded, size)))
    w, h = renderer.w, renderer.h
    soundtrack = sound.open_soundtrack(sound_path)
    with _tune_threads(), Encoder(video, mask, (w, h), soundtrack) as encoder:
        for i in range(frames):
            encoder.write(renderer.draw(motion, i))
            report(recognised + (0.99 - recognised) * (i + 1) / frames)
    report(1.0, now=True)
    return RenderInfo(duration, frames, w, h, words, measure_framing(loaded.alpha, loaded.points))


def _recognise(
    samples: Samples, script: str | None, report: Callable[[float], None]
) -> tuple[Phones, list[Word]]:
    """What is spoken, and the words of the script if it matches."""
    from . import alignment, phonemes

    phones = phonemes.recognise(samples, lambda share: report(RECOGNITION_SHARE * share))
    if not script:
        return phones, []
    aligned = alignment.align(
        samples, script, phones, lambda share: report(RECOGNITION_SHARE + ALIGNMENT_SHARE * share)
    )
    return (aligned.phones, aligned.words) if aligned else (phones, [])


@contextlib.contextmanager
def _tune_threads() -> Iterator[None]:
    """Let Python switch threads more often and keep OpenCV to one core: the encoders need the other."""
    interval, threads = sys.getswitchinterval(), cv2.getNumThreads()
    sys.setswitchinterval(0.0003)
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        sys.setswitchinterval(interval)
        cv2.setNumThreads(threads)


class _ProgressReporter:
    """Passes progress on, but at most every REPORT_SECONDS."""

    def __init__(self, progress: Callable[[float], None] | None) -> None:
        self.progress, self.last = progress, 0.0

    def __call__(self, share: float, now: bool = False) -> None:
        if self.progress and (now or time.monotonic() - self.last > REPORT_SECONDS):
            self.last = time.monotonic()
            self.progress(share)
