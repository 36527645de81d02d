"""Recording a voice with a made microphone, and cutting one with the mouse, the keyboard and a thumb."""

import re
import wave
from collections.abc import Callable, Iterator
from typing import Any

import av
import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from playwright.sync_api import Page, expect

from dashboard.jobs import State
from dashboard.remote import provider
from tests import made
from tests.browser.test_axe import complaints
from tests.conftest import ARGS, CHROMIUM, FIXTURES
from videos.models import Video, Voice
from videos.voices import editing, keeping
from videos.voices.edit import Edit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MICROPHONE = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
PATIENCE = 20_000  # ms, for a machine that is busy with other things


@pytest.fixture
def speaker(new_avatar, maria):
    return new_avatar(state=State.READY, remote_id="a1", provider=provider(), made_by=maria)


@pytest.fixture
def recording(maria) -> Voice:
    return keeping.take_in(FIXTURES / "speech.wav", "Morning.wav", maria)


@pytest.fixture
def listening(chromium: Any, live_server: Any, maria: Any) -> Iterator[Callable[..., Page]]:
    """Browsers of their own, with such a microphone as the arguments say."""
    opened: list[Any] = []

    def open_(arguments: list[str], base: str = live_server.url, **options: Any) -> Page:
        browser = chromium.browser_type.launch(executable_path=CHROMIUM, args=[*ARGS, *arguments])
        opened.append(browser)
        client = Client()
        client.force_login(maria)
        context = browser.new_context(base_url=base, reduced_motion="reduce", **options)
        context.set_default_timeout(PATIENCE)
        cookie = {
            "name": settings.SESSION_COOKIE_NAME,
            "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
        }
        context.add_cookies([cookie | {"url": base}])
        return context.new_page()

    expect.set_options(timeout=PATIENCE)
    yield open_
    expect.set_options(timeout=5000)
    for browser in opened:
        browser.close()


def record(page: Page, seconds: float = 2) -> None:
    page.goto("/videos/new/")
    page.get_by_role("button", name="Record").click()
    page.get_by_role("button", name="Start recording").click()
    page.wait_for_timeout(seconds * 1000)
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Use it")).to_be_visible()


# ---------------------------------------------------------------- recording


def test_what_is_recorded_becomes_a_voice_and_a_video(listening, speaker):
    page = listening(MICROPHONE)
    record(page)
    expect(page.get_by_role("button", name="Use it")).to_be_focused()
    player = page.get_by_label("Listen to your recording")
    assert player.evaluate("(audio) => audio.play().then(() => true)")  # the policy lets it
    page.get_by_role("button", name="Use it").click()
    chosen = page.locator(".voice:has(:checked)")
    expect(chosen).to_contain_text(re.compile(r"Recording \d+ \w+"))
    expect(page.locator("#recorder")).to_be_hidden()
    voice = Voice.objects.get()
    assert 1.5 < voice.seconds < 4
    assert max(voice.peaks) > 0.5
    with voice.sound.open("rb") as file, av.open(file) as sound:
        assert sound.streams.audio[0].codec_context.name == "pcm_s16le"
    page.get_by_role("button", name="Make the video").click()
    page.wait_for_url(re.compile(r"/videos/\d+/$"))
    assert Video.objects.get().voice == voice


def test_a_pause_is_not_in_the_recording_and_the_level_is_shown(listening, speaker):
    page = listening(MICROPHONE)
    page.goto("/videos/new/")
    page.get_by_role("button", name="Record").press("Enter")
    meter = page.get_by_role("meter")
    expect(meter).not_to_have_attribute("aria-valuenow", "0")  # before anything is recorded
    expect(page.get_by_role("button", name="Start recording")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_timeout(1000)
    page.get_by_role("button", name="Pause").click()
    time = page.get_by_role("timer")
    shown = time.text_content()
    page.wait_for_timeout(2500)
    expect(time).to_have_text(shown)
    page.get_by_role("button", name="Go on").click()
    page.wait_for_timeout(1000)
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="Use it").click()
    expect(page.locator(".voice:has(:checked)")).to_be_visible()
    assert 1.5 < Voice.objects.get().seconds < 4.3


