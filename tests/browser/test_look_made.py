"""From the look that was chosen to the film that has it, in a real browser."""

import re

import av
import pytest
from django.core.files import File
from playwright.sync_api import expect

from dashboard.jobs.local_job import LocalState
from dashboard.jobs.provider_job import ProviderState, current_provider
from tests import sample_media
from tests.browser.test_look import stage, tile
from tests.conftest import FIXTURES
from tests.run_tasks import work_on_video
from videos import poller
from videos.exports import services, tasks
from videos.models import Backdrop, Export, Video

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def corner(video: Video) -> tuple[int, int, int]:
    with video.styled_video.open("rb") as file, av.open(file) as container:
        frame = next(container.decode(video=0)).to_ndarray(format="rgb24")
        return tuple(int(value) for value in frame[6, 6])


def test_from_the_chosen_colour_and_frame_to_the_film_that_has_them(
    browse, provider, new_avatar, maria, media_files, tmp_path
):
    remote = provider.add_avatar()
    new_avatar(state=ProviderState.READY, remote_id=remote["avatar_id"], provider=provider.url, made_by=maria)
    provider.files["mask"] = sample_media.mask(tmp_path / "mask.mp4")
    page = browse(viewport={"width": 1280, "height": 900}).new_page()
    page.goto("/videos/new/")
    page.locator("#sound").set_input_files(FIXTURES / "hello.mp3")
    tile(page, "background", "colour").check()
    page.locator("[name=look-colour]").fill("#c02060")
    tile(page, "frame", "16:9").check()
    expect(stage(page)).to_have_css("background-color", "rgb(192, 32, 96)")
    expect(page.locator("[name=voice]").first).to_be_checked()
    page.get_by_role("button", name="Make the video").click()
    page.wait_for_url(re.compile(r"/videos/\d+/$"))
    video = Video.objects.get()

    work_on_video(video.pk)
    video.refresh_from_db()
    provider.finish(video.remote_id)
    poller.step()
    work_on_video(video.pk)
    expect(page.get_by_text("Applying your background…")).to_be_visible()
    expect(page.locator("video.player")).to_have_attribute("width", "128")
    tasks.work(Export.objects.get(kind="look").pk)
    expect(page.get_by_text("16:9, colour background")).to_be_visible()
    expect(page.locator("video.player")).to_have_attribute("width", "228")

    video = Video.objects.get()
    assert video.display_file == video.styled_video
    assert corner(video) == pytest.approx((192, 32, 96), abs=6)
    drawn = page.locator("video.player").evaluate(
        """async (film) => {
          const seeked = new Promise((done) => film.addEventListener("seeked", done));
          film.currentTime = 0.1;
          await seeked;
          const paper = Object.assign(document.createElement("canvas"), { width: 228, height: 128 }).getContext("2d");
          paper.drawImage(film, 0, 0);
          return [...paper.getImageData(6, 6, 1, 1).data].slice(0, 3);
        }"""
    )
    assert drawn == pytest.approx([192, 32, 96], abs=8)
    page.goto("/videos/")
    expect(page.locator(f"#video-{video.pk} .card-picture.is-wide")).to_be_visible()


def test_a_finished_video_shows_itself_in_the_preview_and_is_changed(page, finished, maria):
    video = finished()
    page.goto(video.get_absolute_url())
    page.get_by_role("link", name="Change background").click()
    person = stage(page).locator(".stage-person")
    expect(person).to_have_attribute("src", re.compile("^blob:"))  # a frame of the original film
    tile(page, "background", "gradient").check()
    expect(person).to_have_attribute("src", re.compile("cutout"))
    expect(page.locator("[data-look-note]:visible")).to_have_count(0)
    tile(page, "frame", "9:16").check()
    page.get_by_role("button", name="Save changes").click()
    page.wait_for_url(f"**{video.get_absolute_url()}")
    expect(page.get_by_text("Applying your background…")).to_be_visible()
    look = Video.objects.get().parsed_look
    assert (look.background, look.frame) == ("gradient", "9:16")
    page.goto("/videos/new/")
    page.get_by_role("button", name="Same as last time").click()
    assert tile(page, "frame", "9:16").is_checked()
    assert tile(page, "background", "gradient").is_checked()


def test_nobody_is_interrupted_who_watches_while_the_look_comes(page, finished, maria):
    video = finished(look={"frame": "1:1"})
    services.apply_look(video)
    page.goto(video.get_absolute_url())
    page.locator("video.player").evaluate(
        "(film) => { film.loop = true; film.muted = true; return film.play(); }"
    )
    tasks.work(Export.objects.get().pk)
    show = page.get_by_role("link", name="Show")
    expect(show).to_be_visible()
    assert page.locator("video.player").get_attribute("width") == "128"
    show.click()
    assert Export.objects.get().state == LocalState.READY
    expect(page.locator("video.player")).to_have_attribute("height", "128")


def test_without_a_script_the_look_is_a_plain_form(browse, finished, tmp_path):
    video = finished()
    page = browse(java_script_enabled=False).new_page()
    page.goto(f"/videos/looks/{video.pk}/")
    tile(page, "frame", "1:1").check()
    expect(page.locator("[name=look-upload]")).to_be_hidden()
    tile(page, "background", "picture").check()
    page.locator("[name=look-upload]").set_input_files(
        sample_media.picture(tmp_path / "wall.png", (640, 400))
    )
    page.get_by_role("button", name="Save changes").click()
    page.wait_for_url(f"**{video.get_absolute_url()}")
    look = Video.objects.get().parsed_look
    assert (look.frame, look.picture) == ("1:1", Backdrop.objects.get().pk)
    page.get_by_role("link", name="Change background").click()
    expect(tile(page, "frame", "1:1")).to_be_checked()
    page.get_by_role("button", name="Back to the original").click()
    assert Video.objects.get().look == {}


def test_an_avatar_of_another_frame_changes_the_shape_of_the_preview(page, cut_out, new_avatar, tmp_path):
    wide = new_avatar(name="Wide", state=ProviderState.READY, remote_id="w", provider=current_provider())
    with sample_media.picture(tmp_path / "wide.jpg", (900, 600)).open("rb") as file:
        wide.preview.save("wide.jpg", File(file))
    page.goto(f"/videos/new/?avatar={cut_out.pk}")
    expect(stage(page)).to_have_css("aspect-ratio", "720 / 900")
    page.locator(f"[name=avatar][value='{wide.pk}']").check()
    expect(stage(page)).to_have_css("aspect-ratio", "900 / 600")
