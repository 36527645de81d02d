"""Building rigs, and reading rendered files back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np

from engine.animator import RigInfo, build_rig, face


def frames(path: Path) -> list[np.ndarray]:
    """BGR frames of a video."""
    with av.open(str(path)) as box:
        return [f.to_ndarray(format="bgr24") for f in box.decode(video=0)]


def ends(path: Path) -> tuple[float, float]:
    """When picture and sound end, in s, by decoding."""
    with av.open(str(path)) as box:
        picture = max(float(f.pts * f.time_base) for f in box.decode(video=0)) + 1 / 25
    with av.open(str(path)) as box:
        sound = max(float(f.pts * f.time_base) + f.samples / f.sample_rate for f in box.decode(audio=0))
    return picture, sound


def lip_gap(bgr: np.ndarray) -> float:
    """Inner lip gap in IOD as the face mesh sees it."""
    points = face.find_faces(np.ascontiguousarray(bgr[..., ::-1]))[0].points
    y = face.head_axes(points)[1]
    pairs = ((13, 14), (82, 87), (312, 317))
    return float(np.mean([(points[b] - points[a]) @ y for a, b in pairs]) / face.eye_distance(points))


def build(portrait: Path, folder: Path, **options: Any) -> RigInfo:
    """The rig of a portrait, as r.npz with its preview p.jpg in the folder."""
    return build_rig(portrait, folder / "r.npz", folder / "p.jpg", **options)
