"""The sample on Home of a new team, as a browser plays it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

FILM = "[data-sample] video"


@pytest.fixture
def moving(browse) -> Page:
    """A person who has nothing against motion."""
    page = browse(viewport={"width": 390, "height": 844}).new_page()
    page.emulate_media(reduced_motion="no-preference")
    return page


def state(page: Page) -> dict[str, object]:
    return page.eval_on_selector(
        FILM,
        "({paused, muted, loop, controls, currentTime}) => ({paused, muted, loop, controls, currentTime})",
    )


def until(page: Page, true: Callable[[dict[str, object]], bool]) -> bool:
    """Whether it comes true within the time that a slow machine may take. The page's CSP forbids wait_for_function."""
    for _ in range(200):
        if true(state(page)):
            return True
        page.wait_for_timeout(100)
    return False


def test_the_sample_plays_without_sound_before_any_click(moving):
    moving.goto("/")
    assert until(moving, lambda film: film["currentTime"] > 0.3)
    assert state(moving) | {"currentTime": 0} == {
        "paused": False,
        "muted": True,
        "loop": True,
        "controls": False,
        "currentTime": 0,
    }


def test_one_press_plays_it_with_sound_from_the_start(moving):
    moving.goto("/")
    assert until(moving, lambda film: film["currentTime"] > 1)
    moving.get_by_role("button", name="Play with sound").click()
    now = state(moving)
    assert (now["muted"], now["loop"], now["controls"]) == (False, False, True)
    assert now["currentTime"] < 1
    expect(moving.locator(FILM)).to_be_focused()


def test_what_moves_by_itself_can_be_stopped(moving):
    moving.goto("/")
    moving.get_by_role("button", name="Pause").click()
    assert state(moving)["paused"]
    moving.get_by_role("button", name="Resume").click()
    assert not state(moving)["paused"]


def test_it_stops_out_of_sight(moving):
    moving.goto("/")
    assert until(moving, lambda film: not film["paused"])
    moving.get_by_role("link", name="Make the video").scroll_into_view_if_needed()
    moving.mouse.wheel(0, 3000)
    assert until(moving, lambda film: film["paused"])


def test_who_wants_no_motion_gets_a_still_that_can_be_played(page):
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/")
    button = page.get_by_role("button", name="Play", exact=True)
    expect(button).to_be_visible()
    page.wait_for_timeout(800)
    assert state(page)["paused"]
    assert not [url for url in asked if url.endswith("sample.mp4")]
    button.click()
    assert until(page, lambda film: film["currentTime"] > 0.1)


def test_without_a_script_it_has_the_browsers_own_controls(browse):
    page = browse(java_script_enabled=False).new_page()
    page.goto("/")
    expect(page.locator(FILM)).to_have_attribute("controls", "")
    expect(page.get_by_role("button", name="Play with sound")).to_be_hidden()
