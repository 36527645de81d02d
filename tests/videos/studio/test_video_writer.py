"""What the studio makes, decoded: the alpha channel, the colours at the edges, the sound in step."""

from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image

from tests.videos import generated_video as cards
from tests.videos import read_video
from videos.looks.look import Look
from videos.studio import StudioError
from videos.studio.backgrounds import gradient
from videos.studio.preview_limits import PreviewLimit

pytestmark = pytest.mark.slow

BLUE = (30, 60, 220)
FRAME = 0.5 / cards.RATE
BT709_LIMITED = (1, 1, 1, 1)


def over(rgba: np.ndarray, behind: tuple[int, int, int]) -> np.ndarray:
    """A decoded picture before a wall, as a player or an editor puts it there."""
    alpha = rgba[..., 3:].astype(float) / 255
    return rgba[..., :3] * alpha + np.array(behind) * (1 - alpha)


def is_edge(number: int) -> np.ndarray:
    alpha = cards.alpha(number)
    return (alpha > 0.05) & (alpha < 0.95)


@pytest.fixture(scope="session")
def webm(make):
    return read_video.film(make("webm", ".webm"), decoder="libvpx-vp9")


@pytest.fixture(scope="session")
def mov(make):
    return read_video.film(make("mov", ".mov"))


@pytest.fixture(params=["webm", "mov"])
def transparent(request):
    return request.getfixturevalue(request.param)


def test_the_alpha_channel_is_the_mask_in_every_frame(transparent, card):
    assert len(transparent.pictures) == card.frames
    for number, picture in enumerate(transparent.pictures):
        off = np.abs(picture[..., 3] - 255 * cards.alpha(number))
        assert off.mean() < 2
        assert np.percentile(off, 99.5) < 14
        well_inside = picture[..., 3][cards.alpha(number) == 1]
        assert np.percentile(well_inside, 1) >= 254


def test_the_person_alone_has_no_rim_of_the_old_wall(transparent):
    """Before a wall of another colour it looks as if it had been filmed there."""
    for number in (3, 40):
        edge = is_edge(number)
        seen = over(transparent.pictures[number], BLUE)[edge]
        true = cards.picture(number, BLUE)[edge]
        # Cut out without a thought, the old wall's colour stays in the edge.
        naive = (cards.picture(number) * cards.alpha(number)[..., None])[edge]
        naive += np.array(BLUE) * (1 - cards.alpha(number)[edge][:, None])
        assert np.abs(naive - true).mean() > 12  # so the test card would show it
        assert np.abs(seen - true).mean() < 4


def test_the_persons_own_colour_is_kept_and_the_file_says_how_it_is_written(transparent):
    inside = transparent.pictures[10][cards.alpha(10) == 1][..., :3]
    assert np.abs(inside.mean(axis=0) - cards.PERSON).max() < 4
    assert transparent.marks == BT709_LIMITED


def test_the_colours_go_on_where_nothing_is_seen(transparent):
    """An editor that scales or blurs it mixes in what is beside: that must be the person's colour, not black."""
    just_outside = transparent.pictures[10][:, 100:110][cards.alpha(10)[:, 100:110] == 0][..., :3]
    near = transparent.pictures[10][120, int(192 / 2 + 10 + 64 + 8)][:3]
    assert np.abs(near.astype(int) - cards.PERSON).max() < 30
    assert just_outside.mean() > 20


def test_a_webm_is_what_browsers_and_obs_take_for_transparent(make, webm):
    with av.open(str(make("webm", ".webm"))) as box:
        assert [stream.codec_context.name for stream in box.streams] == ["vp9", "opus"]
    assert b"\x53\xc0\x81\x01" in make("webm", ".webm").read_bytes()[:2000]  # Matroska's AlphaMode: 1
    assert webm.pix_fmt == "yuva420p"


def test_a_mov_is_prores_4444_with_sound_that_needs_no_codec(mov):
    assert mov.codec == "prores"
    assert mov.pix_fmt.startswith("yuva444p1")
    assert mov.sound_codec == "pcm_s16le"


@pytest.mark.parametrize(
    ("kind", "suffix", "look"),
    [("webm", ".webm", {}), ("mov", ".mov", {}), ("look", ".mp4", {"background": "colour"})],
)
def test_the_sound_is_in_step_with_the_picture(make, card, kind, suffix, look):
    film = read_video.film(make(kind, suffix, look), decoder="libvpx-vp9" if kind == "webm" else "")
    assert film.flash == pytest.approx(card.click, abs=0.002)
    assert film.click == pytest.approx(card.click, abs=0.004)
    assert film.times == pytest.approx([number / cards.RATE for number in range(card.frames)], abs=0.002)
    assert len(film.sound) / film.sound_rate == pytest.approx(card.seconds, abs=0.05)


def test_the_sound_alone_is_in_step_too_and_is_the_same_to_the_byte(make, card):
    path = make("sound", ".m4a")
    alone = read_video.sound(path)
    assert alone.click == pytest.approx(card.click, abs=0.004)
    assert read_video.packets(path) == read_video.packets(card.video)


