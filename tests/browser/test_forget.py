"""Forgetting a person in the browser: listed, confirmed, told."""

import pytest
from playwright.sync_api import Page, expect

from avatars.models import Avatar
from tests.browser.test_axe import complaints

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_goes_is_listed_a_word_is_typed_and_a_report_follows(browse, speaker: Avatar, scheme):
    page: Page = browse(color_scheme=scheme, bypass_csp=True).new_page()
    page.goto(speaker.get_absolute_url())
    page.get_by_role("link", name="Forget this person").click()
    expect(page.get_by_text("1 portrait")).to_be_visible()
    assert complaints(page, "confirm") == []
    page.get_by_label("Type “forget” to confirm").fill("forget")
    page.get_by_role("button", name="Forget for good").click()
    expect(page.get_by_role("heading", name="Forgotten for good")).to_be_visible()
    assert complaints(page, "report") == []
    assert not Avatar.objects.exists()
