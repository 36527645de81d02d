"""Where the picture lies in the frame: the face is in it, by itself, in every shape and before every background.

placements.json is the one table that Python and the browser are held to (tests/browser/test_look_framing.py). After a
deliberate change of the arithmetic it is written anew by `python -m tests.videos.looks.test_framing`.
"""

import itertools
import json
from dataclasses import asdict
from pathlib import Path

import pytest

from videos.looks.framing import Framing
from videos.looks.look import Look

TABLE = Path(__file__).with_name("placements.json")
SHAPES = ("1:1", "9:16", "16:9")
BACKGROUNDS = ("own", "blur", "colour", "gradient", "picture")
# As our engine tells them, of portraits of every kind: size of the frame, and where the head is in it.
PEOPLE = {
    "tall": ((720, 1080), Framing((0.485, 0.338), (0.221, 0.040, 0.539, 0.513), (0.600, 0.617))),
    "close": ((720, 1080), Framing((0.498, 0.437), (0.131, 0.045, 0.772, 0.655), (0.832, 0.838))),
    "square": ((720, 720), Framing((0.509, 0.415), (0.225, 0.034, 0.585, 0.735), (0.932, 0.914))),
    "large hair": ((720, 720), Framing((0.509, 0.600), (0.062, 0.015, 0.857, 0.888), (1.0, 0.75))),
    "landscape": ((1080, 720), Framing((0.540, 0.380), (0.420, 0.060, 0.240, 0.520), (1.0, 0.9))),
    "aside": ((1080, 720), Framing((0.200, 0.400), (0.090, 0.080, 0.220, 0.500), (0.7, 1.0))),
    "whole body": ((720, 1280), Framing((0.500, 0.140), (0.410, 0.050, 0.180, 0.130), (1.0, 1.0))),
    "cut hair": ((720, 720), Framing((0.497, 0.369), (0.079, 0.0, 0.843, 0.696), (0.933, 0.898))),
}
NEARLY = 1.5  # px


def _looks() -> list[Look]:
    by_hand = [
        Look(frame="16:9", size=1.4, x=0.8, y=0.3),
        Look(frame="9:16", x=0.2),
        Look(frame="1:1", size=0.6, x=0.5, y=0.5),
        Look(background="gradient", frame="9:16", size=0.7, x=1, y=0),
        Look(background="colour", size=0.62, x=0.333, y=0.667, resolution=1080),
    ]
    shapes = itertools.product(("own", *SHAPES), ("own", "colour"), (None, 1080))
    return [Look(frame=f, background=b, resolution=r) for f, b, r in shapes] + by_hand


def _case(look: Look, width: int, height: int, framing: Framing | None) -> dict:
    return {
        "look": asdict(look),
        "width": width,
        "height": height,
        "framing": asdict(framing) if framing else None,
        "canvas": list(look.canvas(width, height)),
        "placement": {k: round(v, 6) for k, v in asdict(look.placement(width, height, framing)).items()},
        "is_rounded": look.is_rounded(width, height, framing),
        "box": {k: round(v, 4) for k, v in asdict(look.place(width, height, framing)).items()},
    }


def _table() -> list[dict]:
    odd = ((721, 900), (1080, 1350), (719, 719), (640, 361), (1001, 333), (128, 160))
    people = [*PEOPLE.values(), *((size, None) for size in odd)]
    return [_case(look, *size, framing) for size, framing in people for look in _looks()]


def _cases() -> list[dict]:
    return json.loads(TABLE.read_text(encoding="utf-8"))


def _head(look: Look, size: tuple[int, int], framing: Framing) -> tuple[float, ...]:
    """Left, top, right and bottom of the head in the canvas, and its eyes' height, all as shares of the canvas."""
    across, down = look.canvas(*size)
    box = look.place(*size, framing)
    x, y, w, h = framing.head
    left, top = box.x + x * box.width, box.y + y * box.height
    eyes = box.y + framing.eyes[1] * box.height
    return (
        left / across,
        top / down,
        (left + w * box.width) / across,
        (top + h * box.height) / down,
        eyes / down,
    )


def test_python_places_as_the_table_says():
    cases = _cases()
    assert len(cases) > 200
    for case in cases:
        look = Look.from_dict(case["look"])
        size, framing = (case["width"], case["height"]), Framing.from_dict(case["framing"])
        assert list(look.canvas(*size)) == case["canvas"], case
        assert asdict(look.placement(*size, framing)) == pytest.approx(case["placement"], abs=1e-5), case
        assert asdict(look.place(*size, framing)) == pytest.approx(case["box"], abs=1e-3), case
        assert look.is_rounded(*size, framing) == case["is_rounded"], case


