"""Finding faces: the only module that knows mediapipe. Plain arrays come out.

Landmarks are mediapipe's 478 points (468 of the mesh, then the irises), x right, y down, z away from the camera,
all in pixels.
"""

from __future__ import annotations

import os
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np

from .arrays import Array

os.environ.setdefault("GLOG_minloglevel", "3")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# Pairs of mirrored points: their mean direction is the head's own x axis, whatever the mouth does.
MIRRORED = [
    (33, 263),
    (133, 362),
    (127, 356),
    (234, 454),
    (93, 323),
    (132, 361),
    (61, 291),
    (70, 300),
    (105, 334),
]
LEFT_EYE, RIGHT_EYE = (33, 133), (362, 263)  # left and right in the picture
JITTER = [
    (0.0, 1.0),
    (5.0, 1.05),
    (-5.0, 0.95),
]  # rotation in degrees, scale: the mesh is averaged over these
MOST = 8  # faces of one picture that are looked at
_lock = threading.Lock()  # mediapipe's graphs are not to be shared between threads
_models: dict[str, object] = {}


@dataclass
class Face:
    """A face in a picture: points (478, 3) px, wobble (px spread of the mesh under small warps), score 0..1 of the
    detector, presence (see the function of that name)."""

    points: Array
    wobble: float
    score: float
    presence: float

    @property
    def box(self) -> tuple[float, float, float, float]:
        """x0, y0, x1, y1 px: chin to hairline, ear to ear (the mesh ends a little before the ears)."""
        (x0, y0), (x1, y1) = self.points[:468, :2].min(0), self.points[:468, :2].max(0)
        ear = 0.05 * (x1 - x0)
        return x0 - ear, y0, x1 + ear, y1

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the box in px."""
        x0, y0, x1, y1 = self.box
        return x1 - x0, y1 - y0

    def holds(self, point: tuple[float, float] | Array) -> bool:
        x0, y0, x1, y1 = self.box
        return bool(x0 <= point[0] <= x1 and y0 <= point[1] <= y1)


def eye_distance(points: Array) -> float:
    """IOD in px, in depth, so that a turned head does not shrink it."""
    return float(np.linalg.norm(points[list(LEFT_EYE)].mean(0) - points[list(RIGHT_EYE)].mean(0)))


def head_axes(points: Array) -> Array:
    """(3, 3): rows are the head's x (to the picture's right), y (down), z (away) axes."""
    d = np.array([points[b] - points[a] for a, b in MIRRORED])
    x = d.sum(0) / np.linalg.norm(d.sum(0))
    y = points[152] - points[10]
    y = y - x * (x @ y)
    y /= np.linalg.norm(y)
    return np.stack([x, y, np.cross(x, y)])


def head_pose(points: Array) -> tuple[float, float, float]:
    """Yaw, pitch, roll in degrees."""
    x, y, _ = head_axes(points)
    return (
        float(np.degrees(np.arctan2(x[2], np.hypot(x[0], x[1])))),
        float(np.degrees(np.arctan2(y[2], np.hypot(y[0], y[1])))),
        float(np.degrees(np.arctan2(x[1], x[0]))),
    )


def _mediapipe() -> ModuleType:
    """mediapipe without the plotting library that its demonstrations draw with: two of the three seconds of its start."""
    unused = [name for name in ("matplotlib", "matplotlib.pyplot") if name not in sys.modules]
    sys.modules.update({name: ModuleType(name) for name in unused})
    try:
        import mediapipe
    finally:
        for name in unused:
            del sys.modules[name]
    return mediapipe


def _model(name: str) -> object:
    """One graph of each kind for the whole process: they take a tenth of a second each to load."""
    if name not in _models:
        s = _mediapipe().solutions
        if name == "mesh":
            _models[name] = s.face_mesh.FaceMesh(
                static_image_mode=True, max_num_faces=1, refine_landmarks=True, min_detection_confidence=0.3
            )
        elif name == "segment":
            _models[name] = s.selfie_segmentation.SelfieSegmentation(model_selection=0)
        elif name == "presence":  # mediapipe asks this network too, but keeps to itself how sure it is
            modules = Path(_mediapipe().__file__).parent / "modules"
            _models[name] = cv2.dnn.readNetFromTFLite(str(modules / "face_landmark" / "face_landmark.tflite"))
        else:  # near: faces within 2 m; far: full range
            _models[name] = s.face_detection.FaceDetection(
                model_selection=0 if name == "near" else 1, min_detection_confidence=0.3
            )
    return _models[name]


def _process(name: str, rgb: Array) -> object:
    with _lock:
        return _model(name).process(np.ascontiguousarray(rgb))


def detect(rgb: Array) -> list[tuple[float, tuple[float, float, float, float]]]:
    """(score, (x0, y0, x1, y1) px) of every face, near range and full range, best first, overlaps dropped."""
    h, w = rgb.shape[:2]
    found = []
    for name in ("near", "far"):
        for d in _process(name, rgb).detections or []:
            b = d.location_data.relative_bounding_box
            box = (b.xmin * w, b.ymin * h, (b.xmin + b.width) * w, (b.ymin + b.height) * h)
            found.append((float(d.score[0]), box))
    found.sort(reverse=True)
    kept: list[tuple[float, tuple[float, float, float, float]]] = []
    for score, box in found:
        centre = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
        if not any(b[0] < centre[0] < b[2] and b[1] < centre[1] < b[3] for _, b in kept):
            kept.append((score, box))
    return kept


def _detect_small(rgb: Array) -> list[tuple[float, tuple[float, float, float, float]]]:
    """Faces too small for the detectors, which look at pictures of 192 px: looked for in overlapping parts."""
    for parts in (3, 6):
        if found := _detect_in_parts(rgb, parts):
            return found
    return []


def _detect_in_parts(rgb: Array, parts: int) -> list[tuple[float, tuple[float, float, float, float]]]:
    h, w = rgb.shape[:2]
    th, tw = max(h // parts, min(h, 240)), max(w // parts, min(w, 240))
    found = []
    for y in range(0, h - th + 1, max(1, th // 2)):
        for x in range(0, w - tw + 1, max(1, tw // 2)):
            for score, (x0, y0, x1, y1) in detect(rgb[y : y + th, x : x + tw]):
                if score > 0.6:
                    found.append((score, (x0 + x, y0 + y, x1 + x, y1 + y)))
    return sorted(found, reverse=True)


def _mesh_once(rgb: Array) -> Array | None:
    h, w = rgb.shape[:2]
    faces = _process("mesh", rgb).multi_face_landmarks
    if not faces:
        return None
    return np.array([(p.x * w, p.y * h, p.z * w) for p in faces[0].landmark])


def mesh(rgb: Array, box: tuple[float, float, float, float]) -> tuple[Array, float] | None:
    """Landmarks (478, 3) px of the face in the box, averaged over small warps, and their spread in px."""
    for room in (1.9, 3.0, 1.4):  # blurred and cut-off faces are found with more or less around them
        found = _mesh_in(rgb, box, room)
        if found is not None:
            return found
    return None


def _mesh_in(rgb: Array, box: tuple[float, float, float, float], room: float) -> tuple[Array, float] | None:
    x0, y0, x1, y1 = box
    side = room * max(x1 - x0, y1 - y0)
    scale = 512 / side
    found = []
    for angle, zoom in JITTER:
        m = cv2.getRotationMatrix2D(((x0 + x1) / 2, (y0 + y1) / 2), angle, scale * zoom)
        m[:, 2] += (256 - (x0 + x1) / 2, 256 - (y0 + y1) / 2)
        flags = cv2.INTER_AREA if scale < 0.5 else cv2.INTER_CUBIC
        crop = cv2.warpAffine(rgb, m, (512, 512), flags=flags, borderMode=cv2.BORDER_REPLICATE)
        p = _mesh_once(crop)
        if p is None:
            continue
        back = cv2.invertAffineTransform(m)
        found.append(np.column_stack([p[:, :2] @ back[:, :2].T + back[:, 2], p[:, 2] / (scale * zoom)]))
    if len(found) < 2:
        return None
    points = np.mean(found, 0)
    wobble = float(np.linalg.norm(np.std(found, 0)[:, :2], axis=1).mean())
    return points, wobble


def find_faces(rgb: Array, small: bool = False) -> list[Face]:
    """All faces of a picture, the largest first; `small`: the tiny ones too, which takes a second."""
    faces: list[Face] = []
    for score, box in _detect_small(rgb) if small else detect(rgb):
        middle = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        if any(f.holds(middle) for f in faces):  # parts overlap: found in another one already
            continue
        found = mesh(rgb, box)
        if found is not None:
            faces.append(Face(*found, score, presence(rgb, found[0])))
        if len(faces) == MOST:
            break
    faces.sort(key=lambda f: -np.prod(np.ptp(f.points[:468, :2], axis=0)))
    return faces


def presence(rgb: Array, points: Array) -> float:
    """How sure the landmark network is that this is a person's face: the logit, averaged over small changes.

    Sharp faces of people (photographs and paintings, 64 px and more) have 11 and more, most over 20, simple drawings
    of people 2 to 14; whatever the mesh could be fitted to in pictures of animals has 2 at most, in drawings 6. Blur
    takes it away.
    """
    found = []
    for angle, mirrored in ((0, False), (10, False), (-10, False), (0, True)):
        view = _close_up(rgb, points, size=192, room=1.5, angle=angle)
        blob = cv2.dnn.blobFromImage(view[:, ::-1] if mirrored else view, 1 / 255)
        with _lock:
            net = _model("presence")
            net.setInput(blob)
            found.append(float(net.forward("conv2d_31").ravel()[0]))
    return float(np.mean(found))


def seen_from_afar(rgb: Array, points: Array) -> float:
    """The score 0..1 that the full range detector gives to this face by itself, upright and of a size that suits it.

    It does without fine detail: blurred and masked people still have .65 and more, animals hardly ever any.
    """
    views = (_close_up(rgb, points, size=256, room=room) for room in (2.2, 3.0))
    return max((d.score[0] for view in views for d in _process("far", view).detections or []), default=0.0)


def _close_up(rgb: Array, points: Array, size: int, room: float, angle: float = 0) -> Array:
    """The face upright in a square of `size` px that is `room` times as wide as it."""
    low, high = points[:468, :2].min(0), points[:468, :2].max(0)
    middle, side = (low + high) / 2, room * max(high - low)
    fine = size * int(np.clip(round(side / size), 1, 4))  # sampled finely, then averaged
    m = cv2.getRotationMatrix2D(tuple(middle.tolist()), head_pose(points)[2] + angle, fine / side)
    m[:, 2] += fine / 2 - middle
    how = cv2.INTER_CUBIC if fine > side else cv2.INTER_LINEAR
    view = cv2.warpAffine(rgb, m, (fine, fine), flags=how, borderMode=cv2.BORDER_REPLICATE)
    return cv2.resize(view, (size, size), interpolation=cv2.INTER_AREA)


def segment(rgb: Array) -> Array:
    """Probability 0..1 (float32) that each pixel belongs to a person."""
    return _process("segment", rgb).segmentation_mask.astype(np.float32)
