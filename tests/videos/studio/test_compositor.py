"""Frames with a look, drawn and decoded: the whole head in them, soft edges, sizes."""

from dataclasses import asdict

import numpy as np
import pytest

from tests.videos import generated_video as cards
from tests.videos import read_video
from videos.looks.framing import Framing
from videos.looks.look import Look
from videos.studio.compositor import Composition, Compositor
from videos.studio.video_reader import Shot

pytestmark = pytest.mark.slow

# The test card's disc, taken for a head.
DISC = Framing(eyes=(0.5, 0.45), head=(1 / 6, 112 / 480, 0.7, 128 / 240))
COLOUR = {"background": "colour", "colour": "#1e3cdc"}


def disc(picture: np.ndarray) -> tuple[int, int, int, int]:
    """The box of what is the disc's colour: left, top, right, bottom."""
    red = (np.abs(picture[..., :3].astype(int) - cards.PERSON) < 30).all(axis=2)
    rows, columns = np.flatnonzero(red.any(axis=1)), np.flatnonzero(red.any(axis=0))
    return columns[0], rows[0], columns[-1], rows[-1]


@pytest.mark.parametrize("background", [{}, COLOUR, {"background": "blur"}], ids=["own", "colour", "blur"])
@pytest.mark.parametrize("frame", ["1:1", "9:16", "16:9"])
def test_nobody_is_beheaded_in_a_film(make, frame, background):
    film = read_video.film(make("look", ".mp4", {"frame": frame, **background}, framing=asdict(DISC)))
    (width, height), picture = film.size, film.pictures[0]
    left, top, right, bottom = disc(picture)
    assert 0 < left < right < width - 1
    assert 0 < top < bottom < height - 1
    assert right - left == pytest.approx(bottom - top, abs=4)  # all of it is there
    across, down = Look(frame=frame).canvas(192, 240)
    assert (across, down) == (width, height)


def test_each_face_has_a_place_of_its_own_in_the_same_look(make):
    """A batch has one look for several avatars."""
    high = Framing((0.5, 0.2), (0.3, 0.05, 0.4, 0.3))
    low = Framing((0.5, 0.7), (0.3, 0.55, 0.4, 0.3))
    tops = []
    for framing in (high, low):
        film = read_video.film(make("look", ".mp4", {"frame": "16:9", **COLOUR}, framing=asdict(framing)))
        tops.append(disc(film.pictures[0])[1])
    assert tops[0] - tops[1] > 20


def test_the_own_background_goes_on_beside_the_picture(make):
    """Nothing black, nothing of the person, and no edge that is seen."""
    picture = (
        read_video.film(make("look", ".mp4", {"frame": "16:9"}, framing=asdict(DISC)))
        .pictures[0][..., :3]
        .astype(int)
    )
    beside = np.concatenate([picture[:, :30], picture[:, -30:]], axis=1)
    assert np.abs(beside - cards.WALL).max() < 16


def test_without_a_mask_too_the_own_background_goes_on(make):
    film = read_video.film(make("look", ".mp4", {"frame": "16:9"}, framing=asdict(DISC), mask=""))
    red, green, blue = film.pictures[0][:, 4, :3].astype(int).T
    assert green.min() > 110  # the wall, and a little of the person in it
    assert (green - red).min() > 30
    assert (green - blue).min() > 30


def test_shoulders_that_the_picture_cuts_off_end_softly_inside_the_frame():
    white = np.full((240, 192, 3), 255, np.uint8)
    shot = Shot(white, np.full((240, 192), 255, np.uint8), 0.0)
    look = Look(background="colour", colour="#000000", frame="16:9", size=1, x=0.5, y=1)
    drawn = Compositor(Composition(look), 192, 240).draw(shot)[..., 0].astype(int)
    for row in drawn[[40, 150, 185]]:
        assert (row[0], row[171], row[-1]) == (0, 255, 0)
        assert np.abs(np.diff(row)).max() < 60
    # And in a curve, not in an upright line.
    assert (drawn[185] > 128).sum() < 0.85 * (drawn[40] > 128).sum()


def test_shoulders_that_the_picture_does_not_cut_off_are_left_as_they_are():
    """Nothing is rounded where the person touches no side of the picture, or only below what is seen."""
    for cuts, is_rounded in (((1, 1), False), ((0.95, 1), False), ((0.5, 0.6), True)):
        framing = Framing((0.5, 0.4), (0.3, 0.1, 0.4, 0.5), cuts)
        look = Look(background="colour", frame="16:9")
        assert look.is_rounded(192, 240, framing) == is_rounded


def test_where_the_picture_leaves_the_frame_its_edges_are_as_they_are():
    white = np.full((240, 192, 3), 255, np.uint8)
    shot = Shot(white, np.full((240, 192), 255, np.uint8), 0.0)
    for look in (Look(background="colour", colour="#000000"), Look(frame="1:1", size=1, x=0.5, y=1)):
        assert Compositor(Composition(look), 192, 240).draw(shot).min() == 255


@pytest.mark.parametrize(("frame", "size"), [("9:16", (1080, 1920)), ("16:9", (1920, 1080))])
def test_a_film_in_full_hd_is_that_large(make, frame, size):
    assert read_video.film(make("look", ".mp4", {"frame": frame, "resolution": 1080, **COLOUR})).size == size


def test_what_is_enlarged_stays_sharp():
    """Fine stripes keep more of their contrast than with the filter that frames of the same size get."""
    import cv2

    stripes = np.tile(np.array([[60, 60, 60, 190, 190, 190]], np.uint8).T.repeat(192, 1), (40, 1))
    rgb = cv2.merge([stripes] * 3)
    drawn = Compositor(Composition(Look(resolution=720)), 192, 240).draw(Shot(rgb, None, 0.0))
    linear = cv2.resize(rgb, (720, 900), interpolation=cv2.INTER_LINEAR)
    assert drawn.shape == (900, 720, 3)
    assert drawn[100:800].std() > linear[100:800].std() * 1.05
