"""A finished video's page: downloads, the thumbnail, the link, how it uses the room there is."""

import re
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from playwright.sync_api import expect

from dashboard.jobs.local_job import LocalState
from dashboard.jobs.provider_job import ProviderState
from dashboard.models import User
from tests import sample_media
from tests.browser.test_pages import asked, change
from tests.videos import generated_video as cards
from videos.models import Export, Video
from videos.studio.make_file import make_file

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def video(new_video, maria, tmp_path):
    video = new_video(
        made_by=maria, state=ProviderState.READY, width=128, height=160, seconds=2, mask="m.mp4"
    )
    film = sample_media.video(tmp_path / "film.mp4", seconds=2).read_bytes()
    picture = sample_media.picture(tmp_path / "p.jpg").read_bytes()
    video.video.save("film.mp4", ContentFile(film), save=False)
    video.poster.save("p.jpg", ContentFile(picture))
    return video


def pick(page, name: str) -> None:
    """One of the other formats."""
    page.locator("#formats > summary").click()
    page.locator("#formats").get_by_role("button", name=name).click()


def finish(export: Export, content: bytes) -> None:
    """As the studio would: the file, and the row."""
    name = default_storage.save(f"videos/exports/x{export.pk}.gif", ContentFile(content))
    change(export, state=LocalState.READY, size=len(content), file=name)


def test_one_press_downloads_what_the_player_shows(page, video):
    page.goto(video.get_absolute_url())
    with page.expect_download() as download:
        page.get_by_role("link", name="Download video").click()
    assert download.value.suggested_filename == "Hello.mp4"
    assert Path(download.value.path()).read_bytes() == video.video.read()


def test_a_format_that_is_not_there_yet_is_downloaded_as_soon_as_it_is_made(page, video):
    page.goto(video.get_absolute_url())
    row = page.locator("#preparing-gif")
    polls = asked(page, "/exports/")
    pick(page, "Animation GIF")
    expect(page.locator(".formats-menu")).to_be_hidden()
    expect(page.locator("#formats > summary")).to_be_focused()
    expect(row).to_contain_text("Queued: Animation")
    export = Export.objects.get()
    change(export, state=LocalState.WORKING, progress=42)
    expect(row).to_contain_text("Preparing Animation… 42 %")
    expect(row.get_by_role("progressbar")).to_have_attribute("value", "42")
    export.refresh_from_db()
    with page.expect_download() as download:
        finish(export, b"a moving picture")
    assert download.value.suggested_filename == "Hello.gif"
    assert Path(download.value.path()).read_bytes() == b"a moving picture"
    expect(page.locator("#announcer")).to_have_text("Animation (GIF) is ready.")
    expect(row.get_by_role("link", name="Download: Animation (GIF)")).to_be_visible()
    polls.clear()
    page.wait_for_timeout(1500)
    assert polls == []
    page.locator("#formats > summary").click()  # the menu knows it too: a link now, and nothing is made again
    with page.expect_download():
        page.locator("#formats").get_by_role("link", name="Animation GIF").click()


def test_two_formats_that_are_made_at_the_same_time_are_both_downloaded(page, video):
    page.goto(video.get_absolute_url())
    pick(page, "Animation GIF")
    expect(page.locator("#preparing-gif")).to_contain_text("Queued")
    pick(page, "Audio M4A")
    expect(page.locator("#preparing-sound")).to_contain_text("Queued")
    names: list[str] = []
    page.on("download", lambda download: names.append(download.suggested_filename))
    for export in Export.objects.all():
        finish(export, b"made")
    expect(page.locator("#preparing-gif").get_by_role("link")).to_be_visible()
    expect(page.locator("#preparing-sound").get_by_role("link")).to_be_visible()
    page.wait_for_timeout(500)
    assert sorted(names) == ["Hello.gif", "Hello.m4a"]


def test_after_a_reload_it_is_still_downloaded_and_only_once(page, video):
    page.goto(video.get_absolute_url())
    pick(page, "Animation GIF")
    expect(page.locator("#preparing-gif")).to_contain_text("Queued")
    with page.expect_download():
        finish(Export.objects.get(), b"made")
        page.reload()
    names: list[str] = []
    page.on("download", lambda download: names.append(download.suggested_filename))
    page.reload()
    page.wait_for_timeout(1000)
    assert names == []


def test_what_a_colleague_asked_for_is_not_downloaded_here(page, video, tom):
    video.exports.create(kind="gif", made_by=tom)
    names: list[str] = []
    page.on("download", lambda download: names.append(download.suggested_filename))
    page.goto(video.get_absolute_url())
    row = page.locator("#preparing-gif")
    expect(row).to_contain_text("Queued")
    finish(Export.objects.get(), b"made")
    expect(row.get_by_role("link", name="Download: Animation (GIF)")).to_be_visible()
    page.wait_for_timeout(500)
    assert names == []


def test_a_format_that_could_not_be_made_says_why_and_is_tried_again(page, video):
    page.goto(video.get_absolute_url())
    pick(page, "Animation GIF")
    row = page.locator("#preparing-gif")
    expect(row).to_contain_text("Queued")
    change(Export.objects.get(), state=LocalState.FAILED, error="The disk is full.")
    expect(row.get_by_role("alert")).to_have_text("The disk is full.")
    row.get_by_role("button", name="Try again").click()
    expect(row).to_contain_text("Queued")


