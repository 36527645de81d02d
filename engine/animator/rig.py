"""The rig: everything about a portrait that rendering needs, as an .npz file without pickled objects."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from .arrays import Array, Image
from .results import MIN_FACE, RigInfo

VERSION = 1


@dataclass
class Rig:
    """A framed portrait in layers of the same size."""

    person: Image  # (H, W, 3)
    background: Image  # (H, W, 3)
    alpha: Image  # (H, W)
    points: Array  # (478, 3) float32 px of the frame, see face.py

    @property
    def size(self) -> tuple[int, int]:
        """Width, height in px."""
        return self.alpha.shape[1], self.alpha.shape[0]

    def resized(self, short: int) -> Rig:
        """The rig scaled to a short side of about `short` px, with even sides."""
        w, h = self.size
        scale = short / min(w, h)
        w2, h2 = 2 * round(w * scale / 2), 2 * round(h * scale / 2)
        if (w2, h2) == (w, h):
            return self
        interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC

        def resize(x: Image) -> Image:
            return cv2.resize(x, (w2, h2), interpolation=interpolation)

        points = self.points * np.array([w2 / w, h2 / h, w2 / w], np.float32)
        return Rig(resize(self.person), resize(self.background), resize(self.alpha), points)


def save(rig: Rig, path: Path) -> None:
    """Write a rig atomically."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as f:
            np.savez(
                f,
                version=VERSION,
                person=rig.person,
                background=rig.background,
                alpha=rig.alpha,
                points=rig.points.astype(np.float32),
            )
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def load(path: Path) -> Rig:
    """Read a rig. Raises ValueError if another version of the animator wrote it."""
    with np.load(path, allow_pickle=False) as z:
        if int(z["version"]) != VERSION:
            raise ValueError(f"rig version {int(z['version'])} is not {VERSION}: build the rig again")
        return Rig(z["person"], z["background"], z["alpha"], z["points"])


def write_image(path: Path, image: Image, suffix: str, *settings: int) -> None:
    """Write an image atomically, in the format of the suffix."""
    ok, data = cv2.imencode(suffix, image, list(settings))
    if not ok:
        raise OSError(f"cannot encode {path.name}")
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.write_bytes(data.tobytes())
    part.replace(path)


def build(
    portrait: Path,
    rig_path: Path,
    preview: Path,
    cutout: Path | None,
    min_face: int = MIN_FACE,
    requested_face: int | tuple[float, float] | None = None,
) -> RigInfo:
    """See engine.animator.build_rig."""
    from . import face, gender, matte
    from .framing import measure_framing
    from .portrait import open_portrait

    p = open_portrait(portrait, min_face, requested_face)
    iod = face.eye_distance(p.points)
    alpha = matte.soft_mask(p.image, iod, p.points) if p.alpha is None else p.alpha.astype(np.float32) / 255
    person = matte.foreground(p.image, alpha, iod)
    background = matte.background(p.image, alpha, iod)
    a8 = (alpha * 255).round().astype(np.uint8)
    save(Rig(person, background, a8, p.points.astype(np.float32)), rig_path)
    scale = min(1.0, 720 / min(p.image.shape[:2]))
    write_image(
        preview,
        cv2.resize(p.image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA),
        ".jpg",
        cv2.IMWRITE_JPEG_QUALITY,
        90,
    )
    if cutout:
        write_image(cutout, np.dstack([person, a8]), ".png")
    estimated_gender, confidence = gender.estimate(p.image, p.points)
    x, y, w, h = p.source_box
    return RigInfo(
        *p.source_size,
        face_box=(x, y, w, h),
        face_size=(w, h),
        gender=estimated_gender,
        gender_confidence=confidence,
        warnings=p.warnings,
        faces=p.faces,
        face=p.chosen,
        framing=measure_framing(a8, p.points),
    )
