"""The navigation in a browser: a rail on wide screens, a bar with a sheet behind "More" on phones."""

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def entries(page) -> list[str]:
    """What is to be seen of the navigation, from the left or from the top."""
    links = page.get_by_role("navigation", name="Main").locator(".rail-link:visible").all()
    placed = [(*(link.bounding_box()[side] for side in ("x", "y")), link.inner_text()) for link in links]
    return [" ".join(words.split()) for *_, words in sorted(placed)]


def colours(page, name: str) -> tuple[str, str]:
    link = page.get_by_role("navigation", name="Main").get_by_text(name, exact=True).locator("xpath=..")
    return link.evaluate("(link) => [getComputedStyle(link).color, getComputedStyle(link).backgroundColor]")


def test_a_wide_screen_has_everything_in_its_rail_and_making_a_video_filled(page, owner):
    page.goto("/videos/voices/")
    wide = ["Make a video", "Home", "Avatars", "Videos", "Voices", "Batches", "Find", "Settings"]
    assert entries(page) == wide
    accent = page.evaluate(
        """() => {
          const probe = document.body.appendChild(document.createElement("i"));
          probe.style.color = "var(--accent)";
          const colour = getComputedStyle(probe).color;
          probe.remove();
          return colour;
        }"""
    )
    assert colours(page, "Make a video")[1] == accent
    assert colours(page, "Voices")[0] == accent  # where one is
    assert colours(page, "Videos")[0] != accent


def test_a_phone_has_five_in_its_bar_and_the_rest_behind_more(browse, owner):
    page = browse(**PHONE).new_page()
    page.goto("/videos/")
    assert entries(page) == ["Home", "Avatars", "Make a video", "Videos", "More"]
    assert colours(page, "Make a video")[0] != colours(page, "Videos")[0]
    page.get_by_role("button", name="More").tap()
    sheet = page.locator("#menu")
    expect(sheet).to_be_in_viewport(ratio=1)
    assert sheet.bounding_box()["width"] == 390
    for name in ("Voices", "Batches", "People", "Your account"):
        assert sheet.get_by_role("link", name=name).bounding_box()["height"] >= 44
    sheet.get_by_role("link", name="Voices").tap()
    expect(page.get_by_role("heading", name="Voices", exact=True)).to_be_visible()
    assert colours(page, "More")[0] != colours(page, "Videos")[0]  # it stands for where one is
    expect(page.get_by_role("button", name="More")).to_have_attribute("aria-current", "true")
    page.get_by_role("button", name="More").tap()
    expect(page.locator("#menu [aria-current=page]")).to_have_text("Voices")
    page.keyboard.press("Escape")
    expect(page.locator("#menu")).to_be_hidden()


def test_a_phone_held_sideways_still_has_names_for_what_is_in_the_rail(browse, owner):
    page = browse(viewport={"width": 844, "height": 390}).new_page()
    page.goto("/")
    for name in ("Home", "Make a video", "Voices", "Batches"):
        expect(page.get_by_role("link", name=name, exact=True)).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("button", name="Settings")).to_be_in_viewport(ratio=1)
