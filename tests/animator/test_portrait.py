"""Which portraits are taken, and what the rig of one holds."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from engine.animator import WARNINGS, PortraitError, build_rig, face
from engine.animator import rig as rigs
from engine.animator.enlarge import enlarge
from engine.animator.portrait import open_portrait

MOUTH, LEFT_EYE, RIGHT_EYE = ((215, 285), (347, 362)), ((205, 198), (268, 245)), ((298, 198), (365, 245))
SKIN, BLUE, BLACK = (150, 175, 225), (190, 110, 40), (18, 18, 18)


def build(path, tmp_path, **k):
    return build_rig(path, tmp_path / "r.npz", tmp_path / "p.jpg", **k)


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


def test_where_the_head_is_in_the_frame_is_told_with_its_hair(rig):
    path, info = rig
    with np.load(path, allow_pickle=False) as kept:
        alpha, points = kept["alpha"], kept["points"]
    height, width = alpha.shape
    (x, y, w, h), (eye_x, eye_y) = info.framing["head"], info.framing["eyes"]
    assert (eye_x * width, eye_y * height) == pytest.approx(points[[33, 263], :2].mean(0), abs=0.02 * width)
    assert (y + h) * height == pytest.approx(points[152, 1], abs=0.02 * height)  # the chin
    hairline = points[10, 1] / height
    assert y < hairline - 0.03  # curls above it
    assert not (alpha[: int(y * height) - 2, int(x * width) : int((x + w) * width)] > 128).any()
    assert w * width > 1.15 * np.ptp(points[:468, 0])
    left, right = (alpha[:, edge] > 128 for edge in (2, -3))
    for cut, edge in zip(info.framing["cuts"], (left, right), strict=True):
        first = edge.argmax() / height if edge.any() else 1
        assert cut == pytest.approx(first, abs=0.03)


def test_the_background_is_untouched_where_nobody_stands(rig, fixtures):
    r = rigs.load(rig[0])
    empty = cv2.dilate(r.alpha, np.ones((41, 41))) == 0
    picture = open_portrait(fixtures / "astronaut.jpg", 160).image
    assert np.abs(picture[empty].astype(int) - r.background[empty]).max() <= 1


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


@pytest.mark.slow
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


def test_enlarging_makes_no_halos():
    edge = np.full((60, 80, 3), 60, np.uint8)
    edge[:, 40:] = 190
    large = enlarge(edge, (320, 240), 4.0)[..., 0].astype(int)
    assert 57 <= large.min() <= large.max() <= 193
    assert (np.abs(np.diff(large[120])) > 4).sum() <= 8  # and an edge it stays


def test_enlarging_takes_the_blocks_of_a_jpeg_away():
    shades = cv2.GaussianBlur(np.random.default_rng(2).normal(size=(96, 96)).astype(np.float32), (0, 0), 4)
    shades = 120 + 25 * shades / shades.std()
    _, data = cv2.imencode(".jpg", shades.astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 40])
    blocky = cv2.imdecode(data, cv2.IMREAD_COLOR)
    truth = cv2.resize(shades, (384, 384), interpolation=cv2.INTER_CUBIC)
    at_edges = np.isin(np.arange(383) % 32, (29, 30, 31, 0, 1))  # of the blocks, four times as large

    def stairs(large: np.ndarray) -> float:
        wrong = np.abs(np.diff(large[..., 0] - truth, axis=1))
        return wrong[:, at_edges].mean() - wrong[:, ~at_edges].mean()

    plain = cv2.resize(blocky, (384, 384), interpolation=cv2.INTER_CUBIC)
    assert stairs(enlarge(blocky, (384, 384), 4.0)) < 0.4 * stairs(plain)


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


def test_a_mask_does_not_make_an_animal_of_a_person(fixtures, tmp_path):
    picture = cv2.imread(str(fixtures / "astronaut.jpg"))
    cloth = np.array([(180, 300), (286, 285), (395, 300), (370, 395), (290, 440), (210, 395)])
    cv2.fillConvexPoly(picture, cloth, (235, 235, 235), cv2.LINE_AA)
    cv2.imwrite(str(tmp_path / "x.png"), picture)
    with pytest.raises(PortraitError, match="covered"):
        build(tmp_path / "x.png", tmp_path)


PORTRAITS = sorted((Path(os.environ.get("MATERIAL") or "/nonexistent") / "portraits").glob("*"))


@pytest.mark.material
@pytest.mark.slow
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


def test_a_transparent_cutout_keeps_its_own_outline(fixtures, tmp_path):
    picture = cv2.imread(str(fixtures / "astronaut.jpg"))
    alpha = np.zeros(picture.shape[:2], np.uint8)
    cv2.ellipse(alpha, (290, 300), (190, 300), 0, 0, 360, 255, -1)
    cv2.imwrite(str(tmp_path / "x.png"), np.dstack([picture, alpha]))
    build(tmp_path / "x.png", tmp_path)
    r = rigs.load(tmp_path / "r.npz")
    assert r.alpha[5, 5] == 0
    assert r.background[5, 5].min() > 200, "no black halo"


def test_importing_the_package_loads_none_of_the_heavy_libraries():
    code = (
        "import sys, engine.animator; print([m for m in ('numpy', 'cv2', 'av', 'mediapipe', 'pocketsphinx', 'django') "
        "if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_a_rig_loads_without_mediapipe(rig):
    code = f"import sys; from engine.animator import rig; rig.load(__import__('pathlib').Path({str(rig[0])!r})); "
    code += "print('mediapipe' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "False"
