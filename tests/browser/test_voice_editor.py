"""Cutting a voice with the mouse, the keyboard and a thumb, and evening it out."""

import re
import wave

import pytest
from playwright.sync_api import expect

from tests import sample_media
from tests.browser.conftest import PATIENCE
from tests.consent import OURS
from videos.models import Video, Voice
from videos.voices import services as voice_services

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def editor(page, speaker, recording):
    """The page that makes a video, with the recording open in the editor."""
    page.set_default_timeout(PATIENCE)
    page.goto(f"/videos/new/?avatar={speaker.pk}&voice={recording.pk}")
    expect(page.locator(".editor.is-open")).to_be_visible()
    return page


def test_a_voice_is_trimmed_by_the_keyboard_alone_and_the_video_gets_the_cut(editor, recording, speaker):
    page = editor
    start, end = page.get_by_role("slider", name="Start"), page.get_by_role("slider", name="End")
    start.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    expect(start).to_have_attribute("aria-valuetext", "0:00.5")
    end.focus()
    page.keyboard.press("PageDown")
    expect(page.locator("[data-reset]")).to_be_visible()
    expect(page.locator("#preview-voice")).to_contain_text("Morning, 0:01.9")
    page.get_by_role("button", name="Make the video").click()
    page.wait_for_url(re.compile(r"/videos/\d+/$"), timeout=PATIENCE)
    voice = Video.objects.get().voice
    assert voice.original == recording
    assert voice.seconds == pytest.approx(recording.seconds - 1.5, abs=0.002)
    assert voice.edit["start"] == 0.5


def test_space_plays_only_the_part_and_the_cursor_moves(editor):
    page = editor
    page.get_by_label("From", exact=True).fill("0:01.2")
    page.get_by_label("to", exact=True).fill("2")
    page.get_by_label("to", exact=True).press("Enter")  # and the page is not sent
    expect(page.get_by_role("slider", name="End")).to_have_attribute("aria-valuetext", "0:02")
    at = page.get_by_role("slider", name="Position")
    expect(at).to_have_attribute("aria-valuetext", "0:01.2")
    at.focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(at).not_to_have_attribute("aria-valuetext", "0:01.2")
    expect(page.get_by_role("button", name="Play this part")).to_be_visible()  # by itself
    expect(at).to_have_attribute("aria-valuetext", "0:02")
    assert Voice.objects.count() == 1  # a cut is heard without making anything


def test_handles_are_dragged_and_zoomed_and_everything_goes_back(editor, recording):
    page = editor
    page.locator("[data-view]").scroll_into_view_if_needed()
    view = page.locator("[data-view]").bounding_box()
    handle = page.get_by_role("slider", name="Start")
    box = handle.bounding_box()
    page.mouse.move(view["x"] + 4, view["y"] + 50)
    page.mouse.down()
    page.mouse.move(view["x"] + view["width"] / 2, view["y"] + 50, steps=4)
    page.mouse.up()
    middle = float(handle.get_attribute("aria-valuenow"))
    assert middle == pytest.approx(recording.seconds / 2, abs=0.15)
    wide = page.locator("[data-track]").evaluate("(track) => track.clientWidth")
    page.get_by_role("button", name="Zoom in").click()
    assert page.locator("[data-track]").evaluate("(track) => track.clientWidth") == pytest.approx(
        2 * wide, rel=0.02
    )
    assert box["height"] >= 44
    page.get_by_role("button", name="Reset edits").click()
    expect(handle).to_have_attribute("aria-valuenow", "0.0")
    expect(page.get_by_role("button", name="Play this part")).to_be_focused()


def test_a_normalized_volume_is_heard_as_it_will_be_and_leaves_no_tries_behind(editor, recording):
    page = editor
    page.get_by_label("Normalize volume").check()
    page.get_by_role("button", name="Play this part").click()
    expect(page.locator(".voice:has(:checked) .voice-name")).to_have_text("Morning, normalized")
    expect(page.get_by_role("button", name="Pause")).to_be_focused()  # although the editor has moved
    page.get_by_role("button", name="Pause").click()
    page.get_by_label("From", exact=True).fill("1")
    page.get_by_role("button", name="Play this part").click()
    expect(page.locator(".voice:has(:checked) .voice-name")).to_have_text(
        re.compile(r"Morning, 0:01 to 0:03\.\d, normalized")
    )
    expect(page.locator(".voice")).to_have_count(2)
    assert recording.edits.count() == 1
    page.get_by_role("button", name="Reset edits").click()
    page.get_by_role("button", name="Make the video").click()
    page.wait_for_url(re.compile(r"/videos/\d+/$"), timeout=PATIENCE)
    assert Video.objects.get().voice == recording


