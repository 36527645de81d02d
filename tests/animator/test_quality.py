"""Which portraits are accepted, and what is said about the others."""

from __future__ import annotations

import os
import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from engine.animator import PortraitError, face

from .helpers import build

pytestmark = pytest.mark.slow

MOUTH, LEFT_EYE, RIGHT_EYE = ((215, 285), (347, 362)), ((205, 198), (268, 245)), ((298, 198), (365, 245))
SKIN, BLUE, BLACK = (150, 175, 225), (190, 110, 40), (18, 18, 18)


def test_a_picture_without_a_face_is_refused(tmp_path):
    picture = np.full((500, 500, 3), 120, np.uint8)
    cv2.circle(picture, (250, 250), 120, (40, 90, 200), -1)
    cv2.imwrite(str(tmp_path / "x.png"), picture)
    with pytest.raises(PortraitError) as e:
        build(tmp_path / "x.png", tmp_path)
    assert e.value.reason == "no_face"


def test_where_all_is_blurred_no_face_is_claimed_but_the_blur_is_named(fixtures, tmp_path):
    picture = cv2.imread(str(fixtures / "astronaut.jpg"))
    cv2.imwrite(str(tmp_path / "x.png"), cv2.GaussianBlur(picture, (0, 0), 30))
    with pytest.raises(PortraitError, match="blurred") as e:
        build(tmp_path / "x.png", tmp_path)
    assert e.value.reason == "no_face"