def test_it_stops_by_itself_at_the_longest_and_that_is_not_too_long(listening, speaker, settings):
    settings.CG_AVATAR_MAX_AUDIO_SECONDS = 3
    page = listening(MICROPHONE)
    page.goto("/videos/new/")
    page.get_by_role("button", name="Record").click()
    expect(page.locator("#recorder")).to_contain_text("Ready")
    page.get_by_role("button", name="Start recording").click()
    expect(page.locator("#recorder")).to_contain_text("of 0:03 at most")
    page.get_by_role("button", name="Use it").click()  # comes without anybody's doing
    expect(page.locator(".voice:has(:checked)")).to_be_visible()
    assert Voice.objects.get().seconds <= 3.05


def test_a_take_is_not_lost_when_it_cannot_be_sent(listening, speaker, maria):
    page = listening(MICROPHONE)
    record(page, 1)
    page.context.set_offline(True)
    page.get_by_role("button", name="Use it").click()
    recorder = page.locator("#recorder")
    expect(recorder.get_by_role("alert")).to_have_text(
        "The connection broke. Try again. Your recording is still here."
    )
    page.context.set_offline(False)
    Session.objects.all().delete()
    page.get_by_role("button", name="Use it").click()
    expect(recorder.get_by_role("alert")).to_contain_text("Sign in again in another tab")
    client = Client()
    client.force_login(maria)
    fresh = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": fresh, "url": page.url.split("/videos")[0]}]
    )
    page.get_by_role("button", name="Use it").click()
    expect(page.locator(".voice:has(:checked)")).to_be_visible()
    assert Voice.objects.count() == 1


def test_leaving_with_a_take_that_is_not_sent_asks_first(listening, speaker):
    page = listening(MICROPHONE)
    record(page, 0.7)
    page.get_by_role("button", name="Make the video").click()
    expect(page.locator("#sound-error")).to_contain_text("You have a recording that is not used yet.")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.evaluate("location.assign('/avatars/')")
    page.wait_for_timeout(500)
    assert asked == ["beforeunload"]
    page.get_by_role("button", name="Throw away").click()
    expect(page.get_by_role("button", name="Record")).to_be_focused()
    page.goto("/avatars/")
    assert asked == ["beforeunload"]
    assert not Voice.objects.exists()


def test_recording_again_forgets_the_first_take(listening, speaker):
    page = listening(MICROPHONE)
    record(page, 3)
    page.get_by_role("button", name="Record again").click()
    page.get_by_role("button", name="Start recording").click()
    page.wait_for_timeout(700)
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="Use it").click()
    expect(page.locator(".voice:has(:checked)")).to_be_visible()
    assert Voice.objects.get().seconds < 2.5


@pytest.mark.parametrize(
    ("arguments", "break_it", "sentence"),
    [
        (MICROPHONE[:1], "", "The browser does not let this page use the microphone."),
        (
            [],
            "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotFoundError'))",
            "No microphone was found.",
        ),
        (
            [],
            "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotReadableError'))",
            "Another program may be using it",
        ),
        ([], "delete window.MediaRecorder", "This browser cannot record."),
    ],
)
def test_why_nothing_can_be_recorded_is_said_in_words(listening, speaker, arguments, break_it, sentence):
    page = listening(arguments)
    if break_it:
        page.add_init_script(break_it)
    page.goto("/videos/new/")
    page.get_by_role("button", name="Record").click()
    expect(page.locator("#recorder").get_by_role("alert")).to_contain_text(sentence)
    again = page.get_by_role("button", name="Try again")
    expect(again).to_be_visible(visible="cannot record" not in sentence)
    page.get_by_role("button", name="Close").click()
    expect(page.locator("#recorder")).to_be_hidden()


def test_an_address_without_https_is_told_as_the_reason(listening, speaker, live_server, settings):
    settings.ALLOWED_HOSTS = ["*"]
    base = live_server.url.replace("localhost", "studio.example").replace("127.0.0.1", "studio.example")
    page = listening(
        [*MICROPHONE, "--host-resolver-rules=MAP studio.example 127.0.0.1"],
        base,
        has_touch=True,
        is_mobile=True,
        viewport={"width": 360, "height": 740},
    )
    page.goto("/videos/new/")
    page.get_by_role("button", name="Record").click()
    problem = page.locator("#recorder").get_by_role("alert")
    expect(problem).to_be_in_viewport(ratio=1)
    bar = page.locator(".compose-preview").bounding_box()
    recorder = page.locator("#recorder").bounding_box()
    assert recorder["y"] + recorder["height"] <= bar["y"] + 1  # nothing of it is behind the bar
    expect(problem).to_contain_text("only to addresses that begin with https")
    port = live_server.url.rpartition(":")[2]
    expect(problem).to_contain_text(f"http://localhost:{port}")
    # A phone has a recorder of its own, which needs no permission.
    phone = page.get_by_label("Use the phone’s recorder")
    assert phone.get_attribute("capture") is not None
    phone.set_input_files(FIXTURES / "hello.m4a")
    expect(page.locator(".voice:has(:checked)")).to_contain_text("Hello")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