def test_a_cut_that_was_begun_is_still_there_after_a_look_at_another_voice(editor, recording, new_video):
    other = new_video().voice
    editor.reload()
    expect(editor.locator(".editor.is-open")).to_be_visible()
    editor.get_by_label("From", exact=True).fill("1.25")
    editor.get_by_label("From", exact=True).press("Enter")
    editor.locator(f"#voice-{other.pk} input[type=radio]").check()
    expect(editor.locator(f"#voice-{other.pk} .editor")).to_be_visible()
    expect(editor.locator("[data-reset]")).to_be_hidden()
    editor.locator(f"#voice-{recording.pk} input[type=radio]").check()
    expect(editor.get_by_label("From", exact=True)).to_have_value("0:01.25")


def test_silence_is_cut_by_one_press(page, speaker, maria, tmp_path):
    with wave.open(str(sample_media.sound(tmp_path / "tone.wav", 2.0))) as file:
        tone = file.readframes(file.getnframes())
    with wave.open(str(tmp_path / "hall.wav"), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(bytes(3 * 32_000) + tone + bytes(2 * 32_000))
    voice = voice_services.create_voice(tmp_path / "hall.wav", "Hall.wav", maria, consent=OURS)
    page.goto(f"/videos/new/?avatar={speaker.pk}&voice={voice.pk}")
    expect(page.locator(".editor.is-open")).to_be_visible()
    words = page.locator(".editor [data-words]")
    page.get_by_role("button", name="Trim silence").click()
    expect(words).to_have_text("4.6 seconds of silence will be cut.")
    page.get_by_role("button", name="Trim silence").click()
    expect(words).to_have_text("There is no silence at the ends.")
    page.get_by_role("button", name="Make the video").click()
    page.wait_for_url(re.compile(r"/videos/\d+/$"), timeout=PATIENCE)
    assert Video.objects.get().voice.edit == {"start": 2.85, "end": 5.25, "even": False}


def test_a_cut_that_cannot_be_made_is_said_and_nothing_is_sent(editor, recording):
    recording.sound.storage.delete(recording.sound.name)
    editor.get_by_label("From", exact=True).fill("1")
    editor.get_by_role("button", name="Make the video").click()
    expect(editor.locator(".editor [data-words]")).to_contain_text("The file of this recording is missing")
    assert not Video.objects.exists()


def test_on_its_own_page_a_voice_is_cut_and_saved(page, recording):
    page.goto(recording.get_absolute_url())
    expect(page.locator(".editor.is-open")).to_be_visible()
    save = page.get_by_role("button", name="Save as a new voice")
    expect(save).to_be_disabled()
    page.get_by_role("slider", name="End").focus()
    page.keyboard.press("ArrowLeft")
    save.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"Morning, 0:00 to"))
    expect(page.locator(".editor.is-open")).to_be_visible()
    end = page.get_by_role("slider", name="End")
    assert float(end.get_attribute("aria-valuenow")) == pytest.approx(recording.seconds - 0.1, abs=0.06)
    page.get_by_role("link", name="Morning", exact=True).click()
    expect(page.get_by_role("heading", name="Trimmed versions")).to_be_visible()


def test_without_a_script_a_voice_is_cut_by_a_plain_form(browse, recording):
    page = browse(java_script_enabled=False).new_page()
    page.goto(recording.get_absolute_url())
    page.get_by_label("From", exact=True).fill("0:01")
    page.get_by_label("Trim the silence at both ends").check()
    page.get_by_role("button", name="Save as a new voice").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"Morning, 0:01 to"))
    assert recording.edits.get().edit["start"] == 1


def test_a_thumb_has_room_on_the_smallest_phone(browse, speaker, recording):
    context = browse(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(f"/videos/new/?voice={recording.pk}")
    expect(page.locator(".editor.is-open")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    for target in page.locator(".editor button:visible, .editor .input, .sound-drop .button:visible").all():
        assert target.bounding_box()["height"] >= 40, target.evaluate("(one) => one.outerHTML")
