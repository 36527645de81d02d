"""The command palette and the shortcuts, by keyboard."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_the_palette_opens_finds_and_leads_there_by_keyboard(page, new_video, maria):
    video = new_video(title="Spring greetings", made_by=maria)
    page.goto("/avatars/")
    page.keyboard.press("Control+k")
    box = page.get_by_role("combobox", name="Find or do something")
    expect(box).to_be_focused()
    expect(page.get_by_role("option", name="Make a video")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("v")
    page.wait_for_url("**/videos/")
    page.keyboard.press("Control+k")
    box.fill("greetings")
    option = page.get_by_role("option", name="Spring greetings")
    expect(option).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(video.get_absolute_url()))


def test_the_palette_and_the_shortcuts_have_nothing_that_axe_complains_about(page, maria):
    page.goto("/projects/")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("option").first).to_be_visible()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
