"""The face is framed by itself on the page as in the film, and the page says when it leaves the frame."""

import io
import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from django.core.files import File
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import HEIGHT, WIDTH
from tests.browser.test_look import PLACED, stage, tile
from tests.videos.looks.test_framing import TABLE
from videos.looks.framing import Framing
from videos.looks.look import Look
from videos.models import Video
from videos.studio.compositor import Composition, Compositor
from videos.studio.video_reader import Shot

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FACE = {"eyes": [0.5, 0.4], "head": [0.3, 0.1, 0.4, 0.45], "cuts": [0.8, 0.8]}
COMPUTE = """async ([source, cases]) => {
  const { canvas, isRounded, place, placement } = await import(source);
  return cases.map(({ look, width, height, framing }) => ({
    canvas: canvas(look, width, height),
    placement: placement(look, width, height, framing),
    isRounded: isRounded(look, width, height, framing),
    box: place(look, width, height, framing),
  }));
}"""


@pytest.fixture
def known(cut_out):
    """The avatar, with a face whose place is known."""
    cut_out.framing = FACE
    cut_out.save()
    return cut_out


def automatic(page: Page):
    return page.get_by_label("Auto-frame the face")


def warning(page: Page):
    return page.locator(".look-beside [data-look-face]")


def slide(page: Page, name: str, value: float) -> None:
    page.locator(f"[name=look-{name}]").fill(str(value))


def test_the_browser_places_as_the_table_says(page, cut_out):
    page.goto("/videos/new/")
    source = page.locator("script[src*='create-video']").get_attribute("src").replace("create-video", "look")
    cases = json.loads(Path(TABLE).read_text(encoding="utf-8"))
    for case, found in zip(cases, page.evaluate(COMPUTE, [source, cases]), strict=True):
        assert found["canvas"] == case["canvas"], case
        assert found["placement"] == pytest.approx(case["placement"], abs=1e-5), case
        assert found["isRounded"] == case["is_rounded"], case
        assert found["box"] == pytest.approx(case["box"], abs=1e-3), case


@pytest.mark.parametrize("frame", ["1:1", "9:16", "16:9"])
@pytest.mark.parametrize("background", ["own", "colour", "blur"])
def test_a_fresh_page_frames_the_face_as_the_film_will(page, known, frame, background):
    page.goto("/videos/new/")
    tile(page, "frame", frame).check()
    tile(page, "background", background).check()
    expect(automatic(page)).to_be_checked()
    shown = stage(page).evaluate(PLACED)
    look = Look(frame=frame, background=background)
    box, (across, _) = look.place(WIDTH, HEIGHT, Framing.from_dict(FACE)), look.canvas(WIDTH, HEIGHT)
    scale = shown["across"] / across
    for name in ("x", "y", "width", "height"):
        assert shown[name] == pytest.approx(getattr(box, name) * scale, abs=1), name
    x, y, w, h = FACE["head"]
    assert shown["x"] + x * shown["width"] >= 0
    assert shown["y"] + y * shown["height"] >= 0
    assert shown["x"] + (x + w) * shown["width"] <= shown["across"]
    assert shown["y"] + (y + h) * shown["height"] <= shown["down"]
    expect(warning(page)).to_be_empty()


def test_beside_the_picture_the_preview_goes_on_with_its_background(page, known):
    page.goto("/videos/new/")
    tile(page, "frame", "16:9").check()
    behind = stage(page).locator(".stage-behind")
    expect(behind).to_have_attribute("src", re.compile("^data:image/jpeg"))
    red, green, blue = behind.evaluate(
        """(image) => { const paper = document.createElement("canvas").getContext("2d");
        paper.drawImage(image, 0, 0, 16, 9); return [...paper.getImageData(0, 4, 1, 1).data].slice(0, 3); }"""
    )
    assert (red, green, blue) == pytest.approx((180, 120, 90), abs=12)  # the picture's own brown
    faded = stage(page).locator(".stage-person")
    assert faded.evaluate("(image) => image.style.getPropertyValue('--fade-left')") != "0%"


