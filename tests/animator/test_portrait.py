"""How a picture becomes an upright portrait with one face."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from engine.animator import PortraitError

from .helpers import build

pytestmark = pytest.mark.slow


def test_a_picture_on_its_side_or_head_is_turned_upright(fixtures, tmp_path):
    picture = cv2.imread(str(fixtures / "astronaut.jpg"))
    for turns in (1, 2):
        cv2.imwrite(str(tmp_path / "x.png"), np.rot90(picture, turns))
        info = build(tmp_path / "x.png", tmp_path)
        assert "rotated" in info.warnings
        x, y, w, h = info.face_box
        assert abs(x + w / 2 - 296) < 60
        assert y + h / 2 < 280


@pytest.fixture
def two_faces(fixtures, tmp_path):
    """The same person twice, the larger one on the right, where the smaller picture ends."""
    picture = cv2.imread(str(fixtures / "astronaut.jpg"))
    small = cv2.resize(picture, None, fx=0.8, fy=0.8)
    small = cv2.copyMakeBorder(small, 0, len(picture) - len(small), 0, 0, cv2.BORDER_REPLICATE)
    cv2.imwrite(str(tmp_path / "two.png"), np.hstack([small, picture]))
    return tmp_path / "two.png", small.shape[1]


def test_of_several_faces_the_largest_is_taken_and_all_are_named(two_faces, tmp_path):
    path, middle = two_faces
    info = build(path, tmp_path)
    assert "several_faces" in info.warnings
    assert info.face_box[0] > middle
    assert [x > middle for x, *_ in info.faces] == [True, False]
    assert info.faces[0] == pytest.approx(info.face_box, abs=1)


def test_another_face_is_taken_by_its_number_or_by_a_point_in_it(two_faces, tmp_path):
    path, middle = two_faces
    x, y, w, h = build(path, tmp_path).faces[1]
    for wanted in (1, (x + w / 2, y + h / 2)):
        info = build(path, tmp_path, face=wanted)
        assert info.face == 1
        assert info.face_box[0] < middle
        assert info.face_box[2] < 1.1 * w


def test_a_face_that_is_not_there_cannot_be_chosen(two_faces, tmp_path):
    for wanted in (2, -1, (3, 3)):
        with pytest.raises(PortraitError) as e:
            build(two_faces[0], tmp_path, face=wanted)
        assert "no such face" in str(e.value)


def test_faces_of_a_picture_on_its_side_are_named_where_they_are_in_it(two_faces, tmp_path):
    upright = build(two_faces[0], tmp_path).faces
    picture = cv2.imread(str(two_faces[0]))
    cv2.imwrite(str(tmp_path / "x.png"), np.rot90(picture, 3))  # clockwise: what was left is now above
    info = build(tmp_path / "x.png", tmp_path, face=1)
    assert "rotated" in info.warnings
    x, y, w, h = upright[1]
    assert info.faces[1] == pytest.approx((len(picture) - y - h, x, h, w), abs=12)
    assert info.face_box == pytest.approx(upright[1], abs=12)


@pytest.mark.parametrize("data", [b"", b"just text", b"\x89PNG\r\n\x1a\n broken", b"\xff\xd8\xff\xe0 broken"])
def test_what_is_no_picture_is_refused(tmp_path, data):
    (tmp_path / "x.jpg").write_bytes(data)
    with pytest.raises(PortraitError) as e:
        build(tmp_path / "x.jpg", tmp_path)
    assert e.value.reason == "unreadable"
