"""Uploads over a connection that comes and goes: they wait, go on by themselves, and nothing is taken twice."""

import re
import wave
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from avatars.models import Avatar
from tests.browser.conftest import tick
from tests.conftest import FIXTURES
from tests.flaky_connection import ShakyLine
from videos.models import Voice

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

LOST = "Connection lost. The upload will continue when you are back online."
MEGABYTE = 2**20


@pytest.fixture
def line(live_server):
    line = ShakyLine(live_server.url)
    yield line
    line.close()


@pytest.fixture
def page(browse, line) -> Page:
    context = browse(viewport={"width": 1280, "height": 900})
    return context.new_page()


@pytest.fixture
def long_sound(tmp_path: Path) -> Path:
    """20 MB, so that it goes in three pieces."""
    path = tmp_path / "Lecture.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, 48_000, 0, "NONE", ""))
        file.writeframes(bytes(range(256)) * (20 * MEGABYTE // 256))
    return path


def photo(name: str = "ada.jpg") -> dict:
    return {"name": name, "mimeType": "image/jpeg", "buffer": (FIXTURES / "astronaut.jpg").read_bytes()}


def count_bytes(page: Page, part: str) -> list[int]:
    """The sizes of what is sent to addresses with `part`, from now on."""
    sizes: list[int] = []
    page.on(
        "request",
        lambda request: (
            sizes.append(
                int(request.headers.get("content-length") or 0) or len(request.post_data_buffer or b"")
            )
            if part in request.url and request.method == "POST"
            else None
        ),
    )
    return sizes


def test_a_portrait_waits_while_the_browser_is_offline_and_then_goes_on_by_itself(page, line):
    page.goto(f"{line.url}/avatars/")
    page.context.set_offline(True)
    page.locator("input[name=portraits]").set_input_files([photo("ada.jpg"), photo("bea.jpg")])
    cards = page.locator(".card.is-upload")
    expect(cards.first.locator(".card-words")).to_have_text(LOST)
    expect(cards.last.locator(".card-words")).to_have_text(LOST)
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)
    page.context.set_offline(False)
    expect(page.locator(".card-name")).to_have_text(["Ada", "Bea"])
    assert Avatar.objects.count() == 2


def test_an_upload_that_breaks_in_the_middle_goes_on_when_the_server_is_back(page, line, speaker):
    page.goto(f"{line.url}/videos/new/")
    line.allowance = 50_000
    sound = {"name": "Hello.wav", "mimeType": "audio/wav", "buffer": (FIXTURES / "speech.wav").read_bytes()}
    page.locator("#sound").set_input_files(sound)
    progress = page.locator("#sound-progress")
    expect(progress).to_contain_text(LOST)
    expect(page.get_by_text("Connection lost. Trying again…")).to_be_visible()
    line.heal()
    expect(page.locator(".voice:has(:checked)")).to_contain_text("Hello")
    expect(progress).to_be_hidden()
    expect(page.get_by_text("Connection lost. Trying again…")).to_be_hidden()
    assert Voice.objects.count() == 1


def test_of_a_large_sound_only_what_is_missing_is_sent_again(page, line, speaker, long_sound):
    page.goto(f"{line.url}/videos/new/")
    sizes = count_bytes(page, "/voices/")
    line.allowance = 13 * MEGABYTE  # in the second piece
    page.locator("#sound").set_input_files(long_sound)
    expect(page.locator("#sound-progress")).to_contain_text(LOST)
    expect(page.locator("#sound-progress progress")).to_have_attribute("value", "39")
    line.heal()
    expect(page.locator(".voice:has(:checked)")).to_contain_text("Lecture")
    assert len(sizes) == 4  # 8 + 8 (which broke) + 8 + 4 MB
    voice = Voice.objects.get()
    assert voice.seconds == pytest.approx(20 * MEGABYTE / 4 / 48_000, abs=0.01)


def test_a_sound_whose_answer_was_lost_is_not_taken_twice(page, line, speaker):
    page.goto(f"{line.url}/videos/new/")
    sizes = count_bytes(page, "/voices/")
    line.lose_answers = True
    page.locator("#sound").set_input_files(FIXTURES / "hello.mp3")
    expect(page.locator("#sound-progress")).to_contain_text(LOST)
    line.heal()
    expect(page.locator(".voice:has(:checked)")).to_contain_text("Hello")
    assert len(sizes) == 2
    assert Voice.objects.count() == 1


def test_the_sounds_of_a_batch_wait_too_and_one_can_be_cancelled_meanwhile(page, line, speaker):
    page.goto(f"{line.url}/videos/batches/new/sounds/")
    line.cut()
    files = [
        {"name": f"{name}.mp3", "mimeType": "audio/mpeg", "buffer": (FIXTURES / "hello.mp3").read_bytes()}
        for name in ("one", "two", "three")
    ]
    page.locator("#sounds").set_input_files(files)
    rows = page.locator(".sound-row")
    expect(rows.filter(has_text=LOST)).to_have_count(2)
    expect(rows.nth(2)).to_contain_text("Waiting…")
    page.get_by_role("button", name="Make the videos").click()
    expect(page.locator("#sound-error")).to_have_text("Wait until the audio is uploaded.")
    rows.nth(1).get_by_role("button", name="Cancel").click()
    expect(rows).to_have_count(2)
    line.heal()
    expect(page.get_by_role("checkbox", name="One")).to_be_checked()
    expect(page.get_by_role("checkbox", name="Three")).to_be_checked()
    assert set(Voice.objects.values_list("name", flat=True)) == {"One", "Three"}


def test_leaving_the_page_while_something_is_on_its_way_asks_first(page, line, speaker):
    page.goto(f"{line.url}/videos/new/")
    page.context.set_offline(True)
    page.locator("#sound").set_input_files(FIXTURES / "hello.mp3")
    expect(page.locator("#sound-progress")).to_contain_text(LOST)
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.evaluate("location.assign('/avatars/')")
    page.wait_for_timeout(500)
    assert asked == ["beforeunload"]
    page.locator("#sound-progress").get_by_role("button", name="Cancel").click()
    expect(page.locator("#sound-progress")).to_be_hidden()
    page.context.set_offline(False)
    page.goto(f"{line.url}/avatars/")
    assert asked == ["beforeunload"]


def test_what_keeps_breaking_although_the_server_is_there_is_told(page, line, speaker):
    page.goto(f"{line.url}/videos/new/")
    page.route("**/voices/new/", lambda route: route.abort("connectionreset"))
    page.clock.install()
    page.locator("#sound").set_input_files(FIXTURES / "hello.mp3")
    for _ in range(40):
        page.clock.run_for(3_000)
        page.wait_for_timeout(60)
        if "keeps failing" in (page.locator("#sound-error").text_content() or ""):
            break
    expect(page.locator("#sound-error")).to_have_text(re.compile("The connection keeps failing. Try again."))
    assert not Voice.objects.exists()


def test_a_file_chosen_before_the_script_has_loaded_is_uploaded_all_the_same(browse, speaker):
    page = browse(viewport={"width": 1280, "height": 900}, ticks=False).new_page()
    held = []
    page.route(re.compile(r"/js/create-video[^/]*\.js"), lambda route: held.append(route))
    page.goto("/videos/new/", wait_until="commit")
    page.locator("#sound").set_input_files(FIXTURES / "speech.wav")
    held[0].continue_()
    tick(page)
    expect(page.locator("input[name=voice]:checked")).to_have_count(1)
    assert Voice.objects.count() == 1
