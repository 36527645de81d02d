"""From a picture file to an upright, framed picture with one face in it, or a reason why not."""

from __future__ import annotations

import contextlib
import math
import warnings as python_warnings
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from . import face
from .arrays import Array
from .enlarge import enlarge
from .errors import PortraitError
from .quality import is_person, judge, plausible, why_none

MAX_PIXELS = 60_000_000
NO_SUCH_FACE = "There is no such face in this picture. Choose one of those that are in it."
STORE_MIN, STORE_MAX = 720, 1080  # px, short side of the framed picture as it is kept


@dataclass
class Portrait:
    """A framed picture: image (H, W, 3) uint8 BGR, alpha (H, W) uint8 where the file had one, points (478, 3) px."""

    image: Array
    alpha: Array | None
    points: Array
    source_size: tuple[int, int]  # w, h of the upright picture
    source_box: tuple[int, int, int, int]  # the face in it: x, y, w, h
    faces: list[tuple[int, int, int, int]]  # all that could be used, in the picture as it was handed in
    chosen: int  # which of them it is
    warnings: list[str]


def read_picture(path: Path) -> Array:
    """(H, W, 4) uint8 BGRA, upright as EXIF says. Sizes are judged before anything is decoded."""
    from PIL import Image, ImageOps

    with contextlib.suppress(ImportError):
        import pillow_heif

        pillow_heif.register_heif_opener()
    try:
        with python_warnings.catch_warnings():
            python_warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path) as im:
                if im.width * im.height > MAX_PIXELS or min(im.size) < 16:
                    raise PortraitError("unreadable", "This picture is too large or too thin to be used.")
                im = ImageOps.exif_transpose(im)
                if im.mode.startswith("I"):  # 16 bits of grey: Pillow's own conversion clips them to white
                    grey = (np.asarray(im, np.float32) / 257).clip(0, 255).astype(np.uint8)
                    im = Image.fromarray(grey)
                has_alpha = "A" in im.getbands() or "transparency" in im.info
                rgba = np.asarray(im.convert("RGBA"))
    except PortraitError:
        raise
    except Exception as e:  # Pillow's plugins raise anything on broken files
        raise PortraitError("unreadable") from e
    bgra = cv2.cvtColor(rgba, cv2.COLOR_RGBA2BGRA)
    if not has_alpha:
        bgra[..., 3] = 255
    return bgra


def _over_grey(bgra: Array) -> Array:
    """Transparent parts become a light grey studio wall rather than whatever colour hides under them."""
    if bgra[..., 3].min() == 255:
        return np.ascontiguousarray(bgra[..., :3])
    a = bgra[..., 3:].astype(np.float32) / 255
    return (bgra[..., :3] * a + 225 * (1 - a)).round().astype(np.uint8)


def upright(bgra: Array) -> tuple[Array, list[face.Face], int]:
    """Turn the picture by quarter turns until faces stand: picture, faces, quarter turns made (counter-clockwise)."""
    best: tuple[float, int, list[face.Face]] = (-1.0, 0, [])
    for turns in (0, 2, 1, 3):
        rgb = np.ascontiguousarray(np.rot90(_over_grey(bgra), turns)[..., ::-1])
        faces = [f for f in face.find_faces(rgb) if abs(face.head_pose(f.points)[2]) < 50]
        merit = _merit(faces)
        if merit > best[0] + (0.06 if best[0] > 0 else 0):
            best = (merit, turns, faces)
        if turns == 0 and merit > 1.9:
            break
    if best[0] < 1:  # nobody for certain: people may be too small to be seen at first sight
        faces = face.find_faces(np.ascontiguousarray(_over_grey(bgra)[..., ::-1]), small=True)
        if _merit(faces) > max(best[0], 0.6):
            best = (_merit(faces), 0, faces)
    return np.ascontiguousarray(np.rot90(bgra, best[1])), best[2], best[1]


def _merit(faces: list[face.Face]) -> float:
    """How good the best of these faces is: its score, and 1 more for a person's."""
    return max((f.score + is_person(f) for f in faces), default=-1.0)


def frame_box(points: Array, w: int, h: int, alone: bool = True) -> tuple[int, int, int, int]:
    """Head and shoulders: x0, y0, x1, y1 inside the picture. Pictures that are already close are left whole.

    Of somebody who is not alone in it the picture becomes no wider than high: less of the others is seen.
    """
    iod = face.eye_distance(points)
    aspect = min(max(w / h, 1 / 1.5), 1.5 if alone else 1.0)
    short = 7.2 * iod
    if min(w, h) <= 1.2 * short and abs(w / h - aspect) < 1e-6:
        return 0, 0, w, h
    bw, bh = (short, short / aspect) if aspect < 1 else (short * aspect, short)
    shrink = min(1.0, w / bw, h / bh)
    bw, bh = bw * shrink, bh * shrink
    cx = float(points[[10, 152, 1], 0].mean())
    eyes = float(points[[33, 263], 1].mean())
    x0 = min(max(cx - bw / 2, 0), w - bw)
    y0 = min(max(eyes - max(0.40 * bh, 2.3 * iod), 0), h - bh)
    return int(x0), int(y0), int(x0 + bw), int(y0 + bh)


