"""Choosing a look in a real browser: the preview is what comes out, moved by hand, keys and fingers."""

import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests import sample_media
from tests.browser.conftest import HEIGHT, WIDTH
from videos.looks.look import Look
from videos.models import Backdrop, LabelSetting, Video, Voice
from videos.studio.label import Label

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LOOKS = [
    Look(),
    Look(frame="1:1"),
    Look(frame="9:16", x=0.2),
    Look(frame="16:9", size=1.4, x=0.8, y=0.3),
    Look(background="colour", frame="16:9"),
    Look(background="colour", frame="16:9", size=0.5, x=0.1, y=0.9),
    Look(background="gradient", frame="9:16", size=0.7, x=1, y=0),
    Look(background="blur", frame="1:1", size=1.3, x=0, y=1),
    Look(background="gradient", size=0.62, x=0.333, y=0.667),
]
PLACED = """(stage) => {
  const box = stage.getBoundingClientRect();
  const person = stage.querySelector(".stage-person").getBoundingClientRect();
  return { across: box.width, down: box.height, x: person.x - box.x, y: person.y - box.y, width: person.width, height: person.height };
}"""


def stage(page: Page):
    return page.locator("[data-stage]:not(.is-small):visible")


def tile(page: Page, what: str, value: str):
    return page.locator(f"[name=look-{what}][value='{value}']")


def values(page: Page) -> dict[str, float]:
    read = "(name) => Number(document.querySelector(`[name=look-${name}]`).value)"
    return {name: page.evaluate(read, name) for name in ("size", "x", "y")}


# ---------------------------------------------------------------- what will come out


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.key or "plain")
def test_the_preview_places_the_person_as_the_frames_will(page, cut_out, new_video, maria, look):
    new_video(avatar=cut_out, made_by=maria, look=look.to_dict())
    page.goto(f"/videos/new/?avatar={cut_out.pk}")
    expect(stage(page).locator(".stage-person")).to_be_visible()
    page.get_by_role("button", name="Original" if look.is_plain else "Same as last time").click()
    shown = stage(page).evaluate(PLACED)
    across, down = look.canvas(WIDTH, HEIGHT)
    box = look.place(WIDTH, HEIGHT)
    assert shown["across"] / shown["down"] == pytest.approx(across / down, rel=0.01)
    scale = shown["across"] / across
    for name in ("x", "y", "width", "height"):
        assert shown[name] == pytest.approx(getattr(box, name) * scale, abs=1), name


def test_the_preview_shows_the_label_where_the_frames_will_have_it(page, cut_out):
    LabelSetting(pk=1, words="Made with AI", corner="bottom-right").save()
    page.goto(f"/videos/new/?avatar={cut_out.pk}")
    label = stage(page).locator(".stage-label")
    expect(label).to_be_hidden()
    page.get_by_label("Show “Made with AI” in the video").check()
    expect(label).to_have_text("Made with AI")
    box, across = label.bounding_box(), stage(page).bounding_box()["width"]
    frame = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    rows, columns = np.nonzero(
        (Label("Made with AI", "bottom-right", WIDTH, HEIGHT).stamp(frame) < 255).any(axis=2)
    )
    scale, near = across / WIDTH, across * 0.02
    left, top = (stage(page).bounding_box()[name] for name in "xy")
    assert box["y"] - top == pytest.approx(rows.min() * scale, abs=near)
    assert box["y"] + box["height"] - top == pytest.approx((rows.max() + 1) * scale, abs=near)
    assert box["x"] + box["width"] - left == pytest.approx((columns.max() + 1) * scale, abs=near)
    assert box["width"] == pytest.approx((columns.max() + 1 - columns.min()) * scale, rel=0.2)  # another font
    LabelSetting.objects.update(is_on=True)
    page.reload()
    expect(label).to_be_visible()


