"""The whole way in a real browser against the really running product: from the set-up to the downloaded mask."""

import re
import wave
from collections.abc import Iterator

import av
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import FIXTURES
from tests.product.running import Product, running

pytestmark = pytest.mark.browser

MINUTE = 60_000


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """As on the very first start: nobody has an account yet."""
    with running(tmp_path_factory.mktemp("journey") / "data") as product:
        yield product


@pytest.fixture
def visitor(chromium: Browser, fresh: Product) -> Iterator[Page]:
    context = chromium.new_context(
        base_url=fresh.url, accept_downloads=True, viewport={"width": 1280, "height": 900}
    )
    context.set_default_timeout(15_000)
    complaints: list[str] = []
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    yield context.new_page()
    context.close()
    assert complaints == []


def spoken() -> float:
    """Seconds of the recording that is uploaded."""
    with wave.open(str(FIXTURES / "speech.wav")) as sound:
        return sound.getnframes() / sound.getframerate()


def frames(path: object) -> tuple[int, int, int]:
    with av.open(str(path)) as file:
        stream = file.streams.video[0]
        return sum(1 for _ in file.decode(stream)), stream.width, stream.height


def test_from_the_first_visit_to_a_talking_video_and_its_mask(visitor: Page, fresh: Product, tmp_path):
    page = visitor
    page.goto("/")
    page.get_by_label("Set-up code").fill(fresh.setup_code())
    page.get_by_label("Your name").fill("Olga")
    page.get_by_label("Email address").fill("olga@example.com")
    page.get_by_label("Password", exact=True).fill("a long enough password")
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("heading", name="Welcome, Olga")).to_be_visible()

    # A portrait, which becomes an avatar without a touch of the page.
    page.goto("/avatars/")
    page.locator("input[type=file][name=portraits]").first.set_input_files(FIXTURES / "astronaut.jpg")
    state_that_it_may_be_used(page)
    card = page.locator("#cards article", has_text="Astronaut")
    expect(card).to_be_visible(timeout=MINUTE)
    expect(card.locator(".card-state")).to_have_count(0, timeout=MINUTE)
    card.get_by_role("link", name="Astronaut", exact=True).click()
    page.locator("#avatar-action").get_by_role("link", name="Make a video").click()

    # A voice; the avatar is chosen already.
    expect(page.locator("input[name=avatar]:checked")).to_have_count(1)
    page.locator("#sound").set_input_files(FIXTURES / "speech.wav")
    state_that_it_may_be_used(page)
    expect(page.locator("input[name=voice]:checked")).to_have_count(1, timeout=MINUTE)
    page.get_by_label("Title").fill("Papa may buy a map")
    page.get_by_role("button", name="Make the video").click()

    # The page shows by itself how far it is, and in the end the player.
    expect(page.locator("video.player")).to_be_visible(timeout=3 * MINUTE)
    assert_it_plays_and_seeks(page)

    sizes = []
    for link in (page.get_by_role("link", name="Download video"), page.locator("#format-mask a")):
        if not link.is_visible():
            page.locator("#formats > summary").click()
        with page.expect_download() as download:
            link.click()
        target = tmp_path / download.value.suggested_filename
        download.value.save_as(target)
        sizes.append(frames(target))
    assert {path.name for path in tmp_path.iterdir()} == {
        "Papa may buy a map.mp4",
        "Papa may buy a map mask.mp4",
    }
    assert sizes[0] == sizes[1]
    assert abs(sizes[0][0] / 25 - spoken()) <= 0.04

    page.goto("/")
    expect(page.get_by_role("link", name=re.compile("Papa may buy a map")).first).to_be_visible()


def state_that_it_may_be_used(page: Page) -> None:
    page.locator("#consent [name=consent]").check()
    page.locator("#consent").get_by_role("button", name="Continue").click()


def assert_it_plays_and_seeks(page: Page) -> None:
    seen = page.evaluate(
        """async () => {
            const video = document.querySelector("video.player");
            video.muted = true;
            await video.play();
            // However slow the machine is: it plays if the time moves on by itself.
            for (let k = 0; k < 200 && video.currentTime < 0.3; k++) await new Promise((go) => setTimeout(go, 50));
            const played = video.currentTime;
            video.pause();
            video.currentTime = 2;
            await new Promise((done) => video.addEventListener("seeked", done, { once: true }));
            return { played, at: video.currentTime, duration: video.duration, width: video.videoWidth };
        }"""
    )
    assert seen["played"] > 0.2
    assert seen["at"] == 2
    assert abs(seen["duration"] - spoken()) < 0.1
    assert seen["width"] > 400
