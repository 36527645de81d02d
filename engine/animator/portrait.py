"""From a picture file to an upright picture, cropped to head and shoulders, or a reason why it cannot be used."""

from __future__ import annotations

import contextlib
import math
import warnings as python_warnings
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from . import face
from .arrays import Array, Box, Image
from .enlarge import enlarge
from .errors import PortraitError
from .quality import check_quality, explain_no_face, has_face_proportions, is_human

MAX_PIXELS = 60_000_000
NO_SUCH_FACE = "There is no such face in this picture. Choose one of those that are in it."
MIN_SIDE, MAX_SIDE = 720, 1080  # px, short side of the framed picture


@dataclass
class Portrait:
    """A framed picture, and where it comes from."""

    image: Image  # (H, W, 3)
    alpha: Image | None  # (H, W), if the file has one
    points: Array  # (478, 3) px
    source_size: tuple[int, int]  # w, h of the upright picture
    source_box: tuple[int, int, int, int]  # the face in it: x, y, w, h
    faces: list[tuple[int, int, int, int]]  # all usable ones, x, y, w, h in the original picture
    chosen: int  # an index into `faces`
    warnings: list[str]


def read_picture(path: Path) -> Image:
    """(H, W, 4) BGRA, rotated as EXIF says. The size is checked before anything is decoded. Raises PortraitError."""
    from PIL import Image as Pillow
    from PIL import ImageOps

    with contextlib.suppress(ImportError):
        import pillow_heif

        pillow_heif.register_heif_opener()
    try:
        with python_warnings.catch_warnings():
            python_warnings.simplefilter("ignore", Pillow.DecompressionBombWarning)
            with Pillow.open(path) as file:
                if file.width * file.height > MAX_PIXELS or min(file.size) < 16:
                    raise PortraitError("unreadable", "This picture is too large or too thin to be used.")
                picture = ImageOps.exif_transpose(file)
                if picture.mode.startswith("I"):  # 16-bit grey, which Pillow's own conversion clips to white
                    grey = (np.asarray(picture, np.float32) / 257).clip(0, 255).astype(np.uint8)
                    picture = Pillow.fromarray(grey)
                has_alpha = "A" in picture.getbands() or "transparency" in picture.info
                rgba = np.asarray(picture.convert("RGBA"))
    except PortraitError:
        raise
    except Exception as e:  # Pillow's plugins raise all kinds of exceptions on broken files
        raise PortraitError("unreadable") from e
    bgra = cv2.cvtColor(rgba, cv2.COLOR_RGBA2BGRA)
    if not has_alpha:
        bgra[..., 3] = 255
    return bgra


def _flatten(bgra: Image) -> Image:
    """(H, W, 3): transparent parts become light grey, whatever colour is stored under them."""
    if bgra[..., 3].min() == 255:
        return np.ascontiguousarray(bgra[..., :3])
    a = bgra[..., 3:].astype(np.float32) / 255
    return (bgra[..., :3] * a + 225 * (1 - a)).round().astype(np.uint8)


def rotate_upright(bgra: Image) -> tuple[Image, list[face.Face], int]:
    """Rotate the picture until faces are upright: the picture, its faces, and the quarter turns counter-clockwise."""
    best_score, best_turns = -1.0, 0
    best_faces: list[face.Face] = []
    for turns in (0, 2, 1, 3):
        rgb = np.ascontiguousarray(np.rot90(_flatten(bgra), turns)[..., ::-1])
        faces = [f for f in face.find_faces(rgb) if abs(face.head_pose(f.points)[2]) < 50]
        score = _highest_score(faces)
        if score > best_score + (0.06 if best_score > 0 else 0):
            best_score, best_turns, best_faces = score, turns, faces
        if turns == 0 and score > 1.9:
            break
    if best_score < 1:  # no certain face: people may be too small for the first search
        faces = face.find_faces(np.ascontiguousarray(_flatten(bgra)[..., ::-1]), small=True)
        if _highest_score(faces) > max(best_score, 0.6):
            best_turns, best_faces = 0, faces
    return np.ascontiguousarray(np.rot90(bgra, best_turns)), best_faces, best_turns


def _highest_score(faces: list[face.Face]) -> float:
    """The best score of these faces; a face that is certainly human counts 1 more."""
    return max((f.score + is_human(f) for f in faces), default=-1.0)


