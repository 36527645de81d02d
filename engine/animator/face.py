"""Finding faces: the only module that uses mediapipe. It returns plain arrays.

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
from typing import Any

import cv2
import numpy as np

from .arrays import Array

os.environ.setdefault("GLOG_minloglevel", "3")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# Pairs of symmetric points: their mean direction is the x axis of the head, independent of the expression.
SYMMETRIC_PAIRS = [
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
LEFT_EYE, RIGHT_EYE = (33, 133), (362, 263)  # as seen in the picture
# Rotation in degrees and scale of the views over which the mesh is averaged.
VIEWS = [(0.0, 1.0), (5.0, 1.05), (-5.0, 0.95)]
MAX_FACES = 8  # of one picture
FloatBox = tuple[float, float, float, float]  # x0, y0, x1, y1 in px
_lock = threading.Lock()  # mediapipe's graphs are not thread-safe
_models: dict[str, Any] = {}


@dataclass
class Face:
    """A face in a picture."""

    points: Array  # (478, 3) px
    spread: float  # px: how much the mesh varies between slightly different views
    score: float  # 0..1, of the detector
    presence: float  # see `presence`

    @property
    def box(self) -> FloatBox:
        """From chin to hairline and from ear to ear (the mesh ends a little before the ears)."""
        (x0, y0), (x1, y1) = self.points[:468, :2].min(0), self.points[:468, :2].max(0)
        ear = 0.05 * (x1 - x0)
        return x0 - ear, y0, x1 + ear, y1

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the box in px."""
        x0, y0, x1, y1 = self.box
        return x1 - x0, y1 - y0

    def contains(self, point: tuple[float, float] | Array) -> bool:
        x0, y0, x1, y1 = self.box
        return bool(x0 <= point[0] <= x1 and y0 <= point[1] <= y1)


def eye_distance(points: Array) -> float:
    """The IOD in px, measured in 3D, so that it does not depend on the yaw."""
    return float(np.linalg.norm(points[list(LEFT_EYE)].mean(0) - points[list(RIGHT_EYE)].mean(0)))


def head_axes(points: Array) -> Array:
    """(3, 3): the axes of the head as rows: x (right in the picture), y (down), z (away from the camera)."""
    d = np.array([points[b] - points[a] for a, b in SYMMETRIC_PAIRS])
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


def _import_mediapipe() -> Any:
    """Import mediapipe without the plotting library of its demos, which takes two of the three seconds."""
    unused = [name for name in ("matplotlib", "matplotlib.pyplot") if name not in sys.modules]
    sys.modules.update({name: ModuleType(name) for name in unused})
    try:
        import mediapipe
    finally:
        for name in unused:
            del sys.modules[name]
    return mediapipe


def _model(name: str) -> Any:
    """One graph of each kind for the whole process, because loading takes a tenth of a second."""
    if name not in _models:
        mediapipe = _import_mediapipe()
        solutions = mediapipe.solutions
        if name == "mesh":
            _models[name] = solutions.face_mesh.FaceMesh(
                static_image_mode=True, max_num_faces=1, refine_landmarks=True, min_detection_confidence=0.3
            )
        elif name == "segment":
            _models[name] = solutions.selfie_segmentation.SelfieSegmentation(model_selection=0)
        elif name == "presence":  # mediapipe runs this network too, but does not return its confidence
            modules = Path(mediapipe.__file__).parent / "modules"
            _models[name] = cv2.dnn.readNetFromTFLite(str(modules / "face_landmark" / "face_landmark.tflite"))
        elif name == "eyes":
            path = Path(cv2.data.haarcascades) / "haarcascade_eye_tree_eyeglasses.xml"  # type: ignore[attr-defined]  # OpenCV's stubs leave it out
            _models[name] = cv2.CascadeClassifier(str(path))
        else:  # "near": faces within 2 m; "far": full range
            _models[name] = solutions.face_detection.FaceDetection(
                model_selection=0 if name == "near" else 1, min_detection_confidence=0.3
            )
    return _models[name]


def _process(name: str, rgb: Array) -> Any:
    with _lock:
        return _model(name).process(np.ascontiguousarray(rgb))


def detect(rgb: Array) -> list[tuple[float, FloatBox]]:
    """Score and box of every face, by both detectors, best first, without overlaps."""
    h, w = rgb.shape[:2]
    found = []
    for name in ("near", "far"):
        for d in _process(name, rgb).detections or []:
            b = d.location_data.relative_bounding_box
            box = (b.xmin * w, b.ymin * h, (b.xmin + b.width) * w, (b.ymin + b.height) * h)
            found.append((float(d.score[0]), box))
    found.sort(reverse=True)
    kept: list[tuple[float, FloatBox]] = []
    for score, box in found:
        centre = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
        if not any(b[0] < centre[0] < b[2] and b[1] < centre[1] < b[3] for _, b in kept):
            kept.append((score, box))
    return kept


