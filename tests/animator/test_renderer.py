"""Frames that are drawn."""

from __future__ import annotations

import cv2
import numpy as np

from engine.animator import build_rig, renderer
from engine.animator import geometry as g
from engine.animator import rig as rigs
from engine.animator.performance import Performance


def play(**tracks: float) -> Performance:
    """One frame in which all is at rest but these tracks."""
    rest = {name: np.zeros(1) for name in Performance.__dataclass_fields__ if name != "frames"}
    rest |= {name: np.zeros((1, 2)) for name in ("gaze", "shift")}
    return Performance(1, **rest | {name: np.array([value]) for name, value in tracks.items()})


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
