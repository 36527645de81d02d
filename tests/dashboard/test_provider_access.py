"""A key that the provider does not accept, or an address without an avatar service: everything waits, nothing fails."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from dashboard.health.problems import clear_cache
from dashboard.jobs.provider_job import ProviderState
from dashboard.provider.answers import ProviderError
from dashboard.provider.client import Client, client
from tests.fake_provider import TOKEN, FakeProvider
from tests.simulated_site import SimulatedSite
from videos.models import Video

pytestmark = pytest.mark.slow

HTML = b"<html>Sign in to the network</html>"
ANSWERS = {
    "a key that is not known": (401, {"code": 1001, "data": None, "message": "Unauthorized"}),
    "a key that may not": (403, b"Forbidden"),
    "a network that wants a sign-in": (302, HTML, {"Location": "https://portal.example.com/"}),
    "another server": (404, HTML),
}


@pytest.fixture
def site():
    with time_machine.travel(timezone.now(), tick=False) as clock:
        yield SimulatedSite(clock)


@pytest.fixture
def video(provider, new_avatar, new_video) -> Video:
    remote = provider.add_avatar()
    avatar = new_avatar(state=ProviderState.READY, remote_id=remote["avatar_id"], provider=provider.url)
    return new_video(avatar=avatar)


@pytest.fixture
def page(signed_in):
    def get(user):
        clear_cache()
        return signed_in(user).get("/").text

    return get


def deny(provider: FakeProvider, answer: tuple) -> None:
    methods = ("avatar.generate", "avatar.list", "video.generate", "video.list", "video.get")
    provider.behaviour.refuse = dict.fromkeys(methods, answer)


def state_of(row) -> str:
    row.refresh_from_db()
    return row.state


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_orders_wait_while_the_provider_lets_nobody_in_and_go_on_by_themselves(
    provider, video, new_avatar, new_video, site, answer
):
    made = new_video(avatar=video.avatar, voice=video.voice)
    provider.behaviour.seconds_to_make = 600
    assert site.run(60, until=lambda: state_of(made) == state_of(video) == ProviderState.MAKING)
    portrait = new_avatar()
    late = new_video(avatar=video.avatar, voice=video.voice)
    deny(provider, answer)
    before = len(provider.calls)
    assert not site.run(1800, until=lambda: state_of(late) != ProviderState.WAITING, shortest=15)
    assert len(provider.calls) - before < 1800 / 25  # one question now and then, not one for each row
    assert state_of(portrait) == ProviderState.WAITING
    assert {state_of(made), state_of(video)} == {ProviderState.MAKING}
    provider.behaviour.refuse = {}
    done = (made, video, late, portrait)
    assert site.run(1500, until=lambda: {state_of(row) for row in done} == {ProviderState.READY}, shortest=15)
    assert provider.count("avatar.generate") <= 2  # the one that was denied and the one that was not
    assert len(provider.videos) == 3


def test_a_new_key_after_a_restart_is_used_at_once(provider, video, site, settings):
    provider.behaviour.token = "renewed"
    site.run(120)
    assert state_of(video) == ProviderState.WAITING
    settings.CG_AVATAR_API_TOKEN = "renewed"
    client.cache_clear()
    SimulatedSite(site.clock).run(15)
    assert state_of(video) == ProviderState.MAKING


def test_everybody_reads_why_new_videos_wait_and_an_owner_what_to_do(
    provider, video, site, page, owner, maria
):
    site.run(5)
    assert "does not accept" not in page(maria)
    provider.behaviour.token = "renewed"
    site.run(60)
    assert "the avatar service does not accept the key of this site" in page(maria)
    assert "CG_AVATAR_API_TOKEN" not in page(maria)
    assert "CG_AVATAR_API_TOKEN" in page(owner)
    provider.behaviour.token = TOKEN
    site.run(60)
    assert "does not accept" not in page(owner)


def test_no_request_is_made_for_single_rows_while_the_key_is_not_accepted(provider, db):
    provider.behaviour.token = "renewed"
    for _ in range(5):
        with pytest.raises(ProviderError, match="does not accept our key") as caught:
            client().generate_video("a", "https://studio.example.com/s.wav", "ref")
        assert (caught.value.is_temporary, caught.value.answer_lost) == (True, False)
        assert caught.value.retry_after > 0
    assert [method for method, _ in provider.calls] == ["video.generate", "avatar.list"]


def test_a_denial_of_one_order_alone_fails_that_order_and_stops_nothing_else(
    provider, video, new_video, site
):
    denied = {"code": 4003, "data": None, "message": "This avatar is not yours."}
    provider.behaviour.refuse["video.generate"] = (403, denied)
    assert site.run(60, until=lambda: state_of(video) == ProviderState.FAILED)
    assert video.error == "The avatar service refused this: “This avatar is not yours.”."
    provider.behaviour.refuse.clear()
    other = new_video(avatar=video.avatar, voice=video.voice)
    assert site.run(60, until=lambda: state_of(other) == ProviderState.MAKING)


def test_a_provider_that_denies_and_then_does_not_answer_is_asked_again(provider, video, site):
    provider.behaviour.refuse = {"video.generate": (401, b""), "avatar.list": (503, b"")}
    site.run(120)
    assert state_of(video) == ProviderState.WAITING
    provider.behaviour.refuse = {}
    assert site.run(120, until=lambda: state_of(video) == ProviderState.MAKING)


def test_the_time_limit_holds_again_when_the_key_is_accepted(provider, video, site):
    assert site.run(60, until=lambda: state_of(video) == ProviderState.MAKING)
    provider.behaviour.token = "renewed"
    site.run(120)
    Video.objects.update(state_since=timezone.now() - timedelta(hours=4))
    site.run(120)
    assert state_of(video) == ProviderState.MAKING
    provider.behaviour.token = TOKEN
    assert site.run(120, until=lambda: state_of(video) == ProviderState.FAILED)
    assert video.error == "This took too long. Try again."


def test_an_old_key_is_told_in_plain_words(provider):
    with pytest.raises(ProviderError, match="does not accept our key") as caught:
        Client(provider.url, "an old token").list_videos()
    assert caught.value.denies_access
