"""Whether a face can be animated, and if not, why. All measures are taken in the original picture."""

from __future__ import annotations

import cv2
import numpy as np

from . import face
from .arrays import Array
from .errors import PortraitError
from .occlusion import find_covered_part
from .results import SHARP_FACE

# Limits below or above which a face is rejected; the second value gives a warning.
MIN_BRIGHTNESS, DIM_BRIGHTNESS = 30, 70  # grey levels of the brighter parts of the face
MIN_SHARPNESS, SOFT_SHARPNESS = 0.0115, 0.06  # see `sharpness`; below the first the mesh becomes unreliable
MAX_YAW, TURNED_YAW = 42, 28  # degrees
MAX_PITCH = 45  # degrees
COVER_SHARPNESS = 0.03  # below it, blur hides the line between the lips and looks like a cover
# Limits of face.presence: certainly a human face; possibly one; at least something with eyes and a mouth.
HUMAN, POSSIBLY_HUMAN, FACE_LIKE = 9, 4, -5
MIN_FULL_RANGE_SCORE = 0.65  # of a human face, whatever its detail
MAX_ANIMAL_SCORE = 0.8  # of the detector; no animal had more
ALL_BLURRED = "We could not find a face: the picture is very blurred. Use a sharp photo that shows one face from the front."
COVERED_SENTENCES = {
    "mouth": "The mouth is covered. Use a photo without a mask, a hand or anything else over it.",
    "eyes": "The eyes are covered. Use a photo without sunglasses or anything else over them.",
}


def has_face_proportions(f: face.Face) -> bool:
    """Whether the mesh is undistorted. It can be fitted to dogs and rocks too, but then is unstable or distorted."""
    p = f.points
    iod = face.eye_distance(p)
    y = face.head_axes(p)[1]
    eyes = (p[33] + p[133] + p[362] + p[263]) / 4
    mouth = ((p[61] + p[291]) / 2 - eyes) @ y / iod
    chin = (p[152] - eyes) @ y / iod
    width = np.linalg.norm(p[291] - p[61]) / iod
    return bool(
        f.score > 0.5
        and f.spread < 0.07 * iod
        and 0.65 < mouth < 1.7
        and 1.1 < chin < 2.7
        and 0.4 < width < 1.5
    )


def is_human(f: face.Face) -> bool:
    """Whether this is certainly a human face, which cannot be said of blurred, covered or very simply drawn ones."""
    return has_face_proportions(f) and f.presence > HUMAN


def sharpness(grey: Array) -> float:
    """The finest detail relative to the contrast of a grey float32 picture, scaled down to at most 160 x 180 px.

    Sharp portraits have .08 to .2; blurred by 1 % of the face's width they have .05, by 4 % .01.
    """
    size = (min(160, grey.shape[1]), min(180, grey.shape[0]))  # an enlarged face would look blurred
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    fine = cv2.Laplacian(cv2.GaussianBlur(small, (0, 0), 0.8), cv2.CV_32F)
    return float(fine.std()) / max(12.0, float(small.std()))


def _grey(bgr: Array) -> Array:
    return cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY).astype(np.float32)


def _crop(bgr: Array, f: face.Face) -> Array:
    x0, y0, x1, y1 = f.box
    return bgr[max(0, int(y0)) : int(y1) + 1, max(0, int(x0)) : int(x1) + 1]


def explain_no_face(bgr: Array, candidates: list[face.Face], min_face: int) -> PortraitError:
    """Why there is no usable face; `candidates`: what was detected without the proportions of a face."""
    found = [f for f in candidates if f.score > 0.5 and _crop(bgr, f).size]
    grey = _grey(_crop(bgr, found[0]) if found else bgr)
    if np.percentile(grey, 95) < MIN_BRIGHTNESS:
        return PortraitError("too_dark")
    blurred = grey.std() > 8 and sharpness(grey) < (2 if found else 1) * MIN_SHARPNESS
    if found and blurred:
        return PortraitError("too_blurred")
    if found and abs(face.head_pose(found[0].points)[0]) > MAX_YAW:
        return PortraitError("turned_away")
    face_like = [f for f in found if f.presence > FACE_LIKE and min(f.size) >= min_face]
    if any(
        f.presence > HUMAN or _is_seen_at_full_range(bgr, f) or _is_behind_cover(bgr, f) for f in face_like
    ):
        return PortraitError("covered")  # which distorts the mesh
    if face_like:
        return PortraitError("animal")
    return PortraitError("no_face", ALL_BLURRED if blurred else None)


def check_quality(bgr: Array, f: face.Face, min_face: int) -> list[str]:
    """The keys of warnings about a face. Raises PortraitError if it cannot be used."""
    x0, y0, x1, y1 = f.box
    crop = _grey(_crop(bgr, f))
    sharp = sharpness(crop)
    if f.presence <= HUMAN:
        _check_uncertain_face(bgr, f, min_face, sharp)
    if min(f.size) < min_face:
        raise PortraitError(
            "face_too_small",
            f"The face in this picture is too small ({int(min(f.size))} pixels). Use a closer photo, in which the "
            f"face is at least {min_face} pixels wide and high.",
        )
    yaw, pitch, _ = face.head_pose(f.points)
    if abs(yaw) > MAX_YAW or abs(pitch) > MAX_PITCH:
        raise PortraitError("turned_away")
    h, w = bgr.shape[:2]
    if x0 < -0.12 * (x1 - x0) or x1 > w + 0.12 * (x1 - x0) or y1 > h + 0.06 * (y1 - y0):
        raise PortraitError("covered", "Part of the face is cut off. Use a photo that shows the whole face.")
    bright = float(np.percentile(crop, 80))
    if bright < MIN_BRIGHTNESS:
        raise PortraitError("too_dark")
    if sharp < MIN_SHARPNESS:
        raise PortraitError("too_blurred")
    covered = find_covered_part(bgr, f.points) if sharp > COVER_SHARPNESS else None
    if covered:
        raise PortraitError("covered", COVERED_SENTENCES[covered])
    if f.presence <= POSSIBLY_HUMAN and sharp > COVER_SHARPNESS:  # neither a cover nor blur explains this
        raise PortraitError("animal")
    warnings = []
    if sharp < SOFT_SHARPNESS:
        warnings.append("blurred")
    if bright < DIM_BRIGHTNESS:
        warnings.append("dark")
    if abs(yaw) > TURNED_YAW:
        warnings.append("turned")
    if min(f.size) < SHARP_FACE:
        warnings.append("small")
    return warnings


def _check_uncertain_face(bgr: Array, f: face.Face, min_face: int, sharp: float) -> None:
    """Raise PortraitError unless this may be a human face whose presence is low because of blur, a cover or its yaw."""
    if abs(face.head_pose(f.points)[0]) > MAX_YAW or _is_seen_at_full_range(bgr, f):
        return
    if min(f.size) < min_face:
        raise PortraitError("no_face")
    if sharp < COVER_SHARPNESS:
        raise PortraitError("too_blurred")
    if _is_behind_cover(bgr, f):
        raise PortraitError("covered")
    raise PortraitError("animal" if f.presence > FACE_LIKE else "no_face")


def _is_seen_at_full_range(bgr: Array, f: face.Face) -> bool:
    return face.full_range_score(np.ascontiguousarray(bgr[..., ::-1]), f.points) > MIN_FULL_RANGE_SCORE


def _is_behind_cover(bgr: Array, f: face.Face) -> bool:
    """Whether this is rather a person behind a mask than an animal."""
    return f.score > MAX_ANIMAL_SCORE or face.has_human_eyes(np.ascontiguousarray(bgr[..., ::-1]), f.points)
