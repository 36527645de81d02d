"""A finished video's page: files made on a click, the poster, the link."""

import pytest
from django.core.files.base import ContentFile
from playwright.sync_api import expect

from dashboard.jobs.base import State
from dashboard.jobs.local_job import LocalState
from tests import made
from tests.browser.test_pages import asked, change
from tests.videos import card as cards
from videos.models import Export
from videos.studio.dispatch import make

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def video(new_video, maria, tmp_path):
    video = new_video(made_by=maria, state=State.READY, width=128, height=160, seconds=2, mask="m.mp4")
    film = made.video(tmp_path / "film.mp4", seconds=2).read_bytes()
    picture = made.picture(tmp_path / "p.jpg").read_bytes()
    video.video.save("film.mp4", ContentFile(film), save=False)
    video.poster.save("p.jpg", ContentFile(picture))
    return video


def test_a_click_makes_the_file_and_the_row_shows_how_far_it_is(page, video):
    page.goto(video.get_absolute_url())
    row = page.locator("#download-webm")
    polls = asked(page, "/exports/")
    row.get_by_role("button", name="Make it").click()
    expect(row).to_contain_text("Waiting for its turn…")
    export = Export.objects.get()
    change(export, state=LocalState.WORKING, progress=42)
    expect(row).to_contain_text("Making it… 42 %")
    expect(row.get_by_role("progressbar")).to_have_attribute("value", "42")
    export.refresh_from_db()
    change(export, state=LocalState.READY, size=5_000_000, file="videos/exports/x.webm")
    expect(row.get_by_role("link", name="Download: Transparent video (WebM)")).to_be_visible()
    expect(page.locator("#announcer")).to_have_text("Transparent video (WebM) is ready.")
    polls.clear()
    page.wait_for_timeout(1500)
    assert polls == []


def test_without_a_script_the_list_works_by_plain_forms(browse, video):
    page = browse(java_script_enabled=False).new_page()
    page.goto(video.get_absolute_url())
    page.locator("#download-gif").get_by_role("button", name="Make it").click()
    expect(page.locator("#download-gif")).to_contain_text("Waiting for its turn…")
    expect(page.locator("#download-gif").get_by_role("link", name="Refresh")).to_be_visible()
    expect(page.get_by_role("button", name="Copy link")).to_be_hidden()
    page.get_by_text("Choose the poster").click()
    page.get_by_label("Or say the moment, in seconds").fill("1.5")
    page.get_by_role("button", name="Use it").click()
    video.refresh_from_db()
    assert video.poster_at == 1.5


def test_the_frame_at_which_the_player_stands_becomes_the_poster(page, video, tmp_path):
    page.goto(video.get_absolute_url())
    page.get_by_text("Choose the poster").click()
    page.locator(".player").evaluate(
        """(player) => new Promise((done) => {
          player.addEventListener("seeked", done, { once: true });
          player.currentTime = 1.2;
        })"""
    )
    page.get_by_role("button", name="Use this frame as the poster").click()
    expect(page.get_by_text("Changing the poster…")).to_be_visible()
    video.refresh_from_db()
    assert video.poster_at == pytest.approx(1.2, abs=0.01)
    other = made.picture(tmp_path / "other.jpg", colour=(10, 200, 10)).read_bytes()
    video.poster.save("other.jpg", ContentFile(other))
    change(Export.objects.get(), state=LocalState.READY)
    expect(page.get_by_role("button", name="Use this frame as the poster")).to_be_visible()
    expect(page.locator("#announcer")).to_have_text("The poster was changed.")
    assert "other" in page.locator(".player").get_attribute("poster")


@pytest.mark.parametrize("has_clipboard", [True, False])
def test_the_link_is_copied_with_and_without_the_browsers_clipboard(browse, video, has_clipboard):
    context = browse(permissions=["clipboard-read", "clipboard-write"])
    if not has_clipboard:  # as on pages that came by plain http
        context.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
        context.add_init_script(
            "document.addEventListener('copy', () => { window.copied = getSelection().toString() || document.activeElement.value; })"
        )
    page = context.new_page()
    page.goto(video.get_absolute_url())
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator(".toast")).to_contain_text("Copied.")
    text = page.evaluate("navigator.clipboard.readText()" if has_clipboard else "window.copied")
    assert text.endswith(video.get_absolute_url())
    assert text.startswith("http://")


def test_the_link_stays_selected_where_nothing_can_be_copied(browse, video):
    context = browse()
    context.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    context.add_init_script("document.execCommand = () => false")
    page = context.new_page()
    page.goto(video.get_absolute_url())
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator(".toast")).to_contain_text("copy it with Ctrl+C")
    field = "document.getElementById('address')"
    assert page.evaluate(f"{field}.selectionEnd - {field}.selectionStart === {field}.value.length")


def test_two_clicks_lead_to_another_video_of_the_same_avatar_or_voice(page, video):
    page.goto(video.get_absolute_url())
    page.get_by_role("link", name="Same avatar, new voice").click()
    expect(page.locator(f'input[name="avatar"][value="{video.avatar.pk}"]')).to_be_checked()
    expect(page.locator('input[name="voice"]:checked')).to_have_count(0)
    page.goto(video.get_absolute_url())
    page.get_by_role("link", name="Same voice, new avatar").click()
    expect(page.locator(f'input[name="voice"][value="{video.voice.pk}"]')).to_be_checked()


@pytest.mark.parametrize("width", [360, 820])
def test_the_list_fits_a_small_screen(browse, video, width):
    Export.objects.create(video=video, kind="webm", state=LocalState.WORKING, progress=42)
    Export.objects.create(video=video, kind="gif", state=LocalState.FAILED, error="No room. " * 20)
    page = browse(viewport={"width": width, "height": 780}, has_touch=True).new_page()
    page.goto(video.get_absolute_url())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for button in page.locator(".downloads .button").all():
        assert button.bounding_box()["height"] >= 44


def test_the_browser_shows_what_is_behind_a_transparent_webm(page, video, tmp_path):
    film = cards.make(tmp_path, 0.6, 0.4)
    target = tmp_path / "out.webm"
    request = {"kind": "webm", "video": str(film.video), "mask": str(film.mask), "target": str(target)}
    make(request, lambda part: None)
    export = Export(video=video, kind="webm", state=LocalState.READY)
    export.file.save("out.webm", ContentFile(target.read_bytes()))
    page.goto(video.get_absolute_url())
    address = page.get_by_role("link", name="Download: Transparent video (WebM)").get_attribute("href")
    corner, middle = page.evaluate(
        """async (address) => {
          const film = Object.assign(document.createElement("video"), { src: address, muted: true });
          await new Promise((done, fail) => { film.onseeked = done; film.onerror = fail; film.currentTime = 0.2; });
          const canvas = Object.assign(document.createElement("canvas"), { width: film.videoWidth, height: film.videoHeight });
          const paint = canvas.getContext("2d");
          paint.drawImage(film, 0, 0);
          return [[3, 3], [96, 120]].map(([x, y]) => [...paint.getImageData(x, y, 1, 1).data]);
        }""",
        address,
    )
    assert corner[3] == 0
    assert middle[3] == 255
    assert middle[:3] == pytest.approx(cards.PERSON, abs=6)
