"""The navigation says on every page where one is."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from dashboard.jobs.provider_job import ProviderState
from videos.models import Batch, BatchItem


@pytest.fixture
def pages(new_video, maria):
    """Addresses and the entry that each belongs to; a page below it is not the entry's own."""
    video = new_video(made_by=maria, state=ProviderState.READY, video="v.mp4", width=9, height=16)
    batch = Batch.objects.create(name="Spring", made_by=maria, started_at=timezone.now())
    draft = Batch.objects.create(name="Summer", made_by=maria)
    BatchItem.objects.create(batch=batch, number=1)
    return {
        reverse("home"): ("Home", "page"),
        reverse("avatars"): ("Avatars", "page"),
        reverse("avatars") + "?q=ada": ("Avatars", "page"),
        video.avatar.get_absolute_url(): ("Avatars", "true"),
        reverse("video-new"): ("Make a video", "page"),
        reverse("videos"): ("Videos", "page"),
        video.get_absolute_url(): ("Videos", "true"),
        reverse("video-look", args=[video.pk]): ("Videos", "true"),
        reverse("voices"): ("Voices", "page"),
        video.voice.get_absolute_url(): ("Voices", "true"),
        reverse("batches"): ("Batches", "page"),
        reverse("batch-new", args=["sheet"]): ("Batches", "true"),
        batch.get_absolute_url(): ("Batches", "true"),
        draft.get_absolute_url(): ("Batches", "true"),
        reverse("people"): ("People", "page"),
        reverse("account"): ("Your account", "page"),
        reverse("account_change_password"): ("Your account", "true"),
        reverse("mfa_index"): ("Your account", "true"),
    }


def entries(text: str) -> dict[str, set[str]]:
    """What is marked as current in the navigation and its menu, and how."""
    frame = text.partition('<nav class="rail"')[2].partition("<main")[0]
    found: dict[str, set[str]] = {}
    for _, value, words in re.findall(
        r'<(a|button)[^>]* aria-current="(\w+)"[^>]*>(?:.*?)([A-Z][a-z ]+)(?:</span>)?</\1>', frame, re.S
    ):
        found.setdefault(words, set()).add(value)
    return found


def test_the_current_entry_is_marked_on_every_page_and_no_other(signed_in, maria, pages):
    client = signed_in(maria)
    for address, (entry, value) in pages.items():
        answer = client.get(address)
        assert answer.status_code == 200, address
        # "More" stands on a phone, and "Settings" on a wide screen, for what is in their menu.
        behind = {"Voices": ["More"], "Batches": ["More"]}.get(entry, [])
        behind = ["More", "Settings"] if entry in ("People", "Your account") else behind
        expected = {entry: {value}} | {button: {"true"} for button in behind}
        assert entries(answer.text) == expected, address


def test_a_page_that_does_not_exist_marks_nothing(signed_in, maria):
    assert "aria-current" not in signed_in(maria).get("/nothing/").text


def test_the_pages_of_owners_are_marked_too(signed_in, owner):
    client = signed_in(owner)
    for name, entry in (("audit", "Activity"), ("video-label", "Label in videos")):
        expected = {entry: {"page"}, "More": {"true"}, "Settings": {"true"}}
        assert entries(client.get(reverse(name)).text) == expected, name
