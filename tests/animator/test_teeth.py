"""The teeth that a portrait shows."""

from __future__ import annotations

import cv2
import numpy as np

from engine.animator import renderer, teeth


def test_a_smile_opens_with_the_teeth_of_the_picture(loaded):
    drawer = renderer.Renderer(loaded.resized(480))
    small = loaded.resized(480)
    found = teeth.extract_upper_teeth(small.person, small.points, drawer.frame, drawer.line, drawer.mouth_box)
    assert found is not None
    colour, alpha = found
    x0, y0, x1, y1 = drawer.mouth_box
    lab = cv2.cvtColor(small.person[y0:y1, x0:x1].astype(np.float32) / 255, cv2.COLOR_BGR2LAB)
    tooth = cv2.cvtColor(colour / 255, cv2.COLOR_BGR2LAB)[alpha[..., 0] > 0.9]
    lip = lab[(np.array(small.points[17, 1]) - y0).astype(int), (small.points[17, 0] - x0).astype(int)]
    assert np.percentile(tooth[:, 1], 90) < lip[1] - 2, "no lip among them"
    assert np.median(tooth[:, 0]) > lip[0]


def test_what_parts_the_lips_without_teeth_is_not_taken_for_some(loaded):
    small = loaded.resized(480)
    drawer = renderer.Renderer(small)
    x0, y0, x1, y1 = drawer.mouth_box
    lip = small.person[tuple(small.points[17, 1::-1].astype(int))]
    painted = small.person.copy()
    painted[y0:y1, x0:x1] = lip  # as red as lips, and as bright
    assert (
        teeth.extract_upper_teeth(painted, small.points, drawer.frame, drawer.line, drawer.mouth_box) is None
    )
