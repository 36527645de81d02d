"""What is drawn is what is in the file, whatever size a portrait has."""

from __future__ import annotations

import av
import numpy as np
import pytest

from engine.animator.encoder import Encoder
from engine.animator.sound import Soundtrack

BT709, LIMITED = 1, 1  # AVColorSpace, AVColorPrimaries and AVColorTransferCharacteristic; AVColorRange
SILENT = Soundtrack(iter(()), 16000, "mono")
COLOURS = {
    "red": (220, 20, 30),
    "green": (30, 200, 40),
    "blue": (20, 40, 210),
    "skin": (224, 172, 140),
    "white": (255, 255, 255),
    "black": (0, 0, 0),
}


@pytest.mark.parametrize("height", [160, 162, 164, 166])
def test_every_even_height_keeps_its_colours_from_top_to_bottom(tmp_path, height):
    drawn = np.zeros((height, 128, 4), np.uint8)
    drawn[:] = (30, 60, 200, 255)  # BGR: a brick's red
    drawn[: height // 2, :, 3] = 0
    video, mask = tmp_path / "v.mp4", tmp_path / "m.mp4"
    with Encoder(video, mask, (128, height), SILENT) as encoder:
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


def rgb(y: float, u: float, v: float) -> tuple[float, float, float]:
    """BT.709 in video range, by the letters of the standard."""
    luma, blue, red = (y - 16) / 219, (u - 128) / 224, (v - 128) / 224
    r, b = luma + 1.5748 * red, luma + 1.8556 * blue
    return 255 * r, 255 * (luma - 0.2126 * r - 0.0722 * b) / 0.7152, 255 * b


@pytest.fixture(scope="module")
def patches(tmp_path_factory):
    """A video of patches of 64 pixels, one for each colour, and its mask."""
    folder = tmp_path_factory.mktemp("patches")
    drawn = np.zeros((64, 64 * len(COLOURS), 4), np.uint8)
    for number, colour in enumerate(COLOURS.values()):
        drawn[:, 64 * number : 64 * number + 64] = (*colour[::-1], 255)
    video, mask = folder / "v.mp4", folder / "m.mp4"
    with Encoder(video, mask, (drawn.shape[1], 64), SILENT) as encoder:
        for _ in range(5):
            encoder.write(drawn.copy())
    return video, mask


@pytest.mark.parametrize("which", [0, 1], ids=["video", "mask"])
def test_the_file_says_that_its_colours_are_bt709_in_video_range(patches, which):
    with av.open(str(patches[which])) as film:
        frame = next(film.decode(video=0))
        says = film.streams.video[0].codec_context
    assert (says.colorspace, says.color_primaries, says.color_trc, says.color_range) == (1, 1, 1, LIMITED)
    assert (int(frame.colorspace), int(frame.color_range)) == (BT709, LIMITED)


@pytest.mark.parametrize(("number", "name"), list(enumerate(COLOURS)), ids=list(COLOURS))
def test_the_colours_in_the_file_are_what_it_says(patches, number, name):
    with av.open(str(patches[0])) as film:
        frame = next(film.decode(video=0))
    y, u, v = (
        np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[:, : plane.width]
        for plane in frame.planes
    )
    at = 64 * number + 32
    seen = rgb(y[32, at], u[16, at // 2], v[16, at // 2])
    assert seen == pytest.approx(COLOURS[name], abs=2)
