"""Galleries in a browser while something is made or deleted elsewhere, and the first upload on an empty one."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from avatars.models import Avatar
from dashboard.jobs.provider_job import ProviderState
from tests import sample_media
from tests.conftest import FIXTURES
from videos.models import Video

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def many(new_avatar, maria):
    """More than a screen has."""
    avatar = new_avatar(state=ProviderState.READY)
    now = timezone.now()
    return [
        Video.objects.create(
            title=f"Take {number}",
            avatar=avatar,
            made_by=maria,
            state=ProviderState.READY,
            created_at=now - timedelta(minutes=number),
            state_since=now - timedelta(minutes=number),
        )
        for number in range(1, 20)
    ]


def arrive(many, **fields) -> Video:
    fields = {"title": "From elsewhere", "avatar": many[0].avatar, "state": ProviderState.READY} | fields
    return Video.objects.create(**fields)


def test_new_work_is_told_without_moving_anything_and_shown_on_a_click(page, many):
    page.goto("/videos/")
    page.evaluate("scrollTo(0, 500)")
    last = page.locator(".card").last
    last.locator("a").evaluate("(link) => link.focus({ preventScroll: true })")
    box = last.bounding_box()
    arrive(many)
    told = page.get_by_role("link", name="1 new video")
    expect(told).to_be_in_viewport()
    expect(page.locator("#announcer")).to_have_text("1 new video.")
    assert last.bounding_box() == box
    expect(last.locator("a")).to_be_focused()
    expect(page.locator(".card")).to_have_count(19)
    told.click()
    first = page.locator(".card").first
    expect(first).to_contain_text("From elsewhere")
    expect(first.locator("a")).to_be_focused()
    expect(first).to_be_in_viewport()
    expect(page.get_by_role("heading", name="20 videos")).to_be_visible()
    expect(told).to_have_count(0)


def test_who_is_selecting_is_not_disturbed(page, many):
    page.goto("/videos/")
    page.get_by_role("button", name="Select").click()
    page.locator(".card").nth(1).click()
    page.locator(".card").nth(2).click()
    arrive(many)
    expect(page.get_by_role("link", name="1 new video")).to_be_visible()
    expect(page.get_by_text("2 selected")).to_be_visible()
    expect(page.locator(".card-pick:checked")).to_have_count(2)
    many[5].delete()
    expect(page.get_by_role("link", name="1 new video, 1 deleted")).to_be_visible()
    expect(page.locator(".card-pick:checked")).to_have_count(2)


def test_the_search_at_hand_decides_what_is_new(page, many):
    page.goto("/videos/")
    page.get_by_role("searchbox").fill("take 19")
    expect(page.locator(".card")).to_have_count(1)
    arrive(many)
    arrive(many, title="Take 191")
    told = page.get_by_role("link", name="1 new video")
    expect(told).to_be_visible()
    told.click()
    expect(page.locator(".card")).to_have_count(2)
    expect(page).to_have_url("/videos/?q=take+19")


def test_a_tab_that_nobody_looks_at_asks_nothing(page, many):
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "/changes/" in request.url else None)
    page.goto("/videos/")
    page.evaluate(
        """() => {
          Object.defineProperty(document, "hidden", { get: () => window.isAway, configurable: true });
          window.isAway = true;
        }"""
    )
    page.wait_for_timeout(6000)
    assert asked == []
    arrive(many)
    page.evaluate("() => { window.isAway = false; document.dispatchEvent(new Event('visibilitychange')); }")
    expect(page.get_by_role("link", name="1 new video")).to_be_visible(timeout=3000)


def test_after_the_first_upload_the_empty_gallery_is_a_gallery(page):
    page.goto("/avatars/")
    expect(page.get_by_role("heading", name="Drop portraits here")).to_be_visible()
    search, count = page.get_by_role("searchbox", name="Search avatars"), page.locator("#found-words")
    add = page.get_by_text("Add portraits")
    for hidden in (search, count, add):
        expect(hidden).to_be_hidden()
    page.get_by_label("Choose pictures").focus()
    page.get_by_label("Choose pictures").set_input_files(FIXTURES / "astronaut.jpg")
    expect(page.locator(".card.is-waiting")).to_have_count(1)
    expect(page.get_by_role("heading", name="Drop portraits here")).to_have_count(0)
    expect(count).to_have_text("1 avatar")
    for shown in (search, count, add, page.get_by_role("button", name="Select")):
        expect(shown).to_be_visible()
    expect(page.get_by_label("Add portraits")).to_be_focused()
    page.get_by_label("Add portraits").set_input_files(FIXTURES / "astronaut.jpg")
    expect(count).to_have_text("2 avatars")
    expect(page.locator("#changes-show")).to_have_count(0)  # what one uploads oneself is no news
    search.fill("nobody")
    expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()


def test_an_upload_on_its_way_survives_new_results(page, speaker, tmp_path):
    page.goto("/avatars/")
    page.route("**/avatars/upload/", lambda route: (page.wait_for_timeout(1500), route.continue_()))
    picture = sample_media.picture(tmp_path / "no face.jpg")
    page.get_by_label("Add portraits").set_input_files([picture] * 5)  # three go at once, two wait
    page.get_by_role("searchbox").fill("Ada")
    expect(page).to_have_url("/avatars/?q=Ada")
    expect(page.locator(".card")).to_have_count(6)
    expect(page.locator(".card.is-waiting")).to_have_count(5)
    assert Avatar.objects.count() == 6
