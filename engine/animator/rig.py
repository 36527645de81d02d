"""The rig: everything of a portrait that rendering needs, as one .npz without code in it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from .arrays import Array
from .results import MIN_FACE, RigInfo

VERSION = 1


@dataclass
class Rig:
    """A framed portrait in layers, all (H, W): person (.., 3) and background (.., 3) uint8 BGR, alpha uint8.

    points: (478, 3) float32 px of the frame, see face.py.
    """

    person: Array
    background: Array
    alpha: Array
    points: Array

    @property
    def size(self) -> tuple[int, int]:
        """Width, height in px."""
        return self.alpha.shape[1], self.alpha.shape[0]

    def resized(self, short: int) -> Rig:
        """The same with a short side of about `short` px and even sides."""
        w, h = self.size
        scale = short / min(w, h)
        w2, h2 = 2 * round(w * scale / 2), 2 * round(h * scale / 2)
        if (w2, h2) == (w, h):
            return self
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC

        def fit(x: Array) -> Array:
            return cv2.resize(x, (w2, h2), interpolation=how)

        points = self.points * np.array([w2 / w, h2 / h, w2 / w], np.float32)
        return Rig(fit(self.person), fit(self.background), fit(self.alpha), points)


def save(rig: Rig, path: Path) -> None:
    """Write atomically, so that a reader never meets half a rig."""
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
    with np.load(path, allow_pickle=False) as z:
        if int(z["version"]) != VERSION:
            raise ValueError(f"rig version {int(z['version'])} is not {VERSION}: build the rig again")
        return Rig(z["person"], z["background"], z["alpha"], z["points"])


def write_image(path: Path, image: Array, suffix: str, *settings: int) -> None:
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
    face_wanted: int | tuple[float, float] | None = None,
) -> RigInfo:
    """See engine.animator.build_rig."""
    from . import face, gender, matte
    from .framing import framing
    from .portrait import open_portrait

    p = open_portrait(portrait, min_face, face_wanted)
    iod = face.eye_distance(p.points)
    alpha = matte.soft_mask(p.image, iod, p.points) if p.alpha is None else p.alpha.astype(np.float32) / 255
    person = matte.foreground(p.image, alpha, iod)
    behind = matte.background(p.image, alpha, iod)
    a8 = (alpha * 255).round().astype(np.uint8)
    save(Rig(person, behind, a8, p.points.astype(np.float32)), rig_path)
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
    sex, sure = gender.estimate(p.image, p.points)
    x, y, w, h = p.source_box
    return RigInfo(
        *p.source_size,
        (x, y, w, h),
        (w, h),
        sex,
        sure,
        p.warnings,
        p.faces,
        p.chosen,
        framing(a8, p.points),
    )