# ---------------------------------------------------------------- cutting


@pytest.fixture
def editor(page, speaker, recording):
    """The page that makes a video, with the recording open in the editor."""
    page.set_default_timeout(PATIENCE)
    page.goto(f"/videos/new/?avatar={speaker.pk}&voice={recording.pk}")
    expect(page.locator(".editor.is-open")).to_be_visible(timeout=PATIENCE)
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
    expect(page.get_by_role("button", name="Play this part")).to_be_visible(timeout=PATIENCE)  # by itself
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
    page.get_by_role("button", name="Zoom into the sound").click()
    assert page.locator("[data-track]").evaluate("(track) => track.clientWidth") == pytest.approx(
        2 * wide, rel=0.02
    )
    assert box["height"] >= 44
    page.get_by_role("button", name="Back to the original").click()
    expect(handle).to_have_attribute("aria-valuenow", "0.0")
    expect(page.get_by_role("button", name="Play this part")).to_be_focused()


def test_evening_out_is_heard_as_it_will_be_and_leaves_no_tries_behind(editor, recording):
    page = editor
    page.get_by_label("Even out the loudness").check()
    page.get_by_role("button", name="Play this part").click()
    expect(page.locator(".voice:has(:checked) .voice-name")).to_have_text(
        "Morning, evened out", timeout=PATIENCE
    )
    expect(page.get_by_role("button", name="Pause")).to_be_focused()  # although the editor has moved
    page.get_by_role("button", name="Pause").click()
    page.get_by_label("From", exact=True).fill("1")
    page.get_by_role("button", name="Play this part").click()
    expect(page.locator(".voice:has(:checked) .voice-name")).to_have_text(
        re.compile(r"Morning, 0:01 to 0:03\.\d, evened out"), timeout=PATIENCE
    )
    expect(page.locator(".voice")).to_have_count(2)
    assert recording.edits.count() == 1
    page.get_by_role("button", name="Back to the original").click()
    page.get_by_role("button", name="Make the video").click()
    page.wait_for_url(re.compile(r"/videos/\d+/$"), timeout=PATIENCE)
    assert Video.objects.get().voice == recording


def test_a_cut_that_was_begun_is_still_there_after_a_look_at_another_voice(editor, recording, new_video):
    other = new_video().voice
    editor.reload()
    expect(editor.locator(".editor.is-open")).to_be_visible(timeout=PATIENCE)
    editor.get_by_label("From", exact=True).fill("1.25")
    editor.get_by_label("From", exact=True).press("Enter")
    editor.locator(f"#voice-{other.pk} input[type=radio]").check()
    expect(editor.locator(f"#voice-{other.pk} .editor")).to_be_visible()
    expect(editor.locator("[data-reset]")).to_be_hidden(timeout=PATIENCE)
    editor.locator(f"#voice-{recording.pk} input[type=radio]").check()
    expect(editor.get_by_label("From", exact=True)).to_have_value("0:01.25", timeout=PATIENCE)


