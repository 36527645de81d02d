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
from .errors import PortraitError
from .quality import judge, plausible, why_none

MAX_PIXELS = 60_000_000
STORE_MIN, STORE_MAX = 720, 1080  # px, short side of the framed picture as it is kept


@dataclass
class Portrait:
    """A framed picture: image (H, W, 3) uint8 BGR, alpha (H, W) uint8 where the file had one, points (478, 3) px."""

    image: np.ndarray
    alpha: np.ndarray | None
    points: np.ndarray
    source_size: tuple[int, int]  # w, h of the upright picture
    source_box: tuple[int, int, int, int]  # the face in it: x, y, w, h
    warnings: list[str]


def read_picture(path: Path) -> np.ndarray:
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


def _over_grey(bgra: np.ndarray) -> np.ndarray:
    """Transparent parts become a light grey studio wall rather than whatever colour hides under them."""
    if bgra[..., 3].min() == 255:
        return np.ascontiguousarray(bgra[..., :3])
    a = bgra[..., 3:].astype(np.float32) / 255
    return (bgra[..., :3] * a + 225 * (1 - a)).round().astype(np.uint8)


def upright(bgra: np.ndarray) -> tuple[np.ndarray, list[face.Face], int]:
    """Turn the picture by quarter turns until faces stand: picture, faces, quarter turns made (counter-clockwise)."""
    best: tuple[float, int, list[face.Face]] = (-1.0, 0, [])
    for turns in (0, 2, 1, 3):
        rgb = np.ascontiguousarray(np.rot90(_over_grey(bgra), turns)[..., ::-1])
        faces = [f for f in face.find_faces(rgb) if abs(face.head_pose(f.points)[2]) < 50]
        score = max((f.score for f in faces), default=-1.0)
        if score > best[0] + (0.06 if best[0] > 0 else 0):
            best = (score, turns, faces)
        if turns == 0 and score > 0.9:
            break
    if not best[2]:  # a face too small to use deserves to be told from no face
        return bgra, face.find_faces(np.ascontiguousarray(_over_grey(bgra)[..., ::-1]), small=True), 0
    return np.ascontiguousarray(np.rot90(bgra, best[1])), best[2], best[1]


def frame_box(points: np.ndarray, w: int, h: int) -> tuple[int, int, int, int]:
    """Head and shoulders: x0, y0, x1, y1 inside the picture. Pictures that are already close are left whole."""
    iod = face.eye_distance(points)
    aspect = min(max(w / h, 1 / 1.5), 1.5)
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


def _crisp(bgr: np.ndarray, scale: float) -> np.ndarray:
    """An enlarged picture gets back some of the contrast of its finest detail (unsharp mask)."""
    if scale <= 1.05:
        return bgr
    amount = 0.6 * min(1.0, (scale - 1) / 1.2)
    return cv2.addWeighted(bgr, 1 + amount, cv2.GaussianBlur(bgr, (0, 0), 0.55 * scale), -amount, 0)


def open_portrait(path: Path, min_face: int) -> Portrait:
    """Read, turn upright, find and judge the face, frame it, bring it to working size."""
    bgra, found, turns = upright(read_picture(path))
    bgr = _over_grey(bgra)
    faces = [f for f in found if plausible(f)]
    if not faces:
        raise why_none(bgr, found)
    f = faces[0]
    h, w = bgr.shape[:2]
    notes = judge(bgr, f, min_face)
    size = np.prod(np.ptp(f.points[:468, :2], axis=0))
    if any(np.prod(np.ptp(g.points[:468, :2], axis=0)) > 0.15 * size for g in faces[1:]):
        notes.append("several_faces")
    if turns:
        notes.append("rotated")
    fx0, fy0, fx1, fy1 = f.box
    x0, y0, x1, y1 = frame_box(f.points, w, h)
    scale = min(max(STORE_MIN, min(x1 - x0, y1 - y0)), STORE_MAX) / min(x1 - x0, y1 - y0)
    size_out = (2 * math.ceil((x1 - x0) * scale / 2 - 0.25), 2 * math.ceil((y1 - y0) * scale / 2 - 0.25))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    crop = _crisp(cv2.resize(bgr[y0:y1, x0:x1], size_out, interpolation=how), scale)
    alpha = None
    if bgra[..., 3].min() < 250:
        alpha = cv2.resize(bgra[y0:y1, x0:x1, 3], size_out, interpolation=how)
    s = np.array([size_out[0] / (x1 - x0), size_out[1] / (y1 - y0), (size_out[0] / (x1 - x0))])
    points = (f.points - (x0, y0, 0)) * s
    box = (int(fx0), int(fy0), math.ceil(fx1 - fx0), math.ceil(fy1 - fy0))
    return Portrait(crop, alpha, points, (w, h), box, notes)
