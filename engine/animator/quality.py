"""Can this face be animated, and if not, why not? Judged in the picture as it was handed in."""

from __future__ import annotations

import cv2
import numpy as np

from . import face
from .arrays import Array
from .errors import PORTRAIT_SENTENCES, PortraitError
from .occlusion import covered
from .results import SHARP_FACE

DARK, DIM = 30, 70  # grey levels of the brighter parts of the face: refused, warned about
BLURRED, SOFT = 0.0115, 0.06  # see `detail`; below the first the mesh loses its hold
VEILED = 0.03  # a blur that takes the line between the lips away looks like a cover
# Presence, see face.presence: certainly a person's face; perhaps one; at least something with eyes and a mouth.
PERSON, PERHAPS, FACELIKE = 9, 4, -5
AFAR = 0.65  # score of the full range detector: a person's face, whatever becomes of its detail
TURNED, ASIDE = 42, 28  # degrees of yaw
NODDING = 45  # degrees of pitch
NOTHING_SHARP = "We could not find a face: the picture is very blurred. Use a sharp photo that shows one face from the front."


def plausible(f: face.Face) -> bool:
    """Has it the proportions of a face? The mesh fits itself to dogs and rocks too, but then wobbles or is distorted."""
    p = f.points
    iod = face.eye_distance(p)
    y = face.head_axes(p)[1]
    eyes = (p[33] + p[133] + p[362] + p[263]) / 4
    mouth = ((p[61] + p[291]) / 2 - eyes) @ y / iod
    chin = (p[152] - eyes) @ y / iod
    width = np.linalg.norm(p[291] - p[61]) / iod
    return bool(
        f.score > 0.5
        and f.wobble < 0.07 * iod
        and 0.65 < mouth < 1.7
        and 1.1 < chin < 2.7
        and 0.4 < width < 1.5
    )


def is_person(f: face.Face) -> bool:
    """Certainly a person's face. Of blurred, covered and very simply drawn ones that cannot be said."""
    return plausible(f) and f.presence > PERSON


def detail(grey: Array) -> float:
    """Finest detail against the contrast of a grey float32 picture, looked at in at most 160 x 180 px.

    Sharp portraits have .08 to .2; blurred by 1 % of the face's width they have .05, by 4 % .01.
    """
    size = (min(160, grey.shape[1]), min(180, grey.shape[0]))  # enlarged, every face would look blurred
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    fine = cv2.Laplacian(cv2.GaussianBlur(small, (0, 0), 0.8), cv2.CV_32F)
    return float(fine.std()) / max(12.0, float(small.std()))


def _grey(bgr: Array) -> Array:
    return cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY).astype(np.float32)


def _crop(bgr: Array, f: face.Face) -> Array:
    x0, y0, x1, y1 = f.box
    return bgr[max(0, int(y0)) : int(y1) + 1, max(0, int(x0)) : int(x1) + 1]


def why_none(bgr: Array, doubtful: list[face.Face], min_face: int) -> PortraitError:
    """The reason why there is no face to use; `doubtful`: what looked like one and is not plausible."""
    found = [f for f in doubtful if f.score > 0.5 and _crop(bgr, f).size]
    shown = _grey(_crop(bgr, found[0]) if found else bgr)
    if np.percentile(shown, 95) < DARK:
        return PortraitError("too_dark")
    blurred = shown.std() > 8 and detail(shown) < (2 if found else 1) * BLURRED
    if found and blurred:
        return PortraitError("too_blurred")
    if found and abs(face.head_pose(found[0].points)[0]) > TURNED:
        return PortraitError("turned_away")
    if any(FACELIKE < f.presence <= PERSON and min(f.size) >= min_face for f in found):
        return PortraitError("animal")
    return PortraitError("no_face", NOTHING_SHARP if blurred else None)


def judge(bgr: Array, f: face.Face, min_face: int) -> list[str]:
    """Raise what makes a portrait unusable; return keys of warnings."""
    x0, y0, x1, y1 = f.box
    crop = _grey(_crop(bgr, f))
    sharp = detail(crop)
    if f.presence <= PERSON:
        _judge_doubtful(bgr, f, min_face, sharp)
    if min(f.size) < min_face:
        raise too_small(f, min_face)
    yaw, pitch, _ = face.head_pose(f.points)
    if abs(yaw) > TURNED or abs(pitch) > NODDING:
        raise PortraitError("turned_away")
    h, w = bgr.shape[:2]
    if x0 < -0.12 * (x1 - x0) or x1 > w + 0.12 * (x1 - x0) or y1 > h + 0.06 * (y1 - y0):
        raise PortraitError("covered", "Part of the face is cut off. Use a photo that shows the whole face.")
    bright = float(np.percentile(crop, 80))
    if bright < DARK:
        raise PortraitError("too_dark")
    if sharp < BLURRED:
        raise PortraitError("too_blurred")
    hidden = covered(bgr, f.points) if sharp > VEILED else None
    if hidden == "mouth":
        raise PortraitError(
            "covered", "The mouth is covered. Use a photo without a mask, a hand or anything else over it."
        )
    if hidden == "eyes":
        raise PortraitError(
            "covered", "The eyes are covered. Use a photo without sunglasses or anything else over them."
        )
    if f.presence <= PERHAPS and sharp > VEILED:  # nothing hides it, and yet it is no person's
        raise PortraitError("animal")
    notes = []
    if sharp < SOFT:
        notes.append("blurred")
    if bright < DIM:
        notes.append("dark")
    if abs(yaw) > ASIDE:
        notes.append("turned")
    if min(f.size) < SHARP_FACE:
        notes.append("small")
    return notes


def _judge_doubtful(bgr: Array, f: face.Face, min_face: int, sharp: float) -> None:
    """Raise unless it may be a person's face that blur, a cover, its turn or the drawing makes hard to be sure of."""
    if abs(face.head_pose(f.points)[0]) > TURNED:
        return
    if face.seen_from_afar(np.ascontiguousarray(bgr[..., ::-1]), f.points) > AFAR:
        return
    if min(f.size) < min_face:
        raise PortraitError("no_face")
    if sharp < VEILED:
        raise PortraitError("too_blurred")
    raise PortraitError("animal" if f.presence > FACELIKE else "no_face")


def too_small(f: face.Face, min_face: int) -> PortraitError:
    sentence = PORTRAIT_SENTENCES["face_too_small"]
    return PortraitError("face_too_small", sentence.format(pixels=int(min(f.size)), least=min_face))
