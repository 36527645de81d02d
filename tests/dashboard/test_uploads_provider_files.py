"""What the provider sends back, whole and broken."""

import io
import subprocess
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from dashboard.uploads import UploadError, provider_files, sandbox
from tests import sample_media
from tests.videos import generated_video as cards

pytestmark = pytest.mark.slow


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


def test_a_video_is_measured_and_its_stills_are_made(film, tmp_path):
    found = provider_files.check_video(film, tmp_path)
    assert (found.width, found.height, found.frames, found.has_sound) == (320, 240, 50, True)
    assert found.seconds == pytest.approx(2, abs=0.05)
    assert (found.cutout, found.mask_problem) == (None, "")
    for path, kind in ((found.stills.poster, "JPEG"), (found.stills.thumbnail, "WEBP")):
        with Image.open(path) as image:
            assert (image.size, image.format) == ((320, 240), kind)


def test_stills_are_the_frame_at_their_time(film, tmp_path):
    for at, channel in ((0.5, 0), (1.5, 2), (99, 2)):
        for found in (
            provider_files.extract_stills(film, tmp_path, at=at),
            provider_files.check_video(film, tmp_path, at=at).stills,
        ):
            mean = bytes.fromhex(found.colour[1:])
            assert mean[channel] == max(mean) > 150
            with Image.open(found.poster) as poster, Image.open(found.thumbnail) as thumbnail:
                assert poster.size == thumbnail.size == (320, 240)


def test_one_child_looks_at_video_and_mask_and_makes_all_that_is_wanted_of_them(tmp_path, monkeypatch):
    started = []
    popen = subprocess.Popen

    class Counted(popen):
        def __init__(self, command, *args, **kwargs):
            started.append(command)
            super().__init__(command, *args, **kwargs)

    monkeypatch.setattr(subprocess, "Popen", Counted)
    video, mask = sample_media.video(tmp_path / "video.mp4"), sample_media.mask(tmp_path / "mask.mp4")
    found = provider_files.check_video(video, tmp_path, mask=mask)
    assert len(started) == 1
    assert found.mask_problem == ""
    with Image.open(found.cutout) as cutout:
        assert (cutout.mode, cutout.size) == ("RGBA", (128, 160))
        assert cutout.getpixel((3, 3))[3] < 20
        assert cutout.getpixel((64, 100))[3] > 235


def broken_masks(folder: Path) -> dict[str, Path]:
    page = folder / "page.mp4"
    page.write_text("<html>sign in first</html>")
    half = folder / "half.mp4"
    half.write_bytes(sample_media.mask(folder / "whole.mp4").read_bytes()[:-200])
    empty = folder / "empty.mp4"
    empty.touch()
    return {
        "page": page,
        "half": half,
        "empty": empty,
        "size": sample_media.mask(folder / "size.mp4", size=(64, 80)),
        "length": sample_media.mask(folder / "length.mp4", seconds=2),
    }


def test_a_mask_that_is_worth_nothing_spoils_only_itself(tmp_path):
    video = sample_media.video(tmp_path / "video.mp4")
    for name, mask in broken_masks(tmp_path).items():
        found = provider_files.check_video(video, tmp_path, mask=mask)
        assert found.mask_problem, name
        assert found.cutout is None
        assert found.frames == 25
        assert found.stills.poster.exists()


def test_a_mask_that_the_decoder_dies_of_spoils_only_itself(tmp_path, monkeypatch):
    run = sandbox.run

    def die_of_masks(job, *args, **options):
        if options["mask"]:
            raise UploadError(provider_files.NO_VIDEO)  # as for a child that was killed
        return run(job, *args, **options)

    monkeypatch.setattr(sandbox, "run", die_of_masks)
    video, mask = sample_media.video(tmp_path / "video.mp4"), sample_media.mask(tmp_path / "mask.mp4")
    found = provider_files.check_video(video, tmp_path, mask=mask)
    assert (found.mask_problem, found.cutout, found.frames) == (provider_files.NO_VIDEO, None, 25)


@pytest.mark.parametrize("marks", [cards.BT709, cards.BT601, cards.UNMARKED], ids=["709", "601", "none"])
def test_the_colours_of_poster_and_cutout_follow_the_marks_of_the_video(tmp_path, marks):
    card = cards.make(tmp_path, 0.4, 0.2, marks=marks)
    found = provider_files.check_video(card.video, tmp_path, mask=card.mask)
    middle = (cards.WIDTH // 2, cards.HEIGHT // 2)
    with Image.open(found.stills.poster) as poster, Image.open(found.cutout) as cutout:
        assert poster.getpixel(middle) == pytest.approx(cards.PERSON, abs=5)
        assert poster.getpixel((8, 8)) == pytest.approx(cards.WALL, abs=5)
        assert cutout.convert("RGBA").getpixel(middle)[:3] == pytest.approx(cards.PERSON, abs=5)


def test_a_video_that_broke_off_is_refused(film, tmp_path):
    whole = film.read_bytes()
    for part in (len(whole) // 10, len(whole) // 2, len(whole) * 9 // 10):
        broken = tmp_path / "broken.mp4"
        broken.write_bytes(whole[:part])
        with pytest.raises(UploadError):
            provider_files.check_video(broken, tmp_path)


@pytest.mark.parametrize(
    "content", [b"", b"<html>502 Bad Gateway</html>" * 20, picture("JPEG"), picture("GIF"), b"\0" * 5000]
)
def test_what_is_no_video_is_refused(tmp_path, content):
    path = tmp_path / "video.mp4"
    path.write_bytes(content)
    with pytest.raises(UploadError):
        provider_files.check_video(path, tmp_path)
    with pytest.raises(UploadError):
        provider_files.extract_stills(path, tmp_path, at=0)
    assert not (tmp_path / "poster.jpg").exists()
