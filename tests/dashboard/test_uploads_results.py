"""What the provider sends back, whole and broken."""

import io
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from dashboard.uploads import UploadError, results
from tests.videos import card as cards


@pytest.fixture
def film(tmp_path) -> Path:
    """Two seconds: the first red, the second blue, with sound."""
    path = tmp_path / "film.mp4"
    with av.open(str(path), "w", options={"movflags": "faststart"}) as file:
        picture = file.add_stream("libx264", rate=25, width=320, height=240, pix_fmt="yuv420p")
        sound = file.add_stream("aac", rate=48_000, layout="mono")
        for number in range(50):
            colour = (200, 30, 30) if number < 25 else (30, 30, 200)
            image = np.full((240, 320, 3), colour, np.uint8)
            image[::7, number::11] = 255  # some detail, so that frames have a size
            file.mux(picture.encode(av.VideoFrame.from_ndarray(image, "rgb24")))
        file.mux(picture.encode(None))
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 96_000), "f4"), "fltp", "mono")
        frame.sample_rate = 48_000
        file.mux(sound.encode(frame))
        file.mux(sound.encode(None))
    return path


def picture(kind: str, size: tuple[int, int] = (800, 600)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (10, 200, 90)).save(out, kind)
    return out.getvalue()


def test_a_video_is_measured(film):
    facts = results.video(film)
    assert (facts.width, facts.height, facts.frames, facts.has_sound) == (320, 240, 50, True)
    assert facts.seconds == pytest.approx(2, abs=0.05)


def test_a_poster_is_the_frame_at_its_time(film, tmp_path):
    for at, name, channel in ((0.5, "a.webp", 0), (1.5, "b.jpg", 2), (99, "c.jpg", 2)):
        colour = results.poster(film, tmp_path / name, at=at)
        with Image.open(tmp_path / name) as image:
            assert image.size == (320, 240)
            assert image.format == ("WEBP" if name.endswith("webp") else "JPEG")
        mean = bytes.fromhex(colour[1:])
        assert mean[channel] == max(mean) > 150


@pytest.mark.parametrize("marks", [cards.BT709, cards.BT601, cards.UNMARKED], ids=["709", "601", "none"])
def test_the_colours_of_poster_and_cutout_follow_the_marks_of_the_video(tmp_path, marks):
    card = cards.make(tmp_path, 0.4, 0.2, marks=marks)
    results.poster(card.video, tmp_path / "poster.jpg", at=0.0)
    results.film_cutout(card.video, card.mask, tmp_path / "cutout.webp", at=0.0)
    middle = (cards.WIDTH // 2, cards.HEIGHT // 2)
    with Image.open(tmp_path / "poster.jpg") as poster, Image.open(tmp_path / "cutout.webp") as cutout:
        assert poster.getpixel(middle) == pytest.approx(cards.PERSON, abs=5)
        assert poster.getpixel((8, 8)) == pytest.approx(cards.WALL, abs=5)
        assert cutout.convert("RGBA").getpixel(middle)[:3] == pytest.approx(cards.PERSON, abs=5)


def test_a_video_that_broke_off_is_refused(film, tmp_path):
    whole = film.read_bytes()
    for part in (len(whole) // 10, len(whole) // 2, len(whole) * 9 // 10):
        broken = tmp_path / "broken.mp4"
        broken.write_bytes(whole[:part])
        with pytest.raises(UploadError):
            results.video(broken)


@pytest.mark.parametrize(
    "content", [b"", b"<html>502 Bad Gateway</html>" * 20, picture("JPEG"), picture("GIF"), b"\0" * 5000]
)
def test_what_is_no_video_is_refused(tmp_path, content):
    path = tmp_path / "video.mp4"
    path.write_bytes(content)
    with pytest.raises(UploadError):
        results.video(path)
    with pytest.raises(UploadError):
        results.poster(path, tmp_path / "poster.jpg")
    assert not (tmp_path / "poster.jpg").exists()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_measured_and_made_small(tmp_path, kind):
    path = tmp_path / "preview"
    path.write_bytes(picture(kind))
    assert results.picture(path) == results.PictureFacts(800, 600)
    colour = results.thumbnail(path, tmp_path / "small.webp")
    with Image.open(tmp_path / "small.webp") as small:
        assert (small.format, small.size) == ("WEBP", (640, 480))
    assert bytes.fromhex(colour[1:])[1] > 180


@pytest.mark.parametrize("content", [b"", b"<html>404</html>", picture("JPEG")[:-300], picture("PNG")[:900]])
def test_what_is_no_whole_picture_is_refused(tmp_path, content):
    path = tmp_path / "preview.jpg"
    path.write_bytes(content)
    with pytest.raises(UploadError):
        results.picture(path)