def _detect_small(rgb: Array) -> list[tuple[float, FloatBox]]:
    """Faces that are too small for the detectors, which scale pictures to 192 px: search overlapping tiles."""
    for tiles in (3, 6):
        if found := _detect_in_tiles(rgb, tiles):
            return found
    return []


def _detect_in_tiles(rgb: Array, tiles: int) -> list[tuple[float, FloatBox]]:
    h, w = rgb.shape[:2]
    th, tw = max(h // tiles, min(h, 240)), max(w // tiles, min(w, 240))
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


def mesh(rgb: Array, box: FloatBox) -> tuple[Array, float] | None:
    """Landmarks (478, 3) px of the face in the box, averaged over VIEWS, and their spread in px; None if not found."""
    for margin in (1.9, 3.0, 1.4):  # blurred and cut-off faces need a larger or a smaller crop
        found = _mesh_in_crop(rgb, box, margin)
        if found is not None:
            return found
    return None


def _mesh_in_crop(rgb: Array, box: FloatBox, margin: float) -> tuple[Array, float] | None:
    x0, y0, x1, y1 = box
    side = margin * max(x1 - x0, y1 - y0)
    scale = 512 / side
    found = []
    for angle, zoom in VIEWS:
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
    spread = float(np.linalg.norm(np.std(found, 0)[:, :2], axis=1).mean())
    return points, spread


def find_faces(rgb: Array, small: bool = False) -> list[Face]:
    """The faces of a picture, the largest first; `small` searches for tiny ones, which takes a second."""
    faces: list[Face] = []
    for score, box in _detect_small(rgb) if small else detect(rgb):
        middle = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        if any(f.contains(middle) for f in faces):  # found in an overlapping tile already
            continue
        found = mesh(rgb, box)
        if found is not None:
            faces.append(Face(*found, score, presence(rgb, found[0])))
        if len(faces) == MAX_FACES:
            break
    faces.sort(key=lambda f: -np.prod(np.ptp(f.points[:468, :2], axis=0)))
    return faces


def presence(rgb: Array, points: Array) -> float:
    """The logit of the landmark network that this is a human face, averaged over slightly different views.

    Sharp faces of people (photographs and paintings, from 64 px on) have 11 or more, most over 20; simple drawings of
    people 2 to 14. Whatever the mesh could be fitted to in pictures of animals has at most 2, in drawings of them 6. Blur
    lowers it.
    """
    found = []
    for angle, mirrored in ((0, False), (10, False), (-10, False), (0, True)):
        view = _crop_upright(rgb, points, size=192, margin=1.5, angle=angle)
        blob = cv2.dnn.blobFromImage(view[:, ::-1] if mirrored else view, 1 / 255)
        with _lock:
            net = _model("presence")
            net.setInput(blob)
            found.append(float(net.forward("conv2d_31").ravel()[0]))
    return float(np.mean(found))


def full_range_score(rgb: Array, points: Array) -> float:
    """The score 0..1 of the full range detector for this face alone, upright and at a suitable size.

    It needs no fine detail: blurred and masked people still have .65 or more, animals hardly ever any.
    """
    views = (_crop_upright(rgb, points, size=256, margin=margin) for margin in (2.2, 3.0))
    return max((d.score[0] for view in views for d in _process("far", view).detections or []), default=0.0)


def has_human_eyes(rgb: Array, points: Array) -> bool:
    """Whether OpenCV's classifier of human eyes finds a pair where the mesh has them; above most masks it does."""
    grey = cv2.cvtColor(_crop_upright(rgb, points, size=320, margin=1.5)[40:220], cv2.COLOR_RGB2GRAY)
    with _lock:
        found = _model("eyes").detectMultiScale(grey, 1.05, 2, minSize=(30, 30))
    return any(
        left_x + left_size / 2 < 160 < right_x + right_size / 2
        and abs(left_y - right_y) < 25
        and max(left_size, right_size) < 1.4 * min(left_size, right_size)
        for left_x, left_y, left_size, _ in found
        for right_x, right_y, right_size, _ in found
    )


def _crop_upright(rgb: Array, points: Array, size: int, margin: float, angle: float = 0) -> Array:
    """The face upright in a square of `size` px that is `margin` times as wide as the face."""
    low, high = points[:468, :2].min(0), points[:468, :2].max(0)
    middle, side = (low + high) / 2, margin * max(high - low)
    fine = size * int(np.clip(round(side / size), 1, 4))  # sample finely, then average
    m = cv2.getRotationMatrix2D(tuple(middle.tolist()), head_pose(points)[2] + angle, fine / side)
    m[:, 2] += fine / 2 - middle
    interpolation = cv2.INTER_CUBIC if fine > side else cv2.INTER_LINEAR
    view = cv2.warpAffine(rgb, m, (fine, fine), flags=interpolation, borderMode=cv2.BORDER_REPLICATE)
    return cv2.resize(view, (size, size), interpolation=cv2.INTER_AREA)


def segment(rgb: Array) -> Array:
    """(H, W) float32: the probability 0..1 of each pixel to belong to a person."""
    return _process("segment", rgb).segmentation_mask.astype(np.float32)
