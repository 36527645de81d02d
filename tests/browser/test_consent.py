"""The statement before an upload, by hand: asked once for a visit, and nothing that was chosen is lost."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from avatars.models import Avatar
from tests.browser.conftest import tick
from tests.conftest import FIXTURES
from videos.models import Voice

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

PICTURE = FIXTURES / "astronaut.jpg"


@pytest.fixture
def asked(browse: Callable[..., BrowserContext]) -> Page:
    """A page on which nobody ticks the box by itself."""
    context = browse(ticks=False, viewport={"width": 1280, "height": 900}, bypass_csp=True)
    return context.new_page()


def test_the_box_is_asked_for_once_and_not_ticked_again_on_the_next_visit(asked: Page):
    asked.goto("/avatars/")
    chooser = asked.locator("input[name=portraits]:not([capture])")
    for number in (1, 2):
        chooser.first.set_input_files([PICTURE, PICTURE] if number == 1 else PICTURE)
        if number == 1:
            dialog = asked.get_by_role("dialog")
            expect(dialog.get_by_role("checkbox")).to_be_focused()
            expect(dialog.get_by_role("checkbox")).not_to_be_checked()
            dialog.get_by_label("Who it is").fill("Eileen Collins")
            tick(asked)
        expect(asked.locator("#cards article:not(.is-upload)")).to_have_count(number + 1)
    assert [a.consent_person for a in Avatar.objects.order_by("pk")] == [
        "Eileen Collins",
        "Eileen Collins",
        "",
    ]
    assert {a.consent_by_name for a in Avatar.objects.all()} == {"Maria"}
    asked.reload()
    chooser.first.set_input_files(PICTURE)
    expect(asked.get_by_role("dialog").get_by_role("checkbox")).not_to_be_checked()


def test_without_the_tick_nothing_goes_and_the_pictures_stay_to_be_tried_again(asked: Page):
    asked.goto("/avatars/")
    asked.locator("input[name=portraits]:not([capture])").first.set_input_files(PICTURE)
    dialog = asked.get_by_role("dialog")
    dialog.get_by_role("button", name="Continue").click()
    expect(dialog).to_be_visible()  # the browser asks for the tick
    asked.keyboard.press("Escape")
    card = asked.locator("#cards .is-upload")
    expect(card).to_contain_text("Not uploaded, because the box was not ticked.")
    assert not Avatar.objects.exists()
    card.get_by_role("button", name="Try again").click()
    tick(asked)
    expect(asked.locator("#cards article:not(.is-upload)")).to_have_count(1)
    assert Avatar.objects.get().consent


def test_a_sound_that_was_chosen_stays_to_be_tried_again(asked: Page, speaker: Avatar):
    asked.goto("/videos/new/")
    asked.locator("#sound").set_input_files(FIXTURES / "speech.wav")
    asked.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    progress = asked.locator("#sound-progress")
    expect(progress).to_contain_text("speech.wav")
    expect(progress).to_contain_text("Not uploaded, because the box was not ticked.")
    assert Axe().run(asked).response["violations"] == []
    progress.get_by_role("button", name="Try again").click()
    tick(asked)
    expect(asked.locator("input[name=voice]:checked")).to_have_count(1)
    expect(progress).to_be_hidden()
    assert Voice.objects.get().consent


def test_a_sheet_asks_on_the_page_and_its_sounds_need_no_dialog_then(asked: Page, speaker: Avatar):
    asked.goto("/videos/batches/new/sheet/")
    asked.get_by_role("checkbox", name="I may use this recording").check()
    asked.locator("#sounds").set_input_files(FIXTURES / "speech.wav")
    expect(asked.locator("#sound-list .sound-row:not(.is-arriving)")).to_have_count(1)
    expect(asked.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_dialog(asked: Page, scheme: Any):
    asked.emulate_media(color_scheme=scheme)
    asked.goto("/avatars/")
    asked.locator("input[name=portraits]:not([capture])").first.set_input_files(PICTURE)
    expect(asked.get_by_role("dialog")).to_be_visible()
    assert Axe().run(asked).response["violations"] == []


def test_without_a_script_the_browser_insists_on_the_tick_and_the_picture_stays(
    chromium: Browser, browse: Callable[..., BrowserContext]
):
    page = browse(java_script_enabled=False).new_page()
    page.goto("/avatars/")
    form = page.locator("form[data-upload]").first
    form.locator("noscript, input[name=portraits]").last.set_input_files(PICTURE)
    form.get_by_role("button", name="Upload").click()
    assert not Avatar.objects.exists()
    form.get_by_role("checkbox").check()
    form.get_by_role("button", name="Upload").click()
    expect(page.locator("#cards article")).to_have_count(1)
    assert Avatar.objects.get().consent