def frame_box(points: Array, w: int, h: int, alone: bool = True) -> Box:
    """Head and shoulders inside the picture. Pictures that are already close are kept whole.

    If the person is not `alone`, the frame is not wider than high, so that less of the others is visible.
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


def choose_face(
    bgr: Image, found: list[face.Face], min_face: int, requested: int | Array | None = None
) -> tuple[int, list[face.Face], list[str]]:
    """Which face to use: its index, all usable faces (largest first), and the keys of warnings about it.

    requested: an index, or a point (2,) px in the face; otherwise the largest is used. Raises PortraitError.
    """
    usable: list[face.Face] = []
    warnings: list[list[str]] = []
    rejected: list[tuple[face.Face, PortraitError]] = []
    for f in found:
        if has_face_proportions(f):
            try:
                warnings.append(check_quality(bgr, f, min_face))
                usable.append(f)
            except PortraitError as e:
                rejected.append((f, e))
    if isinstance(requested, np.ndarray):
        requested = _index_at(requested, usable, rejected)
    if not usable:
        raise _main_reason(rejected) or explain_no_face(bgr, found, min_face)
    i = requested or 0
    if not 0 <= i < len(usable):
        raise PortraitError("no_face", NO_SUCH_FACE)
    several = ["several_faces"] if len(usable) > 1 and requested is None else []
    return i, usable, [*warnings[i], *several]


def _index_at(point: Array, usable: list[face.Face], rejected: list[tuple[face.Face, PortraitError]]) -> int:
    """The index of the usable face at a point; raises PortraitError if there is none, or a rejected one."""
    faces = [*usable, *(f for f, _ in rejected)]
    inside = [i for i, f in enumerate(faces) if f.contains(point)]
    if not inside:
        raise PortraitError("no_face", NO_SUCH_FACE)

    def distance(i: int) -> float:
        return float(np.linalg.norm(np.array(faces[i].box).reshape(2, 2).mean(0) - point))

    nearest = min(inside, key=distance)
    if nearest >= len(usable):
        raise rejected[nearest - len(usable)][1]
    return nearest


def _main_reason(rejected: list[tuple[face.Face, PortraitError]]) -> PortraitError | None:
    """Which of several reasons to report: what is wrong with a human face first, the largest first."""
    reasons = sorted((e for _, e in rejected), key=lambda e: ("animal", "no_face").count(e.reason))
    return reasons[0] if reasons else None


class _Rotation:
    """Maps between a picture of w x h px and the same picture after quarter turns counter-clockwise."""

    def __init__(self, w: int, h: int, turns: int) -> None:
        self.w, self.h, self.turns = w, h, turns

    def forward(self, x: float, y: float) -> Array:
        """A point of the picture in the rotated one."""
        return np.array([(x, y), (y, self.w - x), (self.w - x, self.h - y), (self.h - y, x)][self.turns])

    def original_box(self, f: face.Face) -> tuple[int, int, int, int]:
        """The box of a face of the rotated picture: x, y, w, h px of the original one."""
        x0, y0, x1, y1 = f.box
        w, h = (self.h, self.w) if self.turns % 2 else (self.w, self.h)
        inverse = _Rotation(w, h, (4 - self.turns) % 4)
        low, high = np.sort([inverse.forward(x0, y0), inverse.forward(x1, y1)], 0)
        low, high = np.clip(low, 0, (self.w, self.h)), np.clip(high, 0, (self.w, self.h))
        return (*low.astype(int).tolist(), *np.ceil(high - low).astype(int).tolist())


def open_portrait(path: Path, min_face: int, requested: int | tuple[float, float] | None = None) -> Portrait:
    """Read a picture, rotate it upright, find and check the face, crop it, and scale it to the working size.

    requested: which of several faces, as an index into `faces` or as a point px of the original picture.
    Raises PortraitError.
    """
    original = read_picture(path)
    bgra, found, turns = rotate_upright(original)
    rotation = _Rotation(original.shape[1], original.shape[0], turns)
    bgr = _flatten(bgra)
    target = rotation.forward(*requested) if isinstance(requested, tuple) else requested
    chosen, faces, warnings = choose_face(bgr, found, min_face, target)
    f = faces[chosen]
    h, w = bgr.shape[:2]
    if turns:
        warnings.append("rotated")
    fx0, fy0, fx1, fy1 = f.box
    x0, y0, x1, y1 = frame_box(f.points, w, h, len(faces) == 1)
    scale = min(max(MIN_SIDE, min(x1 - x0, y1 - y0)), MAX_SIDE) / min(x1 - x0, y1 - y0)
    size_out = (2 * math.ceil((x1 - x0) * scale / 2 - 0.25), 2 * math.ceil((y1 - y0) * scale / 2 - 0.25))
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    crop = bgr[y0:y1, x0:x1]
    if scale > 1.05:
        crop = enlarge(crop, size_out, scale)
    else:
        crop = cv2.resize(crop, size_out, interpolation=interpolation)
    alpha = None
    if bgra[..., 3].min() < 250:
        alpha = cv2.resize(bgra[y0:y1, x0:x1, 3], size_out, interpolation=interpolation)
    s = np.array([size_out[0] / (x1 - x0), size_out[1] / (y1 - y0), (size_out[0] / (x1 - x0))])
    points = (f.points - (x0, y0, 0)) * s
    box = (int(fx0), int(fy0), int(fx1 - fx0), int(fy1 - fy0))
    boxes = [rotation.original_box(f) for f in faces]
    return Portrait(crop, alpha, points, (w, h), box, boxes, chosen, warnings)
