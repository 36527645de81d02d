"""What single frames look like: lids, glasses, the inside of the mouth."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from engine.animator import build_rig, eyes, lipline, mouth, oral, renderer, teeth
from engine.animator import geometry as g
from engine.animator import rig as rigs
from engine.animator.performance import Performance

FRAME = (30, 28, 32)  # BGR of the glasses that are drawn onto the portrait


def play(**tracks: float) -> Performance:
    """One frame in which all is at rest but these tracks."""
    rest = {name: np.zeros(1) for name in Performance.__dataclass_fields__ if name != "frames"}
    rest |= {name: np.zeros((1, 2)) for name in ("gaze", "shift")}
    return Performance(1, **rest | {name: np.array([value]) for name, value in tracks.items()})


@pytest.fixture(scope="module")
def loaded(rig):
    return rigs.load(rig[0])


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


def test_the_lower_lip_takes_no_skin_along_from_above_the_upper_lip(loaded):
    f = g.HeadFrame(loaded.points)
    fields = mouth.MouthFields(
        f, lipline.find_lip_line(loaded.person, loaded.points, f), g.grid_points(*loaded.size, 2)
    )
    covered = (fields.upper_alpha() == 1) & (fields.over < 0.33) & (np.abs(fields.across) < 0.9)
    covered &= fields.under < -0.02
    assert covered.sum() > 500
    assert fields.lower_alpha()[covered].max() == 0


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


def test_rounded_lips_hide_the_teeth(loaded):
    small = loaded.resized(480)
    inside = oral.MouthInterior(
        small.person,
        small.points,
        g.HeadFrame(small.points),
        lipline.find_lip_line(small.person, small.points, g.HeadFrame(small.points)),
        renderer.Renderer(small).mouth_box,
    )
    spread, rounded = (inside.draw(0.0, 0.06, width)[..., :3].mean(2) for width in (0.0, -1.0))
    middle = spread.shape[1] // 2
    ends = [np.flatnonzero(x[:, middle] > 0.75 * x[:, middle].max()).max() for x in (spread, rounded)]
    assert ends[1] < ends[0] - 0.02 * inside.frame.iod, "they end higher up"
    assert rounded.max() < 0.9 * spread.max(), "in the shadow of the lips"


def test_bystanders_stand_still_while_the_chosen_one_turns_and_speaks(fixtures, tmp_path):
    picture = cv2.imread(str(fixtures / "astronaut.jpg"))
    close = picture[:, 120:460]
    cv2.imwrite(str(tmp_path / "two.png"), np.hstack([close, close]))
    info = build_rig(tmp_path / "two.png", tmp_path / "r.npz", tmp_path / "p.jpg", face=(500, 270))
    assert info.face_box[0] > 340
    small = rigs.load(tmp_path / "r.npz").resized(480)
    drawer = renderer.Renderer(small)
    still, moved = (
        drawer.draw(play(yaw=angle, aperture=gap), 0)[..., :3].astype(int)
        for angle, gap in ((0, 0), (7, 0.2))
    )
    changed = np.abs(moved - still).max(2)
    across = drawer.frame.to_local(g.grid_points(*small.size, 1)[1:-1, 1:-1])[..., 0]
    assert changed[np.abs(across) < 0.5].mean() > 5
    bystander = across < -3.2
    assert bystander.mean() > 0.03
    assert changed[bystander].mean() < 0.5
