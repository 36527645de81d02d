"""The rig of a portrait."""

from __future__ import annotations

import subprocess
import sys

import cv2
import numpy as np

from engine.animator import WARNINGS
from engine.animator import rig as rigs
from engine.animator.portrait import open_portrait

from .helpers import build


def test_a_portrait_becomes_a_rig_a_preview_and_a_cutout(rig):
    path, info = rig
    x, y, w, h = info.face_box
    assert (w, h) == info.face_size
    assert 160 <= w < info.width
    assert 0 <= x < x + w <= info.width
    assert 0 <= y < y + h <= info.height
    assert info.gender in ("male", "female")
    assert 0 <= info.gender_confidence <= 1
    assert set(info.warnings) <= set(WARNINGS)
    preview = cv2.imread(str(path.with_name("preview.jpg")))
    cutout = cv2.imread(str(path.with_name("cutout.png")), cv2.IMREAD_UNCHANGED)
    assert min(preview.shape[:2]) == 720
    assert cutout.shape[2] == 4
    assert cutout[..., 3].min() == 0
    assert cutout[..., 3].max() == 255


def test_the_background_is_untouched_where_nobody_stands(rig, fixtures):
    r = rigs.load(rig[0])
    empty = cv2.dilate(r.alpha, np.ones((41, 41))) == 0
    picture = open_portrait(fixtures / "astronaut.jpg", 160).image
    assert np.abs(picture[empty].astype(int) - r.background[empty]).max() <= 1


def test_a_transparent_cutout_keeps_its_own_outline(fixtures, tmp_path):
    picture = cv2.imread(str(fixtures / "astronaut.jpg"))
    alpha = np.zeros(picture.shape[:2], np.uint8)
    cv2.ellipse(alpha, (290, 300), (190, 300), 0, 0, 360, 255, -1)
    cv2.imwrite(str(tmp_path / "x.png"), np.dstack([picture, alpha]))
    build(tmp_path / "x.png", tmp_path)
    r = rigs.load(tmp_path / "r.npz")
    assert r.alpha[5, 5] == 0
    assert r.background[5, 5].min() > 200, "no black halo"


def test_a_rig_loads_without_mediapipe(rig):
    code = f"import sys; from engine.animator import rig; rig.load(__import__('pathlib').Path({str(rig[0])!r})); "
    code += "print('mediapipe' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "False"