def test_silence_is_cut_by_one_press(page, speaker, maria, tmp_path):
    with wave.open(str(made.sound(tmp_path / "tone.wav", 2.0))) as file:
        tone = file.readframes(file.getnframes())
    with wave.open(str(tmp_path / "hall.wav"), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(bytes(3 * 32_000) + tone + bytes(2 * 32_000))
    voice = keeping.take_in(tmp_path / "hall.wav", "Hall.wav", maria)
    page.goto(f"/videos/new/?avatar={speaker.pk}&voice={voice.pk}")
    expect(page.locator(".editor.is-open")).to_be_visible(timeout=PATIENCE)
    words = page.locator(".editor [data-words]")
    page.get_by_role("button", name="Cut silence at both ends").click()
    expect(words).to_have_text("4.6 seconds of silence are left out.")
    page.get_by_role("button", name="Cut silence at both ends").click()
    expect(words).to_have_text("There is no silence at the ends.")
    page.get_by_role("button", name="Make the video").click()
    page.wait_for_url(re.compile(r"/videos/\d+/$"), timeout=PATIENCE)
    assert Video.objects.get().voice.edit == {"start": 2.85, "end": 5.25, "even": False}


def test_a_cut_that_cannot_be_made_is_said_and_nothing_is_sent(editor, recording):
    recording.sound.storage.delete(recording.sound.name)
    editor.get_by_label("From", exact=True).fill("1")
    editor.get_by_role("button", name="Make the video").click()
    expect(editor.locator(".editor [data-words]")).to_contain_text(
        "The file of this recording is gone", timeout=PATIENCE
    )
    assert not Video.objects.exists()


def test_on_its_own_page_a_voice_is_cut_and_saved(page, recording):
    page.goto(recording.get_absolute_url())
    expect(page.locator(".editor.is-open")).to_be_visible(timeout=PATIENCE)
    save = page.get_by_role("button", name="Save as a new voice")
    expect(save).to_be_disabled()
    page.get_by_role("slider", name="End").focus()
    page.keyboard.press("ArrowLeft")
    save.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        re.compile(r"Morning, 0:00 to"), timeout=PATIENCE
    )
    expect(page.locator(".editor.is-open")).to_be_visible(timeout=PATIENCE)
    end = page.get_by_role("slider", name="End")
    assert float(end.get_attribute("aria-valuenow")) == pytest.approx(recording.seconds - 0.1, abs=0.06)
    page.get_by_role("link", name="Morning", exact=True).click()
    expect(page.get_by_role("heading", name="Cut from it")).to_be_visible()


def test_without_a_script_a_voice_is_cut_by_a_plain_form(browse, recording):
    page = browse(java_script_enabled=False).new_page()
    page.goto(recording.get_absolute_url())
    page.get_by_label("From", exact=True).fill("0:01")
    page.get_by_label("Cut the silence at both ends").check()
    page.get_by_role("button", name="Save as a new voice").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        re.compile(r"Morning, 0:01 to"), timeout=PATIENCE
    )
    assert recording.edits.get().edit["start"] == 1


def test_a_thumb_has_room_on_the_smallest_phone(browse, speaker, recording):
    context = browse(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(f"/videos/new/?voice={recording.pk}")
    expect(page.locator(".editor.is-open")).to_be_visible(timeout=PATIENCE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    for target in page.locator(".editor button:visible, .editor .input, .sound-drop .button:visible").all():
        assert target.bounding_box()["height"] >= 40, target.evaluate("(one) => one.outerHTML")


# ---------------------------------------------------------------- every state, for everybody


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_has_nothing_to_complain_about_while_recording_and_cutting(
    listening, speaker, recording, maria, scheme
):
    part = editing.make(recording, Edit.of(1, 2, recording.seconds, even=False), maria)
    page = listening(MICROPHONE, color_scheme=scheme, bypass_csp=True)
    page.goto(f"/videos/new/?avatar={speaker.pk}&voice={part.pk}")
    expect(page.locator(".editor.is-open")).to_be_visible()
    found = complaints(page, "editor")
    for press, name in (
        ("Record", "ready"),
        ("Start recording", "recording"),
        ("Pause", "paused"),
        ("Stop", "take"),
    ):
        page.get_by_role("button", name=press).click()
        expect(page.locator(f"#recorder[data-state={name}]")).to_be_visible()
        found += complaints(page, name)
    page.context.set_offline(True)
    page.get_by_role("button", name="Use it").click()
    expect(page.locator("#recorder").get_by_role("alert")).to_be_visible()
    page.context.set_offline(False)
    found += complaints(page, "not sent")
    page.get_by_role("button", name="Throw away").click()
    for address in ("/videos/voices/", "/videos/voices/?q=nobody", part.get_absolute_url()):
        page.goto(address)
        found += complaints(page, address)
    page.get_by_role("button", name="Delete").click()
    found += complaints(page, "deleting")
    assert not found, "\n".join(found)