def choose(
    bgr: Array, found: list[face.Face], min_face: int, wanted: int | Array | None = None
) -> tuple[int, list[face.Face], list[str]]:
    """Which face to use: its index, all faces that could be used (largest first), keys of warnings about it.

    wanted: an index, or a point (2,) px that lies in the face; otherwise the largest. Raises PortraitError.
    """
    usable, notes, refusals = [], [], []
    for f in found:
        if plausible(f):
            try:
                notes.append(judge(bgr, f, min_face))
                usable.append(f)
            except PortraitError as e:
                refusals.append((f, e))
    if isinstance(wanted, np.ndarray):
        inside = [f for f in [*usable, *(f for f, _ in refusals)] if f.holds(wanted)]
        if not inside:
            raise PortraitError("no_face", NO_SUCH_FACE)
        f = min(inside, key=lambda f: np.linalg.norm(np.array(f.box).reshape(2, 2).mean(0) - wanted))
        for other, e in refusals:
            if other is f:
                raise e
        wanted = next(i for i, other in enumerate(usable) if other is f)
    if not usable:
        raise _reason(refusals) or why_none(bgr, found, min_face)
    i = wanted or 0
    if not 0 <= i < len(usable):
        raise PortraitError("no_face", NO_SUCH_FACE)
    return i, usable, [*notes[i], *(["several_faces"] if len(usable) > 1 and wanted is None else [])]


def _reason(refusals: list[tuple[face.Face, PortraitError]]) -> PortraitError | None:
    """What to say of several: first of all what is wrong with a person's face, the largest first."""
    reasons = sorted((e for _, e in refusals), key=lambda e: ("animal", "no_face").count(e.reason))
    return reasons[0] if reasons else None


class _Turned:
    """Between a picture of w x h px and the same turned by quarter turns counter-clockwise."""

    def __init__(self, w: int, h: int, turns: int) -> None:
        self.w, self.h, self.turns = w, h, turns

    def there(self, x: float, y: float) -> Array:
        """A point of the picture in the turned one."""
        return np.array([(x, y), (y, self.w - x), (self.w - x, self.h - y), (self.h - y, x)][self.turns])

    def back(self, f: face.Face) -> tuple[int, int, int, int]:
        """The box of a face in the turned picture: x, y, w, h px of the picture."""
        x0, y0, x1, y1 = f.box
        w, h = (self.h, self.w) if self.turns % 2 else (self.w, self.h)
        home = _Turned(w, h, (4 - self.turns) % 4)
        low, high = np.sort([home.there(x0, y0), home.there(x1, y1)], 0)
        low, high = np.clip(low, 0, (self.w, self.h)), np.clip(high, 0, (self.w, self.h))
        return (*low.astype(int).tolist(), *np.ceil(high - low).astype(int).tolist())


def open_portrait(path: Path, min_face: int, wanted: int | tuple[float, float] | None = None) -> Portrait:
    """Read, turn upright, find and judge the face, frame it, bring it to working size.

    wanted: which of several faces, as an index into `faces` or as a point px of the picture as it was handed in.
    """
    handed_in = read_picture(path)
    bgra, found, turns = upright(handed_in)
    turned = _Turned(handed_in.shape[1], handed_in.shape[0], turns)
    bgr = _over_grey(bgra)
    point = turned.there(*wanted) if isinstance(wanted, tuple) else wanted
    chosen, faces, notes = choose(bgr, found, min_face, point)
    f = faces[chosen]
    h, w = bgr.shape[:2]
    if turns:
        notes.append("rotated")
    fx0, fy0, fx1, fy1 = f.box
    x0, y0, x1, y1 = frame_box(f.points, w, h, len(faces) == 1)
    scale = min(max(STORE_MIN, min(x1 - x0, y1 - y0)), STORE_MAX) / min(x1 - x0, y1 - y0)
    size_out = (2 * math.ceil((x1 - x0) * scale / 2 - 0.25), 2 * math.ceil((y1 - y0) * scale / 2 - 0.25))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    crop = bgr[y0:y1, x0:x1]
    crop = enlarge(crop, size_out, scale) if scale > 1.05 else cv2.resize(crop, size_out, interpolation=how)
    alpha = None
    if bgra[..., 3].min() < 250:
        alpha = cv2.resize(bgra[y0:y1, x0:x1, 3], size_out, interpolation=how)
    s = np.array([size_out[0] / (x1 - x0), size_out[1] / (y1 - y0), (size_out[0] / (x1 - x0))])
    points = (f.points - (x0, y0, 0)) * s
    box = (int(fx0), int(fy0), int(fx1 - fx0), int(fy1 - fy0))
    return Portrait(crop, alpha, points, (w, h), box, [turned.back(f) for f in faces], chosen, notes)
