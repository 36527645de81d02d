"""What is drawn is what is in the file, whatever size a portrait has."""

from __future__ import annotations

import av
import numpy as np
import pytest

from engine.animator.encoder import Encoder


@pytest.mark.parametrize("height", [160, 162, 164, 166])
def test_every_even_height_keeps_its_colours_from_top_to_bottom(tmp_path, height):
    drawn = np.zeros((height, 128, 4), np.uint8)
    drawn[:] = (30, 60, 200, 255)  # BGR: a brick's red
    drawn[: height // 2, :, 3] = 0
    video, mask = tmp_path / "v.mp4", tmp_path / "m.mp4"
    with Encoder(video, mask, 128, height, iter(()), 16000, "mono") as encoder:
        for _ in range(5):
            encoder.write(drawn.copy())
    with av.open(str(video)) as film, av.open(str(mask)) as cut:
        colours = next(film.decode(video=0)).to_ndarray(format="rgb24")
        white = next(cut.decode(video=0)).to_ndarray(format="gray")
    assert colours.shape == (height, 128, 3)
    for row in (0, 3, height // 2, height - 1):
        assert colours[row, 64] == pytest.approx((200, 60, 30), abs=8), row
    assert white[2, 64] < 24
    assert white[-3, 64] > 225
