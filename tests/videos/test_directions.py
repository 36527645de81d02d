"""The group "Movement" of a new video, and what becomes of it."""

import uuid

import pytest
from django.urls import reverse

from dashboard.jobs.provider_job import ProviderState, current_provider
from tests.placeholder_files import store_placeholders
from tests.run_tasks import work_on_video
from videos.models import Video, Voice

LIVELY = {"motion": "lively", "gaze": "natural", "blink": "none", "expression": "portrait", "mouth": "1.15"}


@pytest.fixture
def ready_avatar(new_avatar, maria):
    return new_avatar(state=ProviderState.READY, remote_id="a1", provider=current_provider(), made_by=maria)


@pytest.fixture
def voice(db, maria):
    return store_placeholders(
        Voice.objects.create(name="Welcome", seconds=8, peaks=[0.1, 0.9] * 100, sound="x.wav", made_by=maria)
    )


def order(client, avatar, voice, **fields):
    return client.post(
        reverse("video-new"), {"ref": uuid.uuid4(), "avatar": avatar.pk, "voice": voice.pk, **fields}
    )


def test_the_choices_are_kept_with_the_video_and_on_its_page(signed_in, maria, ready_avatar, voice):
    order(signed_in(maria), ready_avatar, voice, **LIVELY)
    video = Video.objects.get()
    assert video.direction == {"motion": "lively", "blink": "none", "mouth": 1.15}
    page = signed_in(maria).get(video.get_absolute_url()).content.decode()
    assert "Head movement: lively, Blinking: never, Mouth movement: larger" in page


def test_the_avatar_service_is_told(provider, new_avatar, new_video):
    known = provider.add_avatar()["avatar_id"]
    avatar = new_avatar(state=ProviderState.READY, remote_id=known, provider=provider.url)
    work_on_video(new_video(avatar=avatar, direction={"motion": "calm", "mouth": 0.85}).pk)
    sent = dict(provider.calls)["video.generate"]
    assert (sent["motion"], sent["mouth"]) == ("calm", 0.85)
    assert "gaze" not in sent


def test_without_choices_nothing_is_sent(signed_in, maria, ready_avatar, voice):
    order(signed_in(maria), ready_avatar, voice)
    assert Video.objects.get().direction == {}


def test_a_choice_that_is_not_offered_is_refused_on_the_page(signed_in, maria, ready_avatar, voice):
    answer = order(signed_in(maria), ready_avatar, voice, motion="wild")
    assert answer.status_code == 422
    assert "Head movement: choose one of the list." in answer.content.decode()
    assert not Video.objects.exists()


@pytest.mark.parametrize("parameter", ["avatar", "copy"])
def test_a_new_video_of_the_avatar_and_a_duplicate_start_with_the_same_choices(
    signed_in, maria, ready_avatar, voice, parameter
):
    order(signed_in(maria), ready_avatar, voice, **LIVELY)
    pk = {"avatar": ready_avatar.pk, "copy": Video.objects.get().pk}[parameter]
    movement = signed_in(maria).get(reverse("video-new"), {parameter: pk}).context["movement"]
    assert movement.is_open
    assert {name: movement[name].value() for name in LIVELY} == LIVELY


def test_the_page_says_when_the_avatar_service_ignores_it(signed_in, maria, ready_avatar, settings):
    words = "Your avatar service does not offer this"
    settings.EMBEDDED = True
    assert words not in signed_in(maria).get(reverse("video-new")).content.decode()
    settings.EMBEDDED = False
    assert words in signed_in(maria).get(reverse("video-new")).content.decode()