@pytest.mark.parametrize("background", BACKGROUNDS)
@pytest.mark.parametrize("frame", SHAPES)
@pytest.mark.parametrize("person", PEOPLE)
def test_the_whole_head_is_in_every_frame_before_every_background(person, frame, background):
    size, framing = PEOPLE[person]
    look = Look(frame=frame, background=background, picture=1 if background == "picture" else None)
    left, top, right, bottom, eyes = _head(look, size, framing)
    assert left > -0.001
    assert top > -0.001
    assert right < 1.001
    assert bottom < 1.001
    if person == "large hair":  # with all of it in the frame they are lower
        assert eyes < 0.77
    elif person == "whole body":  # is brought closer, but not enlarged without end
        assert 0.2 < eyes < 0.5
    else:
        # A head as wide as an upright frame stands on its lower edge.
        is_wide = frame == "9:16" and framing.head[2] > 0.5
        assert 0.3 < eyes < (0.65 if is_wide else 0.5)


@pytest.mark.parametrize("frame", SHAPES)
@pytest.mark.parametrize("background", ["own", "colour"])
def test_usual_portraits_have_their_eyes_at_two_fifths_of_the_height(frame, background):
    size, framing = PEOPLE["landscape"]
    assert _head(Look(frame=frame, background=background), size, framing)[4] == pytest.approx(0.4, abs=0.03)


@pytest.mark.parametrize("size", [(1024, 1536), (720, 1280), (1000, 1000), (1600, 900)])
@pytest.mark.parametrize("frame", SHAPES)
def test_a_portrait_of_which_nothing_is_known_is_not_beheaded(size, frame):
    """The upper half of the picture, where the head is in nearly every portrait, is in the frame."""
    for background in ("own", "colour"):
        look = Look(frame=frame, background=background)
        box, (_, down) = look.place(*size), look.canvas(*size)
        assert box.y + 0.06 * box.height >= -NEARLY
        assert box.y + 0.45 * box.height <= down


def test_no_cut_through_the_shoulders_is_seen_where_the_picture_ends_inside_the_frame():
    size, framing = PEOPLE["square"]
    look = Look(frame="16:9", background="colour")
    box, (across, down) = look.place(*size, framing), look.canvas(*size)
    assert box.x > 0
    assert box.x + box.width < across
    assert box.y + min(framing.cuts) * box.height >= down - NEARLY


def test_a_picture_with_room_for_the_head_fills_the_frame_with_its_own_background():
    size, framing = PEOPLE["landscape"]
    for frame in SHAPES:
        look = Look(frame=frame)
        box, (across, down) = look.place(*size, framing), look.canvas(*size)
        assert box.x <= 0
        assert box.y <= 0
        assert box.x + box.width >= across - 0.01
        assert box.y + box.height >= down - 0.01


@pytest.mark.parametrize("background", ["own", "colour", "blur"])
def test_in_its_own_frame_nothing_is_moved(background):
    size, framing = PEOPLE["tall"]
    assert asdict(Look(background=background).place(*size, framing)) == {
        "x": 0,
        "y": 0,
        "width": 720,
        "height": 1080,
    }


def test_a_stored_look_that_was_placed_by_hand_stays_as_it_was():
    size, framing = PEOPLE["tall"]
    for kept in ({"frame": "16:9", "x": 0.3}, {"frame": "1:1", "size": 1.4}, {"frame": "9:16", "y": 0.2}):
        look = Look.from_dict(kept)
        assert not look.is_automatic
        assert look.to_dict() == kept
        assert look.place(*size, framing) == look.place(*size)
    # Fills the frame and stands on its lower edge, as looks were placed before.
    assert Look.from_dict({"frame": "16:9", "x": 0.3}).place(720, 1080).y == pytest.approx(720 - 1280 * 1.5)


def test_a_placement_by_hand_at_the_usual_place_is_still_one_by_hand():
    look = Look(frame="16:9", size=1, x=0.5, y=1)
    assert Look.from_dict(look.to_dict()) == look
    assert look.key != Look(frame="16:9").key


@pytest.mark.parametrize(
    ("resolution", "frame", "size"),
    [
        (1080, "9:16", (1080, 1920)),
        (1080, "16:9", (1920, 1080)),
        (1080, "1:1", (1080, 1080)),
        (1080, "own", (1080, 1620)),
        (720, "9:16", (720, 1280)),
        (None, "16:9", (1280, 720)),
    ],
)
def test_the_resolution_is_that_of_the_shorter_side(resolution, frame, size):
    look = Look(frame=frame, resolution=resolution)
    assert look.canvas(720, 1080) == size
    assert look.is_plain is False


def test_a_larger_resolution_moves_nothing():
    size, framing = PEOPLE["close"]
    small, large = (Look(frame="16:9", resolution=r).place(*size, framing) for r in (720, 1080))
    assert [v * 1.5 for v in asdict(small).values()] == pytest.approx(list(asdict(large).values()))


if __name__ == "__main__":
    lines = ",\n".join(json.dumps(case) for case in _table())
    TABLE.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
