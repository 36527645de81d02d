"""The inside of the mouth."""

from __future__ import annotations

import numpy as np

from engine.animator import geometry as g
from engine.animator import lipline, oral, renderer


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