@pytest.fixture(scope="session")
def far_away(fixtures):
    """The test person with a face of so many pixels, in a wide room, as a photo from the web."""

    def picture(pixels: int, quality: int = 75) -> np.ndarray:
        person = cv2.imread(str(fixtures / "astronaut.jpg"))
        scale = pixels / 221  # what this face has in the fixture
        person = cv2.resize(person, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        room = np.full((900, 1200, 3), (205, 210, 200), np.uint8)
        room[600:] = (90, 110, 130)
        h, w = person.shape[:2]
        room[600 - h // 2 : 600 - h // 2 + h, 480 : 480 + w] = person
        _, data = cv2.imencode(".jpg", room, [cv2.IMWRITE_JPEG_QUALITY, quality])
        return cv2.imdecode(data, cv2.IMREAD_COLOR)

    return picture


@pytest.mark.parametrize("pixels", [66, 80, 130])
def test_a_small_face_is_taken_and_the_warning_says_what_it_means(far_away, tmp_path, pixels):
    cv2.imwrite(str(tmp_path / "x.png"), far_away(pixels))
    info = build(tmp_path / "x.png", tmp_path)
    assert info.warnings == ["small"]
    size = min(info.face_size)
    assert size == pytest.approx(pixels, abs=3)
    assert info.warning("small") == (
        f"The face is small in this picture ({size} pixels): the video will be a little soft. "
        "A closer photo gives a sharper one."
    )
    preview = cv2.imread(str(tmp_path / "p.jpg"))
    assert min(preview.shape[:2]) == 720
    assert face_width(preview) == pytest.approx(240, abs=15)  # the frame is the person, not the room
    x, y, w, h = info.faces[0]  # ... and the boxes are those of the room
    assert face_width(far_away(pixels)[y - h : y + 2 * h, x - w : x + 2 * w]) == pytest.approx(w, abs=4)


def face_width(picture: np.ndarray) -> float:
    (found,) = face.find_faces(np.ascontiguousarray(picture[..., ::-1]))
    return found.size[0]


def test_from_160_pixels_on_nothing_is_said_about_the_size(far_away, tmp_path):
    for pixels, warnings in ((150, ["small"]), (165, [])):
        cv2.imwrite(str(tmp_path / "x.png"), far_away(pixels))
        assert build(tmp_path / "x.png", tmp_path).warnings == warnings


def test_a_face_under_64_pixels_is_refused_by_its_size(far_away, tmp_path):
    cv2.imwrite(str(tmp_path / "x.png"), far_away(52))
    with pytest.raises(PortraitError) as e:
        build(tmp_path / "x.png", tmp_path)
    assert e.value.reason == "face_too_small"
    assert re.search(r"\(5\d pixels\).* at least 64 pixels", str(e.value))


def test_small_people_beside_each_other_are_each_found_once(far_away, tmp_path):
    picture = np.hstack([far_away(80), far_away(70)])
    cv2.imwrite(str(tmp_path / "x.png"), picture)
    info = build(tmp_path / "x.png", tmp_path)
    assert [x > 1200 for x, *_ in info.faces] == [False, True]


def bear(fur: tuple[int, int, int], muzzle: tuple[int, int, int]) -> np.ndarray:
    picture = np.full((640, 640, 3), (230, 215, 200), np.uint8)
    for x in (190, 450):
        cv2.circle(picture, (x, 190), 75, fur, -1, cv2.LINE_AA)
        cv2.circle(picture, (x, 190), 40, muzzle, -1, cv2.LINE_AA)
    cv2.ellipse(picture, (320, 330), (210, 195), 0, 0, 360, fur, -1, cv2.LINE_AA)
    for x in (245, 395):
        cv2.circle(picture, (x, 290), 18, BLACK, -1, cv2.LINE_AA)
        cv2.circle(picture, (x + 5, 284), 5, (255, 255, 255), -1, cv2.LINE_AA)
    cv2.ellipse(picture, (320, 400), (85, 70), 0, 0, 360, muzzle, -1, cv2.LINE_AA)
    cv2.ellipse(picture, (320, 370), (32, 24), 0, 0, 360, BLACK, -1, cv2.LINE_AA)
    cv2.ellipse(picture, (320, 410), (40, 28), 0, 20, 160, BLACK, 5, cv2.LINE_AA)
    return picture


@pytest.mark.parametrize(
    ("fur", "muzzle"),
    [((87, 92, 141), (140, 190, 225)), ((60, 120, 200), (220, 235, 250)), ((235, 240, 245), (255, 255, 255))],
)
def test_the_face_of_an_animal_is_refused_as_one(tmp_path, fur, muzzle):
    cv2.imwrite(str(tmp_path / "x.png"), bear(fur, muzzle))
    with pytest.raises(PortraitError) as e:
        build(tmp_path / "x.png", tmp_path)
    assert str(e.value) == "This looks like an animal. Use a portrait of a person."
    assert e.value.reason == "animal"


def test_a_cat_is_no_person(fixtures, tmp_path):
    for turned in (0, 1):
        cv2.imwrite(str(tmp_path / "x.png"), np.rot90(cv2.imread(str(fixtures / "cat.jpg")), turned))
        with pytest.raises(PortraitError) as e:
            build(tmp_path / "x.png", tmp_path)
        assert e.value.reason in ("animal", "no_face")


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("colour", [(235, 235, 235), (20, 20, 20), (210, 150, 90)])
def test_a_mask_does_not_make_an_animal_of_a_person(fixtures, tmp_path, colour, mirrored):
    picture = cv2.imread(str(fixtures / "astronaut.jpg"))
    cloth = np.array([(170, 250), (286, 240), (400, 250), (375, 395), (290, 440), (205, 395)])
    cv2.fillConvexPoly(picture, cloth, colour, cv2.LINE_AA)
    cv2.imwrite(str(tmp_path / "x.png"), cv2.flip(picture, 1) if mirrored else picture)
    with pytest.raises(PortraitError, match="covered") as e:
        build(tmp_path / "x.png", tmp_path)
    assert e.value.reason == "covered"


PORTRAITS = sorted((Path(os.environ.get("MATERIAL") or "/nonexistent") / "portraits").glob("*"))


@pytest.mark.material
@pytest.mark.skipif(not PORTRAITS, reason="MATERIAL names no folder with portraits/")
@pytest.mark.parametrize("portrait", PORTRAITS, ids=lambda path: path.name)
def test_photographs_paintings_and_drawings_of_people_are_taken(portrait, tmp_path):
    build(portrait, tmp_path)


def test_a_black_picture_of_a_face_is_refused_as_too_dark_or_as_no_face(fixtures, tmp_path):
    picture = cv2.imread(str(fixtures / "astronaut.jpg"))
    cv2.imwrite(str(tmp_path / "x.png"), (picture * 0.06).astype(np.uint8))
    with pytest.raises(PortraitError) as e:
        build(tmp_path / "x.png", tmp_path)
    assert e.value.reason in ("too_dark", "no_face")


def test_a_very_blurred_face_is_refused_and_a_slightly_blurred_one_is_taken_with_a_warning(
    fixtures, tmp_path
):
    picture = cv2.imread(str(fixtures / "astronaut.jpg"))
    cv2.imwrite(str(tmp_path / "x.png"), cv2.GaussianBlur(picture, (0, 0), 10))
    with pytest.raises(PortraitError) as e:
        build(tmp_path / "x.png", tmp_path)
    assert e.value.reason == "too_blurred"
    cv2.imwrite(str(tmp_path / "x.png"), cv2.GaussianBlur(picture, (0, 0), 3))
    assert "blurred" in build(tmp_path / "x.png", tmp_path).warnings


@pytest.mark.parametrize(
    ("hidden", "colour", "word"),
    [([MOUTH], SKIN, "mouth"), ([MOUTH], BLUE, "mouth"), ([LEFT_EYE, RIGHT_EYE], BLACK, "eyes"), ([LEFT_EYE], SKIN, "eyes")],
)  # fmt: skip
def test_a_covered_mouth_or_eye_is_refused_by_name(fixtures, tmp_path, hidden, colour, word):
    picture = cv2.imread(str(fixtures / "astronaut.jpg"))
    for corner, other in hidden:
        cv2.rectangle(picture, corner, other, colour, -1, cv2.LINE_AA)
    cv2.imwrite(str(tmp_path / "x.png"), picture)
    with pytest.raises(PortraitError) as e:
        build(tmp_path / "x.png", tmp_path)
    assert e.value.reason == "covered"
    assert word in str(e.value)


@pytest.mark.parametrize("shade", [60, 190])
def test_a_beard_over_the_lips_is_no_cover(fixtures, tmp_path, shade):
    picture = cv2.imread(str(fixtures / "astronaut.jpg"))
    corner, other = MOUTH
    hairs = np.random.default_rng(1).normal(shade, 45, (other[1] - corner[1], other[0] - corner[0]))
    hairs = cv2.GaussianBlur(hairs, (0, 0), sigmaX=0.8, sigmaY=2)
    picture[corner[1] : other[1], corner[0] : other[0]] = hairs.clip(0, 255)[..., None]
    cv2.imwrite(str(tmp_path / "x.png"), picture)
    build(tmp_path / "x.png", tmp_path)


@pytest.mark.parametrize("light", [0.3, 1.0])
def test_a_grey_or_dim_picture_is_not_taken_for_a_covered_face(fixtures, tmp_path, light):
    picture = cv2.imread(str(fixtures / "astronaut.jpg"), cv2.IMREAD_GRAYSCALE)
    cv2.imwrite(str(tmp_path / "x.png"), (picture * light).astype(np.uint8))
    assert ("dark" in build(tmp_path / "x.png", tmp_path).warnings) == (light < 1)