def test_each_background_is_seen_behind_the_person(page, cut_out, new_backdrop):
    backdrop = new_backdrop()
    page.goto("/videos/new/")
    shown, behind = stage(page), stage(page).locator(".stage-behind")
    person = shown.locator(".stage-person")
    expect(person).to_have_attribute("src", re.compile("preview"))
    expect(behind).to_be_hidden()
    tile(page, "background", "colour").check()
    page.get_by_role("button", name="Petrol").click()
    expect(person).to_have_attribute("src", re.compile("cutout"))
    expect(shown).to_have_css("background-color", "rgb(15, 76, 92)")
    tile(page, "background", "gradient").check()
    page.get_by_role("button", name="Ember").click()
    expect(shown).to_have_css(
        "background-image", "linear-gradient(135deg, rgb(243, 166, 131), rgb(123, 45, 67))"
    )
    tile(page, "background", "picture").check()
    tile(page, "picture", str(backdrop.pk)).check()
    expect(behind).to_have_attribute("src", re.compile(Path(backdrop.picture.name).stem))
    tile(page, "background", "blur").check()
    expect(behind).to_have_attribute("src", re.compile("^data:image/jpeg"))
    assert "blur(" in behind.evaluate("(image) => getComputedStyle(image).filter")
    # What was behind the person is made of what was around them: the picture's own brown, not their red.
    red, green, blue = behind.evaluate(
        """(image) => { const paper = document.createElement("canvas").getContext("2d");
        paper.drawImage(image, 0, 0, 9, 9); return [...paper.getImageData(4, 6, 1, 1).data].slice(0, 3); }"""
    )
    assert (red, green, blue) == pytest.approx((180, 120, 90), abs=12)
    expect(page.locator("[data-look-note]:visible")).to_have_count(0)


def test_without_a_cut_out_the_page_says_when_it_shows(page, speaker):
    page.goto("/videos/new/")
    note = page.get_by_text("The cut-out appears when the video is ready.").locator("visible=true")
    expect(note).to_have_count(0)
    tile(page, "background", "colour").check()
    expect(note).to_have_count(1)
    expect(stage(page).locator(".stage-person")).to_be_visible()
    expect(stage(page)).to_have_class(re.compile("is-uncut"))
    tile(page, "background", "own").check()
    expect(note).to_have_count(0)


# ---------------------------------------------------------------- size and place


def test_the_person_is_dragged_and_the_middle_attracts(page, cut_out):
    page.goto("/videos/new/")
    tile(page, "background", "colour").check()
    tile(page, "frame", "16:9").check()
    box = stage(page).bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    def drag(dx: float) -> dict[str, float]:
        page.mouse.move(*middle)
        page.mouse.down()
        page.mouse.move(middle[0] + dx, middle[1], steps=4)
        page.mouse.up()
        return stage(page).evaluate(PLACED)

    before = stage(page).evaluate(PLACED)
    moved = drag(60)
    assert moved["x"] == pytest.approx(before["x"] + 60, abs=1.5)
    assert moved["y"] == pytest.approx(before["y"], abs=0.5)  # it is as high as the frame
    drag(-58)
    assert values(page)["x"] == 0.5
    drag(-5000)
    assert values(page)["x"] == 0  # and no farther


def test_with_its_own_background_dragging_shows_another_part_of_the_picture(page, cut_out):
    page.goto("/videos/new/")
    tile(page, "frame", "9:16").check()
    stage(page).focus()
    before = stage(page).evaluate(PLACED)
    page.keyboard.press("ArrowLeft")
    after = stage(page).evaluate(PLACED)
    assert after["x"] < before["x"]
    assert values(page)["x"] > 0.5
    assert not page.locator("[name=look-automatic]").is_checked()


def test_keys_move_and_size_the_person_and_say_so(page, cut_out):
    page.goto("/videos/new/")
    tile(page, "background", "colour").check()
    tile(page, "frame", "16:9").check()
    stage(page).focus()
    before = values(page)
    for key in ("-", "-", "ArrowUp", "ArrowRight", "Shift+ArrowRight"):
        page.keyboard.press(key)
    now = values(page)
    assert now["size"] == pytest.approx(before["size"] - 0.1)
    assert now["y"] != before["y"]
    assert now["x"] > 0.55
    expect(page.locator("#announcer")).to_contain_text(f"Size {round(100 * now['size'])} percent, horizontal")
    page.get_by_role("button", name="Original").click()
    assert values(page) == {"size": 1, "x": 0.5, "y": 1}
    assert tile(page, "frame", "own").is_checked()


def test_a_finger_moves_the_person_on_a_phone_and_the_preview_stays_in_sight(browse, cut_out):
    page = browse(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True).new_page()
    page.goto("/videos/new/")
    tile(page, "background", "colour").check()
    tile(page, "frame", "16:9").check()
    page.locator("[name=look-y]").scroll_into_view_if_needed()
    box = stage(page).bounding_box()
    assert 0 <= box["y"] < box["y"] + box["height"] < 740
    before = stage(page).evaluate(PLACED)
    touch = page.context.new_cdp_session(page)
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for kind, points in (
        ("touchStart", [{"x": x, "y": y}]),
        ("touchMove", [{"x": x - 20, "y": y}]),
        ("touchMove", [{"x": x - 40, "y": y}]),
        ("touchEnd", []),
    ):
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    assert stage(page).evaluate(PLACED)["x"] == pytest.approx(before["x"] - 40, abs=1.5)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    mini = page.locator(".stage-box.is-small")
    expect(mini.locator(".stage-person")).to_be_visible()


