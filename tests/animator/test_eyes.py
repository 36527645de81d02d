"""Eyes: lids that shut, and glasses that do not move with them."""

from __future__ import annotations

import cv2
import numpy as np

from engine.animator import eyes
from engine.animator import geometry as g

FRAME = (30, 28, 32)  # BGR of the glasses that are drawn onto the portrait


def test_a_shut_lid_is_about_as_light_as_the_skin_around_the_eye(loaded):
    f = g.HeadFrame(loaded.points)
    for eye in eyes.find_eyes(loaded.person, loaded.points, f)[0]:
        shut = eye.draw(1.0, (0, 0)).astype(float).mean(2)
        inner = (eye.y > eye.lid + 0.02) & (eye.y < eye.floor - 0.05) & (eye.inside > 0.99)
        under = (eye.y > eye.floor + 0.05) & (eye.y < eye.floor + 0.08) & (eye.inside > 0.99)
        assert 0.8 < np.median(shut[inner]) / np.median(shut[under]) < 1.1
        assert shut[inner].std() < 12, "no streaks"


def test_glasses_stay_where_they_are_while_the_eyes_shut(loaded):
    f = g.HeadFrame(loaded.points)
    person, drawn = loaded.person.copy(), np.zeros(loaded.alpha.shape, np.uint8)
    for x in (-0.5, 0.5):
        around = np.linspace(0, 2 * np.pi, 60)
        rim = f.to_px(np.stack([x + 0.36 * np.cos(around), 0.03 + 0.2 * np.sin(around)], 1))
        for canvas, colour in ((person, FRAME), (drawn, 255)):
            cv2.polylines(canvas, [rim.round().astype(np.int32)], True, colour, int(0.05 * f.iod))
    bridge = f.to_px(np.array([[-0.15, 0.0], [0.15, 0.0]])).round().astype(int)
    cv2.line(person, *map(tuple, bridge.tolist()), FRAME, int(0.05 * f.iod))
    found, behind_glasses = eyes.find_eyes(person, loaded.points, f)
    assert behind_glasses
    for eye in found:
        x0, y0, x1, y1 = eye.box
        on_frame = cv2.erode(drawn[y0:y1, x0:x1], np.ones((3, 3))) > 0
        moved = np.abs(eye.draw(1.0, (0, 0)).astype(int) - person[y0:y1, x0:x1]).max(2)
        assert on_frame.sum() > 100
        assert np.median(moved[on_frame]) == 0
        assert (moved[on_frame] > 40).mean() < 0.05
        assert (moved > 40).mean() > 0.03, "the eye itself is shut"


def test_a_face_without_glasses_has_none(loaded):
    assert not eyes.find_eyes(loaded.person, loaded.points, g.HeadFrame(loaded.points))[1]
