"""Frames of a rig that performs, and the whole way from files to files.

A frame is one warp of the portrait: for every pixel of the picture, back through the head's turn, then back through
the mouth's fields, on coarse grids; only the last step is done for every pixel. Where U and L part, the inside of the
mouth shows. The person then lies over the still background.
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
from .arrays import Array
from .head import CELL as COARSE
from .head import Head
from .mouth import CELL as FINE
from .performance import FPS, Performance
from .results import RenderInfo, Word
from .rig import Rig

if TYPE_CHECKING:
    from .phonemes import Phones

DEFAULT_SIZE = 720  # px, short side
SIZES = (128, 1080)
CRISP = 0.35  # unsharp mask against the softness of one bilinear sampling
BAND = 48  # px
# Shares of the whole work, as measured on two cores: hearing the phones, and aligning the words of a script.
HEARD, ALIGNED = 0.15, 0.15
TELL_SECONDS = 0.25
STILL = 0.1  # px of a field at full weight that nobody sees


def _box(low: Array, high: Array, w: int, h: int) -> tuple[int, int, int, int]:
    """x0, y0, x1, y1 on the coarse grid, inside the picture."""
    x0, y0 = (np.clip(np.floor(low / COARSE), 0, None) * COARSE).astype(int)
    x1, y1 = (np.ceil(high / COARSE) * COARSE).astype(int)
    return int(x0), int(y0), int(min(x1, w)), int(min(y1, h))


class Renderer:
    """Draws frame after frame of one rig: `draw(performance, i)` gives picture and mask."""

    def __init__(self, rig: Rig) -> None:
        self.w, self.h = rig.size
        self.frame = g.HeadFrame(rig.points)
        self.line = lipline.find(rig.person, rig.points, self.frame)
        crisp = cv2.addWeighted(rig.person, 1 + CRISP, cv2.GaussianBlur(rig.person, (0, 0), 1.0), -CRISP, 0)
        self.eyes, behind_glasses = eyes.both(crisp, rig.points, self.frame)
        self.brows = 0.3 if behind_glasses else 1.0  # the frame must not rise with them
        self.shown: list[tuple | None] = [None] * len(self.eyes)
        self.box = self._moving_box(rig)
        x0, y0, x1, y1 = self.box
        self.head = Head(rig.points, (x1 - x0, y1 - y0), (x0, y0))
        a = rig.alpha.astype(np.float32)[..., None] / 255
        self.person = np.dstack([(crisp * a).round().astype(np.uint8), rig.alpha])  # premultiplied
        behind = np.dstack([rig.background, np.zeros_like(rig.alpha)])
        self.rest = _over(self.person, behind)
        self.behind = behind[y0:y1, x0:x1].copy()
        self.bands, self.soft = self._bands(rig.alpha[y0:y1, x0:x1])
        self._prepare_lower()
        self._prepare_mouth(rig)

    def _moving_box(self, rig: Rig) -> tuple[int, int, int, int]:
        """The part of the picture in which anything can move."""
        f = self.frame
        bottom = f.to_px(np.array([[x, f.chin + 1.25] for x in (-2.5, 2.5)]))[:, 1].max()
        ys = slice(0, int(np.clip(bottom, 1, self.h)))
        columns = np.flatnonzero(rig.alpha[ys].max(0) > 3)
        margin = 0.3 * f.iod
        left, right = (columns[0], columns[-1]) if len(columns) else (0, self.w)
        return _box(np.array([left - margin, 0]), np.array([right + margin, bottom]), self.w, self.h)

    def _bands(self, alpha: Array) -> tuple[list, list]:
        """Strips of the moving box with the columns that the person can reach: beside them nothing is drawn.

        And the parts of them where the background can show through: the person must be laid over it only there.
        """
        h, w = alpha.shape
        margin, bands, soft = int(0.25 * self.frame.iod), [], []
        for y in range(0, h, BAND):
            near = alpha[max(0, y - margin) : y + BAND + margin]
            reached = np.flatnonzero(near.max(0) > 0)
            if not len(reached):
                continue
            rows = slice(y, min(h, y + BAND))
            left, right = max(0, int(reached[0]) - margin), min(w, int(reached[-1]) + margin)
            bands.append((rows, slice(left, right)))
            a, b = _longest_run(near.min(0) == 255)
            a, b = a + margin, b - margin
            soft += [(rows, slice(left, a)), (rows, slice(b, right))] if a < b else [bands[-1]]
        return bands, soft

    def _prepare_lower(self) -> None:
        f = self.frame
        corners = f.to_px(np.array([[x, y] for x in (-1.7, 1.7) for y in (-1.0, f.chin + 0.8)]))
        x0, y0, x1, y1 = _box(corners.min(0), corners.max(0), self.w, self.h)
        grid = g.grid_points(x1 - x0, y1 - y0, FINE, x0, y0)
        self.lower = _Layer(mouth.MouthFields(f, self.line, grid).lower(), grid)
        # the cells of the moving box that the layer can come to lie in, however the head turns
        margin = 0.3 * f.iod
        x, y = ((self.lower.grid[0, 0] - self.box[:2] - margin) // FINE).astype(int)
        x2, y2 = ((self.lower.grid[-1, -1] - self.box[:2] + margin) // FINE).astype(int) + 2
        self.lower_cells = np.s_[max(0, y) : max(0, y2), max(0, x) : max(0, x2)]

    def _prepare_mouth(self, rig: Rig) -> None:
        """Textures of U and of L's cut, and the inside, over the mouth's box of the portrait."""
        f, line = self.frame, self.line
        xs = line.centre + np.array([-1.3, 1.3]) * max(line.half)
        ys = np.array([line.upper.min() - 0.42, line.lower.max() + 0.32])
        corners = f.to_px(np.array([[x, y] for x in xs for y in ys]))
        x0, y0, x1, y1 = self.mouth_box = _box(corners.min(0), corners.max(0), self.w, self.h)
        grid = g.grid_points(x1 - x0, y1 - y0, FINE, x0, y0)
        self.upper = _Layer(mouth.MouthFields(f, line, grid).upper(), grid)
        xs, ys = np.arange(x0, x1, dtype=np.float32), np.arange(y0, y1, dtype=np.float32)
        pixels = mouth.MouthFields(f, line, np.dstack(np.meshgrid(xs, ys)))
        self.upper_alpha, self.lower_alpha = pixels.upper_alpha(), pixels.lower_alpha()
        self.inside = oral.Inside(rig.person, rig.points, f, line, self.mouth_box)

    def _look(self, p: Performance, i: int) -> None:
        """Put the eyes of this frame into the portrait."""
        state = (round(float(p.blink[i]) * eyes.STEPS), *np.round(p.gaze[i] * 400))
        for k, eye in enumerate(self.eyes):
            if self.shown[k] == state:
                continue
            x0, y0, x1, y1 = eye.box
            picture = eye.picture(float(p.blink[i]), tuple(p.gaze[i]))
            alpha = self.person[y0:y1, x0:x1, 3:]
            if alpha.min() < 255:
                picture = (picture * (alpha / 255.0)).astype(np.uint8)
            self.person[y0:y1, x0:x1, :3] = picture
            self.shown[k] = state

    def draw(self, p: Performance, i: int) -> Array:
        """Frame i: (h, w, 4) uint8, the picture's B, G, R and the person's mask."""
        self._look(p, i)
        x0, y0, x1, y1 = self.box
        lower, upper, gap = mouth.weights(p.aperture[i], p.jaw[i], p.width[i], p.tuck[i], p.press[i])
        lower[-1] = self.brows * p.brow[i]
        at = g.halve(self.head.backward(p.yaw[i], p.pitch[i], p.roll[i], p.shift[i]))
        low = at.copy()
        low[self.lower_cells] = self.lower.back_from(at[self.lower_cells], lower)
        maps = g.upsample(low, FINE, x1 - x0, y1 - y0)
        picture = self.rest.copy()
        box = picture[y0:y1, x0:x1]
        for band in self.bands:
            at_band = _fixed(maps[band])
            box[band] = cv2.remap(self.person, *at_band, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
        inside = self.inside.draw(float(p.jaw[i]), gap, float(p.width[i])) if gap > 0 else None
        self._mouth(box, maps, at, upper, inside)
        for part in self.soft:
            box[part] = _over(box[part], self.behind[part])
        return picture

    def _mouth_view(self, at: Array) -> tuple[int, int, int, int]:
        """Where the mouth's box lies in this frame: x0, y0, x1, y1 px of the moving box, on the fine grid."""
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

    def _mouth(
        self,
        person: Array,
        maps: Array,
        at: Array,
        upper: Array,
        inside: Array | None,
    ) -> None:
        """Show the inside where L ends, and lay U over both; changes `person` (the moving box) in place."""
        x0, y0, x1, y1 = self._mouth_view(at)
        w, h = x1 - x0, y1 - y0
        corner = (*self.mouth_box[:2], 0, 0)
        part = at[y0 // FINE : -(-y1 // FINE) + 2, x0 // FINE : -(-x1 // FINE) + 2]
        to_upper = _fixed(g.upsample(self.upper.back_from(part, upper), FINE, w, h))
        view = person[y0:y1, x0:x1]
        below = view.copy()
        if inside is not None:
            to_lower = _fixed(maps[y0:y1, x0:x1], corner)
            a = cv2.remap(self.lower_alpha, *to_lower, cv2.INTER_LINEAR, borderValue=1)
            to_inside = _fixed(g.upsample(part, FINE, w, h), corner)
            inner = cv2.remap(inside, *to_inside, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            below = cv2.blendLinear(below, inner, a, 1 - a)
        above = cv2.remap(self.person, *to_upper, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
        a = cv2.remap(self.upper_alpha, cv2.subtract(to_upper[0], corner), to_upper[1], cv2.INTER_LINEAR)
        view[:] = cv2.blendLinear(above, below, a, 1 - a)


def _longest_run(true: Array) -> tuple[int, int]:
    """Start and end of the longest run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], true.astype(np.int8), [0]])))
    runs = list(zip(edges[::2], edges[1::2], strict=True)) or [(0, 0)]
    a, b = max(runs, key=lambda r: r[1] - r[0])
    return int(a), int(b)


def _fixed(positions: Array, corner: tuple | None = None) -> tuple[Array, Array]:
    """Positions (h, w, 2) px, less a corner (x, y, 0, 0), as the fixed-point pair that cv2.remap works with.

    It would do this itself, but in small blocks: slower than all at once.
    """
    whole, fraction = cv2.convertMaps(positions, None, cv2.CV_16SC2)
    return (cv2.subtract(whole, corner) if corner else whole), fraction


def _over(person: Array, behind: Array) -> Array:
    """Premultiplied person over a background, both (.., 4) uint8; the mask stays in the fourth channel."""
    rest = cv2.cvtColor(cv2.bitwise_not(cv2.extractChannel(person, 3)), cv2.COLOR_GRAY2BGRA)
    return cv2.add(person, cv2.multiply(behind, rest, scale=1 / 255))


class _Layer:
    """A layer's fields on their grid, as far as any of them moves anything; remembers the last solution."""

    def __init__(self, fields: Array, grid: Array) -> None:
        moves = np.abs(fields).max((0, 3)) > STILL
        rows, columns = (np.flatnonzero(moves.any(axis)) for axis in (1, 0))
        part = np.s_[max(0, rows[0] - 1) : rows[-1] + 2, max(0, columns[0] - 1) : columns[-1] + 2]
        self.fields, self.grid = np.ascontiguousarray(fields[:, *part]), grid[part]
        self.last: Array | None = None

    def back_from(self, at: Array, weight: Array) -> Array:
        """Positions (h, w, 2) px moved back through the weighted sum of the fields."""
        steps = 5 if self.last is None else 3
        shape = self.fields.shape[1:]
        # not np.dot: its threads wait for each other while the encoders hold the cores
        forward = cv2.gemm(weight[None], self.fields.reshape(len(weight), -1), 1, None, 0).reshape(shape)
        self.last = g.invert(forward, self.grid, FINE, steps, self.last)
        back = self.last - self.grid
        back[0] = back[-1] = back[:, 0] = back[:, -1] = 0  # nothing moves beyond the grid
        return at + g.sample(back, at, FINE, self.grid)


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
    script: str | None = None,
) -> RenderInfo:
    """See engine.animator.render."""
    from . import performance, rig, sound, visemes
    from .encoder import Encoder
    from .framing import framing

    tell = _Teller(progress)
    heard = sound.decode(sound_path, max_seconds)
    duration = len(heard) / sound.RATE
    frames = max(1, math.ceil(duration * FPS - 1e-6))
    db = sound.loudness(heard)
    tell(0.01)
    phones, words = _listen(heard, script, tell)
    play = performance.perform(visemes.tracks(phones, db), db, frames, seed)
    del heard
    listened = HEARD + ALIGNED if script else HEARD
    tell(listened)
    loaded = rig.load(rig_path)
    drawer = Renderer(loaded.resized(output_size(loaded, size)))
    rate, layout = sound.best_layout(sound_path)
    kept = sound.frames(sound_path, rate, layout, "fltp")
    with _quick_hand_over(), Encoder(video, mask, drawer.w, drawer.h, kept, rate, layout) as out:
        for i in range(frames):
            out.write(drawer.draw(play, i))
            tell(listened + (0.99 - listened) * (i + 1) / frames)
    tell(1.0, True)
    where = framing(loaded.alpha, loaded.points)
    return RenderInfo(duration, frames, drawer.w, drawer.h, words, where)


def _listen(x: Array, script: str | None, tell: Callable[[float], None]) -> tuple[Phones, list[Word]]:
    """What is spoken, and the words of a script that fits it."""
    from . import alignment, phonemes

    phones = phonemes.recognise(x, lambda share: tell(HEARD * share))
    if script and (told := alignment.align(x, script, phones, lambda share: tell(HEARD + ALIGNED * share))):
        return told.phones, told.words
    return phones, []


@contextlib.contextmanager
def _quick_hand_over() -> Iterator[None]:
    """Python's lock changes hands more often, and OpenCV keeps to one core: the encoders need the other."""
    interval, threads = sys.getswitchinterval(), cv2.getNumThreads()
    sys.setswitchinterval(0.0003)
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        sys.setswitchinterval(interval)
        cv2.setNumThreads(threads)


class _Teller:
    """Passes progress on a few times a second."""

    def __init__(self, progress: Callable[[float], None] | None) -> None:
        self.progress, self.last = progress, 0.0

    def __call__(self, share: float, now: bool = False) -> None:
        if self.progress and (now or time.monotonic() - self.last > TELL_SECONDS):
            self.last = time.monotonic()
            self.progress(share)