def test_the_menu_of_formats_works_by_keyboard_and_closes_by_itself(page, video):
    page.goto(video.get_absolute_url())
    summary, menu = page.locator("#formats > summary"), page.locator(".formats-menu")
    summary.press("Enter")
    expect(menu).to_be_visible()
    page.keyboard.press("Tab")
    expect(menu.get_by_role("button", name="Transparent video WebM")).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(summary).to_be_focused()
    summary.press("Enter")
    page.mouse.click(5, 500)
    expect(menu).to_be_hidden()


def test_without_a_script_the_formats_work_by_plain_forms(browse, video):
    page = browse(java_script_enabled=False).new_page()
    page.goto(video.get_absolute_url())
    pick(page, "Animation GIF")
    row = page.locator("#preparing-gif")
    expect(row).to_contain_text("Queued: Animation")
    expect(row.get_by_role("link", name="Refresh")).to_be_visible()
    expect(page.get_by_role("button", name="Copy link")).to_be_hidden()
    page.locator("#thumbnail > summary").click()
    page.get_by_label("Or enter a time in seconds").fill("1.5")
    page.get_by_role("button", name="Use this time").click()
    video.refresh_from_db()
    assert video.poster_at == 1.5


def test_the_frame_at_which_the_player_stands_becomes_the_thumbnail(page, video, tmp_path):
    page.goto(video.get_absolute_url())
    page.locator("#thumbnail > summary").click()
    page.locator(".player").evaluate(
        """(player) => new Promise((done) => {
          player.addEventListener("seeked", done, { once: true });
          player.currentTime = 1.2;
        })"""
    )
    page.get_by_role("button", name="Use current frame").click()
    expect(page.get_by_text("Changing the thumbnail…")).to_be_visible()
    video.refresh_from_db()
    assert video.poster_at == pytest.approx(1.2, abs=0.01)
    other = sample_media.picture(tmp_path / "other.jpg", colour=(10, 200, 10)).read_bytes()
    video.poster.save("other.jpg", ContentFile(other))
    change(Export.objects.get(), state=LocalState.READY)
    expect(page.get_by_role("button", name="Use current frame")).to_be_visible()
    expect(page.locator("#announcer")).to_have_text("The thumbnail was changed.")
    assert "other" in page.locator(".player").get_attribute("poster")


@pytest.mark.parametrize(("width", "height"), [(720, 900), (1080, 1920), (1920, 1080)])
def test_on_a_wide_screen_the_facts_stand_below_the_player_whatever_its_shape(browse, video, width, height):
    Video.objects.update(width=width, height=height)
    page = browse(viewport={"width": 1440, "height": 900}).new_page()
    page.goto(video.get_absolute_url())
    stage, facts, side = (
        page.locator(one).bounding_box() for one in ("#stage", "#video-facts", "#video-side")
    )
    assert facts["x"] == stage["x"]
    assert facts["width"] == stage["width"]
    assert 0 < facts["y"] - (stage["y"] + stage["height"]) < 48
    assert side["x"] > stage["x"] + stage["width"]
    assert side["y"] == stage["y"]
    expect(page.locator("#video-facts")).to_contain_text(f"{width} × {height}, 0:02")
    player = page.locator(".player").bounding_box()
    assert player["width"] / player["height"] == pytest.approx(width / height, rel=0.01)
    assert player["y"] + player["height"] <= 900


@pytest.mark.parametrize("who", ["maria", "tom"])
def test_a_long_title_takes_two_lines_and_is_whole_where_it_has_the_focus(page, video, tom, who):
    Video.objects.update(title="A title that goes on and on " * 7, made_by=User.objects.get(name=who.title()))
    page.goto(video.get_absolute_url())
    title = page.get_by_role("heading", level=1)
    assert title.bounding_box()["height"] < 2.6 * 32
    expect(title).to_have_attribute("title", re.compile("^(A title that goes on and on ?){7}$"))
    page.locator("#content").focus()
    page.keyboard.press("Tab")
    assert title.bounding_box()["height"] > 3 * 32
    if who == "maria":
        page.keyboard.press("Enter")
        expect(page.get_by_label("Title of the video")).to_have_value(re.compile("^A title.*on $|on$"))


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
    page.locator("#formats > summary").click()
    for target in page.locator(".downloads :is(.button, .format-pick):visible").all():
        assert target.bounding_box()["height"] >= 44


def test_the_browser_shows_what_is_behind_a_transparent_webm(page, video, tmp_path):
    film = cards.make(tmp_path, 0.6, 0.4)
    target = tmp_path / "out.webm"
    request = {"kind": "webm", "video": str(film.video), "mask": str(film.mask), "target": str(target)}
    make_file(request, lambda part: None)
    export = Export(video=video, kind="webm", state=LocalState.READY)
    export.file.save("out.webm", ContentFile(target.read_bytes()))
    page.goto(video.get_absolute_url())
    page.locator("#formats > summary").click()
    address = page.get_by_role("link", name="Transparent video WebM").get_attribute("href")
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