def test_the_preview_rounds_off_shoulders_as_the_film_does(page, known, tmp_path):
    """Seen: how far the person reaches to the side, high and low in the preview, is where the film has it."""
    whole = Image.new("RGBA", (WIDTH, HEIGHT), (255, 255, 255, 255))
    whole.save(tmp_path / "whole.webp")
    with (tmp_path / "whole.webp").open("rb") as file:
        known.cutout.save("whole.webp", File(file), save=False)
    known.framing = FACE | {"cuts": [0.5, 0.5]}
    known.save()
    page.goto("/videos/new/")
    tile(page, "frame", "16:9").check()
    tile(page, "background", "colour").check()
    page.locator("[name=look-colour]").fill("#000000")
    expect(stage(page)).to_have_class(re.compile("is-rounded"))
    expect(stage(page).locator(".stage-person")).to_have_attribute("src", re.compile("whole"))
    shown = np.asarray(Image.open(io.BytesIO(stage(page).screenshot())).convert("L")).astype(float)
    look = Look(frame="16:9", background="colour", colour="#000000")
    shot = Shot(np.full((HEIGHT, WIDTH, 3), 255, np.uint8), np.full((HEIGHT, WIDTH), 255, np.uint8), 0.0)
    film = Compositor(Composition(look, None, Framing.from_dict(known.framing)), WIDTH, HEIGHT).draw(shot)[
        ..., 0
    ]
    film = cv2.resize(film, shown.shape[::-1], interpolation=cv2.INTER_AREA).astype(float)
    off = np.abs(shown - film)[24:-24, 24:-24]  # the preview's own corners are round
    assert off.mean() < 3
    assert np.percentile(off, 99) < 30
    wide = [np.count_nonzero(row > 128) for row in (film[len(film) // 3], film[-20])]
    assert wide[1] < 0.85 * wide[0]


def test_moving_the_person_ends_it_and_the_box_brings_it_back(page, known):
    page.goto("/videos/new/")
    tile(page, "frame", "16:9").check()
    tile(page, "background", "colour").check()
    before = stage(page).evaluate(PLACED)
    stage(page).focus()
    page.keyboard.press("ArrowRight")
    expect(automatic(page)).not_to_be_checked()
    after = stage(page).evaluate(PLACED)
    assert after["x"] > before["x"] + 5
    assert after["width"] == pytest.approx(before["width"], abs=1.5)  # nothing else jumps
    assert after["y"] == pytest.approx(before["y"], abs=1.5)
    automatic(page).check()
    assert stage(page).evaluate(PLACED) == pytest.approx(before, abs=0.5)
    slide(page, "size", 0.5)
    expect(automatic(page)).not_to_be_checked()
    assert stage(page).evaluate(PLACED)["height"] == pytest.approx(before["down"] / 2, abs=1)


def test_the_page_says_when_the_head_leaves_the_frame(page, known):
    page.goto("/videos/new/")
    tile(page, "frame", "16:9").check()
    expect(warning(page)).to_be_empty()
    slide(page, "size", 1)
    slide(page, "y", 0.3)
    expect(warning(page)).to_have_text("Part of the head is outside the frame.")
    assert warning(page).get_attribute("role") == "status"
    slide(page, "y", 1)
    expect(warning(page)).to_have_text("The face is outside the frame.")
    automatic(page).check()
    expect(warning(page)).to_be_empty()


def test_what_is_saved_is_automatic_or_what_the_hand_did(page, known, finished, maria):
    video = finished()
    Video.objects.update(framing=FACE)
    page.goto(f"/videos/looks/{video.pk}/")
    tile(page, "frame", "1:1").check()
    page.get_by_role("button", name="Save changes").click()
    page.wait_for_url(f"**{video.get_absolute_url()}")
    assert Video.objects.get().look == {"frame": "1:1"}
    page.goto(f"/videos/looks/{video.pk}/")
    slide(page, "y", 0.25)
    page.get_by_role("button", name="Save changes").click()
    page.wait_for_url(f"**{video.get_absolute_url()}")
    look = Video.objects.get().parsed_look
    assert (look.is_automatic, look.y) == (False, 0.25)
    page.goto(f"/videos/looks/{video.pk}/")
    expect(automatic(page)).not_to_be_checked()


def test_safe_areas_are_shown_in_an_upright_preview_only_when_asked_for(page, known):
    page.goto("/videos/new/")
    box = page.get_by_label("Show the safe areas of TikTok and Reels").locator("visible=true")
    expect(box).to_have_count(0)
    tile(page, "frame", "9:16").check()
    lines = stage(page).locator(".stage-safe")
    expect(lines.first).to_be_hidden()
    box.check()
    expect(lines).to_have_count(2)
    for line in lines.all():
        expect(line).to_be_visible()
    legend = page.locator(".safe-legend:visible")
    expect(legend).to_contain_text("TikTok")
    expect(legend).to_contain_text("Instagram Reels")
    tile(page, "frame", "16:9").check()
    expect(lines.first).to_be_hidden()
    expect(legend).to_have_count(0)


def test_the_page_names_the_size_of_the_result(page, known, finished):
    video = finished()
    page.goto(f"/videos/looks/{video.pk}/")
    pixels = page.locator("[data-look-pixels]")
    expect(pixels).to_have_text("Your video will be 128 × 160 pixels.")
    tile(page, "frame", "9:16").check()
    tile(page, "resolution", "1080").check()
    expect(pixels).to_have_text("Your video will be 1080 × 1920 pixels.")
    page.get_by_role("button", name="Save changes").click()
    page.wait_for_url(f"**{video.get_absolute_url()}")
    assert Video.objects.get().parsed_look == Look(frame="9:16", resolution=1080)
