"""The tour of a new person: three steps, each said where it is done."""

import uuid

import pytest

from dashboard.models import User
from tests.consent import VOICE
from videos import samples

TITLES = {1: "See how it works", 2: "This is your video", 3: "Now one of your own"}


@pytest.fixture
def nina(owner) -> User:
    return User.objects.create_user("nina@example.com", "a long password", name="Nina")


def step_of(person: User) -> int:
    return User.objects.get(pk=person.pk).tour_step


def test_the_tour_goes_from_the_sample_to_a_video_of_ones_own(
    signed_in, nina, finished, speaker, monkeypatch
):
    video = finished()
    client = signed_in(nina)
    assert TITLES[1] in client.get("/").content.decode()
    monkeypatch.setattr(samples, "create_sample", lambda user: video)
    page = client.post("/sample/", follow=True).content.decode()
    assert TITLES[2] in page
    assert step_of(nina) == 2
    page = client.post("/tour/", {"step": "3"}, follow=True)
    assert page.request["PATH_INFO"] == "/videos/new/"
    assert TITLES[3] in page.content.decode()
    assert TITLES[2] not in client.get(video.get_absolute_url()).content.decode()
    data = {"ref": str(uuid.uuid4()), "avatar": speaker.pk, "voice": video.voice_id, "title": "Mine"}
    page = client.post("/videos/new/", VOICE | data, follow=True).content.decode()
    assert step_of(nina) == 0
    assert 'class="tour' not in page


def test_the_tour_can_be_skipped_and_begun_again(signed_in, nina):
    client = signed_in(nina)
    client.post("/tour/", {"step": "0"})
    assert 'class="tour' not in client.get("/").content.decode()
    assert "Show me around again" in client.get("/account/").content.decode()
    client.post("/tour/", {"step": "1"})
    assert step_of(nina) == 1
    client.post("/tour/", {"step": "99"})
    assert step_of(nina) == 1


def test_home_of_a_new_team_is_the_first_step_itself(signed_in, nina):
    page = signed_in(nina).get("/").content.decode()
    assert "Make this sample video" in page
    assert TITLES[1] not in page


def test_viewers_are_not_shown_how_to_make_videos(signed_in, nina, finished):
    finished()
    User.objects.filter(pk=nina.pk).update(role="viewer")
    client = signed_in(nina)
    assert 'class="tour' not in client.get("/").content.decode()
    assert "Show me around" not in client.get("/account/").content.decode()
