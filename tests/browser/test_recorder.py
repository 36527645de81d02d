"""Recording a voice with a made microphone: levels, pauses, takes that are not lost, and why it cannot be done."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import av
import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from playwright.sync_api import Page, expect

from tests.browser.conftest import PATIENCE, TICK_WHEN_ASKED
from tests.browser.test_axe import complaints
from tests.conftest import ARGS, CHROMIUM, FIXTURES
from tests.sign_in import expect_sign_in
from videos.models import Video, Voice
from videos.voices import editing
from videos.voices.edit_spec import Edit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MICROPHONE = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]


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
        context.add_init_script(TICK_WHEN_ASKED)
        cookie = {
            "name": settings.SESSION_COOKIE_NAME,
            "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
        }
        context.add_cookies([cookie | {"url": base}])
        return context.new_page()

    yield open_
    for browser in opened:
        browser.close()


def record(page: Page, seconds: float = 2) -> None:
    page.goto("/videos/new/")
    page.get_by_role("button", name="Record").click()
    page.get_by_role("button", name="Start recording").click()
    page.wait_for_timeout(seconds * 1000)
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Use recording")).to_be_visible()


# ---------------------------------------------------------------- recording


def test_what_is_recorded_becomes_a_voice_and_a_video(listening, speaker):
    page = listening(MICROPHONE)
    record(page)
    expect(page.get_by_role("button", name="Use recording")).to_be_focused()
    page.get_by_role("button", name="Play your recording").click()  # the policy lets it
    expect(page.get_by_role("button", name="Pause your recording")).to_be_visible()
    expect(page.locator("#recorder [data-now]")).to_have_text("0:01")
    page.get_by_role("button", name="Use recording").click()
    chosen = page.locator(".voice:has(:checked)")
    expect(chosen).to_contain_text(re.compile(r"Recording \d+ \w+"))
    expect(page.locator("#recorder")).to_be_hidden()
    voice = Voice.objects.get()
    assert 1.5 < voice.seconds < 4
    assert max(voice.peaks) > 0.5
    with voice.sound.open("rb") as file, av.open(file) as sound:
        assert sound.streams.audio[0].codec_context.name == "pcm_s16le"
    page.get_by_role("button", name="Make the video").click()
    page.wait_for_url(re.compile(r"/videos/\d+/$"), timeout=PATIENCE)
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
    page.get_by_role("button", name="Resume").click()
    page.wait_for_timeout(1000)
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="Use recording").click()
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
    page.get_by_role("button", name="Use recording").click()  # comes without anybody's doing
    expect(page.locator(".voice:has(:checked)")).to_be_visible()
    assert Voice.objects.get().seconds <= 3.05


def test_a_take_is_not_lost_when_it_cannot_be_sent(listening, speaker, maria):
    page = listening(MICROPHONE)
    record(page, 1)
    page.context.set_offline(True)
    page.get_by_role("button", name="Use recording").click()
    recorder = page.locator("#recorder")
    upload = page.locator("#sound-progress")
    expect(upload).to_contain_text("Connection lost. The upload will continue when you are back online.")
    upload.get_by_role("button", name="Cancel").click()
    expect(recorder.get_by_role("alert")).to_have_text(
        "The upload was cancelled. Your recording is still here."
    )
    page.get_by_role("button", name="Use recording").click()
    expect(upload).to_contain_text("Connection lost.")
    with expect_sign_in():
        Session.objects.all().delete()
        page.context.set_offline(False)
        expect(recorder.get_by_role("alert")).to_contain_text("Sign in again in another tab")
    client = Client()
    client.force_login(maria)
    fresh = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": fresh, "url": page.url.split("/videos")[0]}]
    )
    page.get_by_role("button", name="Use recording").click()
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
    page.get_by_role("button", name="Discard").click()
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
    page.get_by_role("button", name="Use recording").click()
    expect(page.locator(".voice:has(:checked)")).to_be_visible()
    assert Voice.objects.get().seconds < 2.5


@pytest.mark.parametrize(
    ("arguments", "break_it", "sentence"),
    [
        (MICROPHONE[:1], "", "The browser has blocked the microphone."),
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
    expect(problem).to_contain_text("only on https addresses")
    port = live_server.url.rpartition(":")[2]
    expect(problem).to_contain_text(f"http://localhost:{port}")
    # A phone has a recorder of its own, which needs no permission.
    phone = page.get_by_label("Use your phone’s recorder")
    assert phone.get_attribute("capture") is not None
    phone.set_input_files(FIXTURES / "hello.m4a")
    expect(page.locator(".voice:has(:checked)")).to_contain_text("Hello")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


# ---------------------------------------------------------------- every state, for everybody


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_has_nothing_to_complain_about_while_recording_and_cutting(
    listening, speaker, recording, maria, scheme
):
    part = editing.create_edit(recording, Edit.within(1, 2, recording.seconds, even=False), maria)
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
    page.get_by_role("button", name="Use recording").click()
    expect(page.locator("#sound-progress")).to_contain_text("Connection lost.")
    found += complaints(page, "waiting for the connection")
    page.locator("#sound-progress").get_by_role("button", name="Cancel").click()
    expect(page.locator("#recorder").get_by_role("alert")).to_be_visible()
    page.context.set_offline(False)
    found += complaints(page, "not sent")
    page.get_by_role("button", name="Discard").click()
    for address in ("/videos/voices/", "/videos/voices/?q=nobody", part.get_absolute_url()):
        page.goto(address)
        found += complaints(page, address)
    page.get_by_role("button", name="Delete").click()
    found += complaints(page, "deleting")
    assert not found, "\n".join(found)
