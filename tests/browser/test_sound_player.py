"""Voices are listened to where they are listed: on the page that makes a video, and in their gallery."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests import sample_media
from tests.conftest import FIXTURES
from tests.consent import OURS
from videos.models import Voice
from videos.voices import services

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def voices(maria, tmp_path) -> list[Voice]:
    """The newest first, as the pages list them."""
    other = services.create_voice(
        sample_media.sound(tmp_path / "tone.wav", 20.0), "Tone.wav", maria, consent=OURS
    )
    return [services.create_voice(FIXTURES / "speech.wav", "Morning.wav", maria, consent=OURS), other]


@pytest.fixture(params=["/videos/new/", "/videos/voices/"])
def listed(request, page, speaker, voices) -> Page:
    page.goto(request.param)
    return page


def row(page: Page, voice: Voice):
    return page.locator(f"#voice-{voice.pk}")


def test_a_voice_is_played_before_it_is_chosen_and_shows_where_it_is(listed, voices):
    first = row(listed, voices[0])
    expect(first.locator("audio")).to_have_count(0)  # not the browser's own
    expect(first.locator(".sound-player [data-length]")).to_have_text("0:03")
    first.get_by_role("button", name="Play Morning").click()
    expect(first.get_by_role("button", name="Pause Morning")).to_be_focused()
    expect(first.locator("[data-now]")).to_have_text("0:01")
    slider = first.get_by_role("slider", name="Position in Morning")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("0:0[12] of 0:03"))
    assert 0 < float(slider.input_value()) <= voices[0].seconds
    expect(listed.locator("input[name=voice]:checked")).to_have_count(0)
    # At its end it stands at its beginning again.
    expect(first.get_by_role("button", name="Play Morning")).to_be_visible()
    expect(first.locator("[data-now]")).to_have_text("0:00")


def test_one_voice_at_a_time(listed, voices):
    morning, tone = (row(listed, voice) for voice in voices)
    tone.get_by_role("button", name="Play Tone").click()
    expect(tone.locator("[data-now]")).to_have_text("0:01")
    morning.get_by_role("button", name="Play Morning").click()
    expect(tone.get_by_role("button", name="Play Tone")).to_be_visible()
    expect(morning.get_by_role("button", name="Pause Morning")).to_be_visible()
    at = tone.get_by_role("slider").input_value()
    tone.get_by_role("button", name="Play Tone").click()  # goes on where it was
    expect(morning.get_by_role("button", name="Play Morning")).to_be_visible()
    assert float(tone.get_by_role("slider").input_value()) >= float(at) > 0.5


def test_the_position_is_moved_by_keys_and_by_a_press_on_the_waveform(listed, voices):
    tone = row(listed, voices[1])
    tone.get_by_role("button", name="Play Tone").press("Enter")
    expect(tone.get_by_role("button", name="Pause Tone")).to_be_visible()
    listed.keyboard.press("Space")
    expect(tone.get_by_role("button", name="Play Tone")).to_be_focused()
    listed.keyboard.press("Tab")
    slider = tone.get_by_role("slider", name="Position in Tone")
    expect(slider).to_be_focused()
    before = float(slider.input_value())
    for key in ("PageDown", "PageUp", "ArrowRight", "ArrowRight"):
        listed.keyboard.press(key)
    after = float(slider.input_value())
    assert after == pytest.approx(min(max(before - 10, 0) + 12, 20), abs=0.1)
    listed.keyboard.press("Home")
    assert float(slider.input_value()) == pytest.approx(0, abs=0.1)
    box = slider.bounding_box()
    listed.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert float(slider.input_value()) == pytest.approx(10, abs=0.5)
    expect(tone.locator("[data-now]")).to_have_text(re.compile("0:(09|10)"))


def test_a_chosen_voice_goes_on_in_the_editor_and_the_small_player_is_silent(page, speaker, voices):
    page.goto(f"/videos/new/?avatar={speaker.pk}")
    tone = row(page, voices[1])
    tone.get_by_role("button", name="Play Tone").click()
    expect(tone.locator("[data-now]")).to_have_text("0:01")
    row(page, voices[0]).get_by_role("radio").check()
    expect(page.locator(".editor.is-open")).to_be_visible()
    expect(tone.get_by_role("button", name="Play Tone")).to_be_visible()
    expect(row(page, voices[0]).locator(".sound-player")).to_be_hidden()
    tone.get_by_role("button", name="Play Tone").click()
    page.get_by_role("button", name="Play this part").click()
    expect(tone.get_by_role("button", name="Play Tone")).to_be_visible()
    expect(page.locator(".editor").get_by_role("button", name="Pause")).to_be_visible()


def test_a_sound_that_is_gone_is_said(listed, voices):
    voices[0].sound.storage.delete(voices[0].sound.name)
    row(listed, voices[0]).get_by_role("button", name="Play Morning").click()
    expect(listed.locator(".toast")).to_contain_text("This audio could not be played.")
    expect(row(listed, voices[0]).get_by_role("button", name="Play Morning")).to_be_visible()


def test_on_a_phone_there_is_room_for_a_thumb(browse, speaker, voices):
    page = browse(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True).new_page()
    for address in ("/videos/new/", "/videos/voices/"):
        page.goto(address)
        play = row(page, voices[0]).get_by_role("button", name="Play Morning")
        assert min(play.bounding_box()[side] for side in ("width", "height")) >= 44
        play.click()
        expect(row(page, voices[0]).get_by_role("slider")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_without_a_script_there_is_the_browsers_own_player(browse, speaker, voices):
    page = browse(java_script_enabled=False).new_page()
    for address in ("/videos/new/", "/videos/voices/"):
        page.goto(address)
        expect(page.get_by_label("Listen to Morning")).to_be_visible()
        expect(page.locator(".sound-player").first).to_be_hidden()


@pytest.mark.slow
@pytest.mark.parametrize("way", ["sounds", "speakers"])
def test_a_voice_of_a_batch_is_listened_to_before_it_is_ordered(page, speaker, voices, way):
    page.goto(f"/videos/batches/new/{way}/")
    page.locator(".older").evaluate("(details) => { details.open = true; }")
    first = page.locator(f"[data-sound='{voices[0].pk}']")
    first.locator("[name=voice]").check()
    first.locator("summary").click()
    expect(first.locator("audio")).to_have_count(0)  # not the browser's own
    first.get_by_role("button", name="Play Morning").click()
    expect(first.locator("[data-now]")).to_have_text("0:01")
    expect(first.locator("[name=voice]")).to_be_checked()