def test_a_video_with_a_look_keeps_its_sound_to_the_byte(make, card):
    assert read_video.packets(make("look", ".mp4", {"background": "colour"})) == read_video.packets(
        card.video
    )


def test_sound_that_mp4_does_not_take_is_encoded_and_still_in_step(tmp_path, make):
    other = cards.make(tmp_path, 1.2, 0.6, sound="libmp3lame")
    film = read_video.film(
        make("look", ".mp4", {"frame": "1:1"}, video=str(other.video), mask="", why="another sound")
    )
    assert film.sound_codec == "aac"
    assert film.click == pytest.approx(0.6, abs=0.012)
    assert film.flash == pytest.approx(0.6, abs=0.002)


def test_a_mask_with_fewer_frames_is_followed_by_its_times(tmp_path, make):
    other = cards.make(tmp_path, 1.0, 0.5, mask_rate=5)
    film = read_video.film(
        make("webm", ".webm", video=str(other.video), mask=str(other.mask)), decoder="libvpx-vp9"
    )
    assert len(film.pictures) == 25
    at_ten = film.pictures[12][..., 3]  # still the mask of frame 10
    assert np.abs(at_ten - 255 * cards.alpha(10)).mean() < 3


@pytest.mark.parametrize("kind", ["look", "webm", "mov", "gif", "webp"])
@pytest.mark.parametrize("marks", [cards.BT709, cards.BT601, cards.UNMARKED], ids=["709", "601", "none"])
def test_colours_follow_the_marks_of_the_video(tmp_path, make, kind, marks):
    """Ours are BT.709; older ones and other providers' may be BT.601, or small and say nothing."""
    other = cards.make(tmp_path, 0.4, 0.2, marks=marks)
    look = {"frame": "1:1"} if kind in ("look", "gif") else {}
    path = make(kind, f".{kind}", look, video=str(other.video), mask=str(other.mask))
    if kind in ("gif", "webp"):
        with Image.open(path) as image:
            shown = np.asarray(image.convert("RGBA"))
    else:
        shown = read_video.film(path, decoder="libvpx-vp9" if kind == "webm" else "").pictures[0]
    middle = shown[shown.shape[0] // 2, shown.shape[1] // 2, :3].astype(int)
    near = 8 if kind in ("gif", "webp") else 4  # 256 colours, and JPEG's cousin
    assert np.abs(middle - cards.PERSON).max() <= near
    if look:
        assert np.abs(shown[8, 8, :3].astype(int) - cards.WALL).max() <= near


# ---------------------------------------------------------------- looks


@pytest.mark.parametrize(
    ("frame", "size"),
    [("own", (192, 240)), ("1:1", (192, 192)), ("9:16", (192, 342)), ("16:9", (342, 192))],
)
@pytest.mark.parametrize("background", ["own", "colour"])
def test_each_frame_has_its_shape_and_all_of_the_time(make, card, frame, size, background):
    if (frame, background) == ("own", "own"):
        pytest.skip("that is the original")
    film = read_video.film(make("look", ".mp4", {"frame": frame, "background": background}))
    assert film.size == size == Look(frame=frame, background=background).canvas(192, 240)
    assert len(film.pictures) == card.frames
    assert (film.codec, film.pix_fmt, film.marks) == ("h264", "yuv420p", BT709_LIMITED)


def test_a_colour_stands_behind_the_person_up_to_the_edge(make):
    film = read_video.film(make("look", ".mp4", {"background": "colour", "colour": "#1e3cdc"}))
    for number in (3, 40):
        true = cards.picture(number, BLUE)
        off = np.abs(film.pictures[number][..., :3] - true)
        assert off.mean() < 2
        assert off[is_edge(number)].mean() < 7  # with colour at half the resolution, as every MP4 has it


def test_the_person_stands_where_the_look_says(make):
    look = {"background": "colour", "colour": "#1e3cdc", "frame": "16:9", "size": 0.5, "x": 0.0, "y": 1.0}
    film = read_video.film(make("look", ".mp4", look))
    red = (np.abs(film.pictures[0][..., :3] - np.array(cards.PERSON)) < 25).all(axis=2)
    rows, columns = np.nonzero(red)
    # Half as high as the canvas of 192: the source's 240 lines are 96, its disc 128 × 0.4 = 51 across.
    assert columns.mean() == pytest.approx(192 / 2 * 0.4, abs=1.5)
    assert rows.mean() == pytest.approx(192 - 48, abs=1.5)
    assert np.ptp(columns) == pytest.approx(51, abs=5)


def test_a_gradient_in_a_film_shows_no_steps(make):
    """Its rows, taken together, follow the gradient closer than whole shades could."""
    look = {"background": "gradient", "colour": "#4a5a80", "colour2": "#30406a", "size": 0.3, "x": 1, "y": 1}
    with av.open(str(make("look", ".mp4", look))) as box:
        luma = next(box.decode(video=0)).to_ndarray()[:240, :110].astype(float)
    weights = np.array([0.2126, 0.7152, 0.0722]) * 219 / 255
    first, last = np.array([0x4A, 0x5A, 0x80]) @ weights, np.array([0x30, 0x40, 0x6A]) @ weights
    exact = 16 + first + (last - first) * (np.arange(240) + 0.5) / 240
    steps = np.abs(exact.round() - exact).mean()
    off = luma.mean(axis=1) - exact
    assert np.abs(off - off.mean()).mean() < 0.6 * steps
    assert luma.std(axis=1).max() < 1.5  # and nobody sees the noise


@pytest.mark.parametrize(
    ("angle", "first", "last"),
    [(180, (0, 96), (-1, 96)), (0, (-1, 96), (0, 96)), (90, (120, 0), (120, -1)), (135, (0, 0), (-1, -1))],
)
def test_a_gradient_runs_as_it_does_in_css(angle, first, last):
    look = Look(background="gradient", colour="#204060", colour2="#f0c090", angle=angle)
    drawn = gradient(192, 240, look).astype(int)
    assert np.abs(drawn[first] - (0x20, 0x40, 0x60)).max() <= 4
    assert np.abs(drawn[last] - (0xF0, 0xC0, 0x90)).max() <= 4
    assert np.abs(drawn[120, 96] - (0x88, 0x80, 0x78)).max() <= 4


def test_a_picture_covers_the_canvas_and_keeps_its_proportions(make, tmp_path):
    picture = Image.new("RGB", (300, 100), (250, 250, 0))
    picture.paste((0, 80, 200), (150, 0, 300, 100))
    picture.save(tmp_path / "wall.png")
    look = {"background": "picture", "picture": 1, "size": 0.4}
    film = read_video.film(make("look", ".mp4", look, picture=str(tmp_path / "wall.png")))
    top = film.pictures[0][10, :, :3].astype(int)
    assert np.abs(top[10] - (250, 250, 0)).max() < 12
    assert np.abs(top[-10] - (0, 80, 200)).max() < 12


def test_the_blurred_background_has_nothing_of_the_person_in_it(make):
    """The person is moved aside: where it was, and was blurred, is wall."""
    look = {"background": "blur", "size": 0.3, "x": 0.0, "y": 0.0}
    film = read_video.film(make("look", ".mp4", look))
    hidden = film.pictures[10][110:150, 80:120, :3].astype(int)
    assert np.abs(hidden - cards.WALL).max() < 12


def test_a_picture_that_is_gone_is_a_sentence(make):
    with pytest.raises(StudioError, match="was deleted"):
        make("look", ".mp4", {"background": "picture", "picture": 1})


@pytest.mark.parametrize("kind", ["look", "webm", "mov"])
def test_a_video_that_is_cut_off_is_a_sentence(make, card, tmp_path, kind):
    path = tmp_path / "broken.mp4"
    path.write_bytes(card.video.read_bytes()[:3000])
    with pytest.raises(StudioError, match="damaged"):
        make(kind, ".mp4", {"background": "colour"}, video=str(path))


# ---------------------------------------------------------------- small moving pictures


def test_a_gif_shows_the_look_at_every_second_frame(make, card):
    look = {"background": "colour", "colour": "#1e3cdc", "frame": "1:1"}
    with Image.open(make("gif", ".gif", look)) as gif:
        assert gif.size == (192, 192)
        assert gif.n_frames == card.frames // 2
        assert gif.info["loop"] == 0
        gif.seek(3)
        assert gif.info["duration"] == 80
        corner = gif.convert("RGB").getpixel((3, 3))
    assert np.abs(np.array(corner) - BLUE).max() < 12


def test_a_gif_that_would_be_too_large_has_fewer_pixels_and_frames(make, card, monkeypatch):
    monkeypatch.setattr("videos.studio.animation_writer.MAX_GIF_BYTES", 1)
    monkeypatch.setattr("videos.studio.animation_writer.SMALLER_GIFS", [PreviewLimit(96, Fraction(10), 12)])
    with Image.open(make("gif", ".gif", {}, why="too large")) as gif:
        assert max(gif.size) == 96
        assert gif.n_frames < card.frames // 2


def test_a_gif_is_limited_in_size_and_length(tmp_path, make, monkeypatch):
    monkeypatch.setattr("videos.studio.animation_writer.GIF", PreviewLimit(96, Fraction(25, 2), 1))
    with Image.open(make("gif", ".gif", {"frame": "9:16"}, why="limited")) as gif:
        assert max(gif.size) == 96
        assert gif.n_frames == 13


def test_an_animated_webp_is_transparent(make, card):
    with Image.open(make("webp", ".webp")) as webp:
        assert webp.size == (192, 240)
        assert webp.n_frames == card.frames // 2
        webp.seek(5)
        rgba = np.asarray(webp.convert("RGBA"))
    off = np.abs(rgba[..., 3] - 255 * cards.alpha(10))
    assert off.mean() < 3
    assert np.abs(over(rgba, BLUE) - cards.picture(10, BLUE)).mean() < 3