# ---------------------------------------------------------------- pictures for the background


def test_a_picture_has_its_own_progress_and_its_own_error(page, cut_out, tmp_path):
    page.goto("/videos/new/")
    tile(page, "background", "picture").check()
    chooser = page.locator("[data-backdrop-file]")
    chooser.set_input_files({"name": "x.png", "mimeType": "image/png", "buffer": b"no picture"})
    expect(page.locator("#look-picture-error")).to_contain_text("x.png: This is not a picture")
    expect(page.locator(".backdrop")).to_have_count(0)
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 400_000}
    network.send("Network.emulateNetworkConditions", slow)
    content = sample_media.picture(tmp_path / "wall.jpg", (800, 600)).read_bytes() + bytes(400_000)
    chooser.set_input_files({"name": "my_wall.jpg", "mimeType": "image/jpeg", "buffer": content})
    bar = page.get_by_label("Upload of my_wall.jpg")
    expect(bar).to_have_attribute("value", re.compile(r"^[1-9]\d?$"))
    expect(bar).to_have_count(0)
    backdrop = Backdrop.objects.get()
    assert tile(page, "picture", str(backdrop.pk)).is_checked()
    expect(page.locator("#look-picture-error")).to_be_empty()
    expect(stage(page).locator(".stage-behind")).to_be_visible()


def test_a_picture_that_is_dropped_on_the_page_is_for_the_background(page, cut_out, tmp_path):
    page.goto("/videos/new/")
    picture = sample_media.picture(tmp_path / "wall.png", (640, 400)).read_bytes()
    data = page.evaluate_handle(
        """(bytes) => { const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(bytes)], "wall.png", { type: "image/png" })); return data; }""",
        list(picture),
    )
    page.dispatch_event("body", "dragenter", {"dataTransfer": data})
    page.dispatch_event("body", "drop", {"dataTransfer": data})
    expect(page.locator(".backdrop input")).to_be_checked()
    assert tile(page, "background", "picture").is_checked()
    assert not Voice.objects.exists()


def test_a_page_is_not_sent_without_the_picture_that_it_wants(page, cut_out, new_video, tmp_path):
    voice = new_video(avatar=cut_out).voice
    page.goto(f"/videos/new/?avatar={cut_out.pk}&voice={voice.pk}")
    tile(page, "background", "picture").check()
    make = page.get_by_role("button", name="Make the video")
    make.click()
    expect(page.locator("#look-picture-error")).to_have_text(re.compile("Choose a picture"))
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 100_000}
    network.send("Network.emulateNetworkConditions", slow)
    content = sample_media.picture(tmp_path / "wall.jpg", (800, 600)).read_bytes() + bytes(400_000)
    page.locator("[data-backdrop-file]").set_input_files(
        {"name": "wall.jpg", "mimeType": "image/jpeg", "buffer": content}
    )
    make.click()
    expect(page.locator("#look-picture-error")).to_have_text("Wait until the picture is uploaded.")
    expect(page.locator(".backdrop input")).to_be_checked()
    assert Video.objects.count() == 1
    make.click()
    page.wait_for_url(re.compile(r"/videos/\d+/$"))
    assert Video.objects.first().parsed_look.picture == Backdrop.objects.get().pk


def test_deleting_a_picture_asks_first_and_keeps_the_page(page, cut_out, new_backdrop):
    backdrop = new_backdrop()
    page.goto("/videos/new/")
    tile(page, "background", "picture").check()
    tile(page, "picture", str(backdrop.pk)).check()
    page.locator("#title").fill("Spring")
    page.get_by_label("Delete the picture Wall").focus()
    page.keyboard.press("Enter")
    question = page.get_by_role("dialog", name="Delete this picture?")
    expect(question.get_by_role("button", name="Keep it")).to_be_focused()
    page.keyboard.press("Escape")
    expect(question).to_be_hidden()
    assert Backdrop.objects.exists()
    page.get_by_label("Delete the picture Wall").click()
    question.get_by_role("button", name="Delete").click()
    expect(page.locator(".backdrop")).to_have_count(0)
    expect(page.get_by_text("Choose a picture for the background.").locator("visible=true")).to_have_count(1)
    assert page.locator("#title").input_value() == "Spring"
    assert not Backdrop.objects.exists()
