"""What is begun on the page "Make a video" survives leaving it, and nobody else ever sees it."""

import re

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, expect

from dashboard.jobs.provider_job import ProviderState, current_provider
from tests.sign_in import expect_sign_in
from videos.models import Video

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def people(new_avatar, maria):
    ready = {"state": ProviderState.READY, "provider": current_provider(), "made_by": maria}
    return [new_avatar(name=name, remote_id=name, **ready) for name in ("Ada", "Bea")]


@pytest.fixture
def voices(new_video, people):
    """One whose script is known, and one that nobody has typed anything for."""
    known = new_video(avatar=people[0], script="Known words.").voice
    return known, new_video(avatar=people[0]).voice


def begin(page: Page, title: str = "Spring", script: str = "Good morning.") -> None:
    page.get_by_label("Title").fill(title)
    open_script(page)
    page.get_by_label("Script", exact=True).fill(script)


def open_script(page: Page) -> None:
    details = page.locator("details.script")
    if details.get_attribute("open") is None:
        details.locator("summary").click()


def note(page: Page):
    return page.locator("#draft-note")


def test_title_script_and_choices_survive_leaving_and_back(page, people, voices):
    page.goto("/videos/new/")
    expect(note(page)).to_be_hidden()
    begin(page)
    page.locator(f"[name=avatar][value='{people[0].pk}']").check(force=True)
    page.locator(f"#voice-{voices[1].pk} input[name=voice]").check()
    page.get_by_label("1:1").check(force=True)
    for leave in (
        lambda: page.get_by_role("link", name="Videos", exact=True).click(),
        lambda: page.goto("/"),
    ):
        leave()
        page.wait_for_url(lambda url: "/new/" not in url)
        page.goto("/videos/new/")
        expect(note(page)).to_be_visible()
        expect(page.get_by_label("Title")).to_have_value("Spring")
        expect(page.get_by_label("Script", exact=True)).to_be_visible()
        expect(page.get_by_label("Script", exact=True)).to_have_value("Good morning.")
        expect(page.locator("#preview-name")).to_have_text("Ada")
        expect(page.locator(f"#voice-{voices[1].pk} input[name=voice]")).to_be_checked()
        expect(page.get_by_label("1:1")).to_be_checked()
    page.go_back()
    page.go_forward()
    expect(page.get_by_label("Title")).to_have_value("Spring")


def test_discard_empties_the_page_for_good(page, people):
    page.goto("/videos/new/")
    begin(page)
    page.reload()
    page.get_by_role("button", name="Discard").click()
    expect(note(page)).to_be_hidden()
    expect(page.get_by_label("Title")).to_have_value("")
    page.reload()
    expect(note(page)).to_be_hidden()
    expect(page.get_by_label("Title")).to_have_value("")


def test_what_a_link_has_chosen_wins_over_the_draft(page, people, voices):
    page.goto("/videos/new/")
    begin(page)
    page.locator(f"[name=avatar][value='{people[0].pk}']").check(force=True)
    page.locator(f"#voice-{voices[1].pk} input[name=voice]").check()
    page.goto(f"/videos/new/?avatar={people[1].pk}&voice={voices[0].pk}")
    expect(page.get_by_label("Title")).to_have_value("Spring")
    expect(page.locator("#preview-name")).to_have_text("Bea")
    expect(page.locator(f"#voice-{voices[0].pk} input[name=voice]")).to_be_checked()
    expect(page.get_by_label("Script", exact=True)).to_have_value("Known words.")


def test_a_script_is_not_given_to_another_voice_that_a_link_has_chosen(page, people, voices):
    page.goto("/videos/new/")
    begin(page)
    page.locator(f"#voice-{voices[0].pk} input[name=voice]").check()
    page.goto(f"/videos/new/?voice={voices[1].pk}")
    expect(page.get_by_label("Title")).to_have_value("Spring")
    expect(page.get_by_label("Script", exact=True)).to_have_value("")
    page.goto(
        f"/videos/new/?voice={voices[0].pk}"
    )  # the one that it was typed for, and has words from before
    expect(page.get_by_label("Script", exact=True)).to_have_value("Known words.")


def test_a_made_video_leaves_no_draft_and_changing_the_page_after_back_is_another_video(page, people, voices):
    page.goto(f"/videos/new/?avatar={people[0].pk}&voice={voices[1].pk}")
    begin(page)
    page.get_by_role("button", name="Make the video").click()
    page.wait_for_url(re.compile(r"/videos/\d+/$"))
    page.goto("/videos/new/")
    expect(page.get_by_label("Title")).to_have_value("")
    expect(note(page)).to_be_hidden()
    page.go_back()
    page.go_back()
    page.wait_for_url(re.compile("/videos/new/"))
    page.get_by_label("Title").fill("Autumn")
    page.get_by_role("button", name="Make the video").click()
    page.wait_for_url(re.compile(r"/videos/\d+/$"))
    assert set(Video.objects.exclude(title="Hello").values_list("title", flat=True)) == {"Spring", "Autumn"}


def test_a_video_that_could_not_be_sent_leaves_the_draft(page, people, voices):
    page.goto(f"/videos/new/?avatar={people[0].pk}&voice={voices[1].pk}")
    begin(page)
    page.route("**/videos/new/", lambda route: route.abort("connectionreset"))
    page.get_by_role("button", name="Make the video").click()
    page.wait_for_timeout(500)
    page.unroute("**/videos/new/")
    page.goto("/videos/new/")
    expect(page.get_by_label("Title")).to_have_value("Spring")


def sign_in(page: Page, user, url: str) -> None:
    client = Client()
    client.force_login(user)
    value = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": url}])


def test_nobody_who_signs_in_next_finds_the_draft(page, people, tom, maria, live_server):
    page.goto("/videos/new/")
    begin(page)
    sign_in(page, tom, live_server.url)  # without signing out before
    page.goto("/videos/new/")
    expect(page.get_by_label("Title")).to_have_value("")
    assert page.evaluate("localStorage.length") == 0
    sign_in(page, maria, live_server.url)
    page.goto("/videos/new/")
    begin(page)
    assert page.evaluate("localStorage.length") == 1
    page.get_by_role("button", name="Settings").click()
    with expect_sign_in():
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url("**/accounts/login/**")
    assert page.evaluate("localStorage.length") == 0
