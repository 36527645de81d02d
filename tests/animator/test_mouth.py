"""The two layers of the mouth."""

from __future__ import annotations

import numpy as np

from engine.animator import geometry as g
from engine.animator import lipline, mouth


def test_the_lower_lip_takes_no_skin_along_from_above_the_upper_lip(loaded):
    f = g.HeadFrame(loaded.points)
    fields = mouth.MouthFields(
        f, lipline.find_lip_line(loaded.person, loaded.points, f), g.grid_points(*loaded.size, 2)
    )
    covered = (fields.upper_alpha() == 1) & (fields.over < 0.33) & (np.abs(fields.across) < 0.9)
    covered &= fields.under < -0.02
    assert covered.sum() > 500
    assert fields.lower_alpha()[covered].max() == 0
