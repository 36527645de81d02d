"""The galleries in a browser: typing, selecting, previews on hover, and news on whatever page."""

import re
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone
from playwright.sync_api import expect

from avatars.models import Avatar
from dashboard.jobs.provider_job import ProviderState
from tests import sample_media
from videos.models import Video

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def five(new_avatar, maria, tom):
    avatar = new_avatar(state=ProviderState.READY)
    return [
        Video.objects.create(
            title=f"Take {number}",
            avatar=avatar,
            made_by=tom if number == 5 else maria,
            state=ProviderState.READY,
            created_at=timezone.now() - timedelta(minutes=number),
            state_since=timezone.now() - timedelta(minutes=number),
        )
        for number in range(1, 6)
    ]


def test_typing_finds_and_going_back_shows_what_was_there(page, five):
    page.goto("/videos/")
    search = page.get_by_role("searchbox", name="Search videos")
    search.press_sequentially("take 3", delay=30)
    expect(page.locator(".card")).to_have_count(1)
    expect(search).to_be_focused()
    expect(page).to_have_url(re.compile(r"/videos/\?q=take\+3$"))
    expect(page.locator("#announcer")).to_have_text("1 video")
    page.get_by_label("State").select_option("failed")
    expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()
    page.go_back()
    expect(page.locator(".card")).to_have_count(1)
    expect(page.get_by_role("searchbox")).to_have_value("take 3")
    page.get_by_role("link", name="Clear search and filters").click()
    expect(page.locator(".card")).to_have_count(5)


def test_without_a_script_the_search_is_a_form(browse, five):
    page = browse(java_script_enabled=False).new_page()
    page.goto("/videos/")
    page.get_by_role("searchbox").fill("take 2")
    page.get_by_role("button", name="Find").click()
    expect(page.locator(".card")).to_have_count(1)


def test_a_range_is_selected_and_deleted_but_what_others_made_stays(page, five):
    page.goto("/videos/")
    page.get_by_role("button", name="Select").click()
    page.locator(f"#video-{five[1].pk}").click()
    page.locator(f"#video-{five[4].pk}").click(modifiers=["Shift"])
    expect(page.get_by_text("4 selected")).to_be_visible()
    page.get_by_role("button", name="Delete").click()
    expect(page.locator(".toast")).to_contain_text("3 videos were moved to the trash. 1 was kept")
    expect(page.locator(".card")).to_have_count(2)
    page.get_by_role("button", name="Undo").press("Enter")
    expect(page.locator(".toast")).to_contain_text("3 videos are back.")
    expect(page.locator(".card")).to_have_count(5)


def test_escape_leaves_and_the_keyboard_does_it_all(page, five):
    page.goto("/videos/")
    page.get_by_role("button", name="Select").press("Enter")
    expect(page.get_by_label("Select Take 1")).to_be_focused()
    page.keyboard.press("Space")
    expect(page.get_by_text("1 selected")).to_be_visible()
    page.get_by_role("button", name="All on this page").click()
    expect(page.get_by_text("5 selected")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#selection")).to_be_hidden()
    expect(page.get_by_role("button", name="Select")).to_be_focused()
    page.locator(f"#video-{five[0].pk} a").click()
    expect(page.get_by_role("heading", name="Take 1")).to_be_visible()


def test_what_was_selected_comes_as_a_file(page, five):
    five[0].video.save("a.mp4", ContentFile(b"film"))
    page.goto("/videos/")
    page.get_by_role("button", name="Select").click()
    page.locator(f"#video-{five[0].pk}").click()
    for _ in range(2):  # and again: the page was not left
        with page.expect_download() as download:
            page.get_by_role("button", name="Download").click()
        assert download.value.suggested_filename == "Videos.zip"


def test_a_moment_on_a_card_plays_it_silently(page, five, tmp_path):
    five[0].poster.save("p.jpg", ContentFile(sample_media.picture(tmp_path / "p.jpg").read_bytes()))
    five[0].video.save("a.mp4", ContentFile(sample_media.video(tmp_path / "a.mp4", seconds=2).read_bytes()))
    page.goto("/videos/")
    card, film = page.locator(f"#video-{five[0].pk}"), page.locator(".card-film")
    card.hover()
    page.wait_for_timeout(600)
    expect(film).to_have_count(0)  # this browser asked for less motion
    page.mouse.move(0, 0)
    page.emulate_media(reduced_motion="no-preference")
    card.hover()
    expect(film).to_have_class(re.compile("is-playing"))
    assert film.evaluate("(film) => film.muted && film.loop")
    page.mouse.move(0, 0)
    expect(film).to_have_count(0)
    card.locator("a").focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    expect(film).to_have_count(1)


def test_what_gets_ready_is_told_on_whatever_page(page, five, maria):
    video = five[0]
    Video.objects.filter(pk=video.pk).update(state=ProviderState.MAKING)
    page.goto("/avatars/")
    Video.objects.filter(pk=video.pk).update(state=ProviderState.READY, state_since=timezone.now())
    toast = page.locator(".toast")
    expect(toast).to_contain_text("Take 1 is ready.")
    expect(page).to_have_title(re.compile(r"^\(1\) Avatars"))
    toast.get_by_role("link", name="Show").click()
    expect(page).to_have_url(re.compile(video.get_absolute_url()))
    page.wait_for_timeout(1200)
    expect(page.locator(".toast")).to_have_count(0)  # once is enough


def test_one_toast_tells_of_all_failures_of_an_upload(page, maria, new_avatar):
    avatars = [new_avatar(name=f"Portrait {number}", made_by=maria) for number in range(3)]
    page.goto("/videos/")
    now = timezone.now()
    Avatar.objects.filter(pk=avatars[0].pk).update(state=ProviderState.READY, state_since=now)
    failed = Avatar.objects.exclude(pk=avatars[0].pk)
    failed.update(state=ProviderState.FAILED, error="No face.", state_since=now)
    toast = page.locator(".toast.is-bad")
    expect(toast).to_contain_text("2 of 3 portraits could not be used.")
    expect(toast).to_have_count(1)
    toast.get_by_role("link", name="Show").click()
    expect(page.locator(".card")).to_have_count(2)
