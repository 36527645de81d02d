"""Cutting the person out: a soft mask, the colours of the person at its edge, and the background without the person.

Guided filter: He, Sun & Tang 2010. Foreground colours: blur fusion, Forte & Pitie 2021. Background: push-pull
(Gortler et al. 1996) seeded by mirroring across the silhouette, so that the fill continues the texture at the edge.
"""

from __future__ import annotations

import cv2
import numpy as np

from . import face
from .arrays import Array, Image


def _box_filter(x: Array, r: int) -> Array:
    return cv2.boxFilter(x, -1, (2 * r + 1, 2 * r + 1), borderType=cv2.BORDER_REFLECT)


def guided_filter(guide: Array, p: Array, r: int, eps: float = 1e-3) -> Array:
    """Guided filter of p (H, W) with a grey guide (H, W), both float32 0..1; r in px."""
    mg, mp = _box_filter(guide, r), _box_filter(p, r)
    covariance: Array = _box_filter(guide * p, r) - mg * mp
    variance: Array = _box_filter(guide * guide, r) - mg * mg
    a = covariance / (variance + eps)
    return _box_filter(a, r) * guide + _box_filter(mp - a * mg, r)


def soft_mask(bgr: Image, iod: float, points: Array) -> Array:
    """(H, W) float32: alpha 0..1 of the person whose face has these points (478, 3) px."""
    h, w = bgr.shape[:2]
    # The network scales its input to 256 x 256: a padded square keeps the proportions.
    side = max(h, w)
    top, left = (side - h) // 2, (side - w) // 2
    square = cv2.copyMakeBorder(bgr, top, side - h - top, left, side - w - left, cv2.BORDER_REPLICATE)
    p = face.segment(cv2.cvtColor(square, cv2.COLOR_BGR2RGB))[top : top + h, left : left + w]
    guide = cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY).astype(np.float32) / 255
    a = guided_filter(guide, np.ascontiguousarray(p), max(3, round(0.06 * iod)))
    a = np.clip((a - 0.12) / 0.76, 0, 1)
    return _keep_person(a, points[:468, :2].mean(0))


def _keep_person(a: Array, centre: Array) -> Array:
    """Keep the part of the mask around the centre of the face, and fill its holes.

    Bystanders and specks would move with the head.
    """
    n, labels, stats, _ = cv2.connectedComponentsWithStats((a > 0.4).astype(np.uint8))
    if n > 2:
        x, y = np.clip(centre, 0, (a.shape[1] - 1, a.shape[0] - 1)).astype(int)
        keep = (labels == (labels[y, x] or 1 + int(stats[1:, 4].argmax()))).astype(np.uint8)
        a = a * cv2.GaussianBlur(cv2.dilate(keep, np.ones((9, 9), np.uint8)).astype(np.float32), (0, 0), 2)
    n, labels, stats, _ = cv2.connectedComponentsWithStats((a < 0.9).astype(np.uint8))
    for i in range(1, n):
        x, y, w, h, area = stats[i]
        inside = x > 0 and y > 0 and x + w < a.shape[1] and y + h < a.shape[0]
        if inside and area < 0.01 * a.size:
            a[labels == i] = 1
    return a


def foreground(bgr: Image, a: Array, iod: float) -> Image:
    """(H, W, 3): the colours of the person, without the background in them where the mask is soft."""
    image, alpha = bgr.astype(np.float32), a[..., None]
    f = b = image
    for r in (max(4, round(0.25 * iod)), max(2, round(0.03 * iod))):
        ba = _box_filter(a, r)[..., None]
        bf = _box_filter(f * alpha, r) / (ba + 1e-4)
        bb = _box_filter(b * (1 - alpha), r) / (1 - ba + 1e-4)
        f = np.clip(bf + alpha * (image - alpha * bf - (1 - alpha) * bb), 0, 255)
        b = bb
    return np.where(alpha > 0.98, image, f).round().astype(np.uint8)


def push_pull(image: Array, known: Array) -> Array:
    """Fill the image (H, W, 3) float32 where `known` (H, W) float32 is 0, from coarser and coarser averages."""
    if min(image.shape[:2]) <= 2 or known.min() > 0:
        return image
    h, w = known.shape
    small = ((w + 1) // 2, (h + 1) // 2)
    k = cv2.resize(known, small, interpolation=cv2.INTER_AREA)
    c = (
        cv2.resize(image * known[..., None], small, interpolation=cv2.INTER_AREA)
        / np.maximum(k, 1e-6)[..., None]
    )
    coarse = push_pull(c, np.minimum(k * 4, 1))
    up = cv2.resize(coarse, (w, h), interpolation=cv2.INTER_LINEAR)
    return image * known[..., None] + up * (1 - known[..., None])


def background(bgr: Image, a: Array, iod: float, seed: int = 7) -> Image:
    """(H, W, 3): the picture without the person; unchanged where the mask is empty."""
    h, w = a.shape
    person = (a > 0.02).astype(np.uint8)
    grown = cv2.dilate(person, np.ones((3, 3), np.uint8), iterations=max(2, round(0.03 * iod)))
    if grown.min() > 0:
        return bgr.copy()
    image = bgr.astype(np.float32)
    known = (grown == 0).astype(np.float32)
    # Mirroring: a pixel at a distance d inside the silhouette takes the colour at d outside of it.
    dist, labels = cv2.distanceTransformWithLabels(grown, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    ys, xs = np.nonzero(grown == 0)
    nearest = np.zeros((labels.max() + 1, 2), np.float32)
    nearest[labels[ys, xs]] = np.stack([xs, ys], 1)
    edge = nearest[labels]
    gx, gy = np.meshgrid(np.arange(w, dtype=np.float32), np.arange(h, dtype=np.float32))
    mx, my = 2 * edge[..., 0] - gx, 2 * edge[..., 1] - gy
    mirrored = cv2.remap(image, mx, my, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    trusted = cv2.remap(known, mx, my, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    trusted = trusted * np.clip(1.3 - dist / (0.5 * iod), 0, 1)
    smooth = push_pull(image * known[..., None], known)
    t = cv2.GaussianBlur(trusted, (0, 0), 1.5)[..., None]
    fill = mirrored * t + smooth * (1 - t)
    noise_level = float(np.median(np.abs(cv2.Laplacian(image.mean(2), cv2.CV_32F)[known > 0]))) * 0.25
    rng = np.random.default_rng(seed)
    grain = cv2.GaussianBlur(rng.normal(size=(h, w)).astype(np.float32), (0, 0), 0.7) * min(noise_level, 4)
    fill = fill + (grain * 1.6)[..., None] * (1 - t)
    k = cv2.GaussianBlur(known, (0, 0), 1.0)[..., None] * known[..., None]
    return np.clip(image * k + fill * (1 - k), 0, 255).round().astype(np.uint8)
