"""A provider that does not answer, or refuses everything because of its limit: what was ordered waits, nothing fails."""

import time

import pytest
import time_machine
from django.utils import timezone

from dashboard.health.problems import clear_cache
from dashboard.jobs.provider_job import ProviderState
from dashboard.provider import access
from dashboard.provider.client import client
from tests.fake_provider import FakeProvider
from tests.simulated_site import SimulatedSite
from videos import tasks
from videos.models import Video

METHODS = ("avatar.generate", "avatar.list", "video.generate", "video.list", "video.get")
ANSWERS = {
    "nobody listens": None,
    "a gateway": (503, b"<h1>Service Unavailable</h1>"),
    "the service itself": (503, {"code": 1007, "data": None, "message": "down"}),
}


@pytest.fixture
def site():
    with time_machine.travel(timezone.now(), tick=False) as clock:
        yield SimulatedSite(clock)


@pytest.fixture
def videos(provider, new_avatar, new_video) -> list[Video]:
    remote = provider.add_avatar()
    avatar = new_avatar(state=ProviderState.READY, remote_id=remote["avatar_id"], provider=provider.url)
    first = new_video(avatar=avatar)
    return [first, *[new_video(avatar=avatar, voice=first.voice) for _ in range(11)]]


@pytest.fixture
def page(signed_in):
    def get(user, address="/"):
        clear_cache()
        return signed_in(user).get(address).text

    return get


def end_service(provider: FakeProvider, answer: tuple | None) -> None:
    if answer:
        provider.behaviour.refuse = dict.fromkeys(METHODS, answer)
    else:
        set_url("http://127.0.0.1:9")  # the port "discard", where nobody listens


def start_service(provider: FakeProvider) -> None:
    provider.behaviour.refuse = {}
    set_url(provider.url)


def set_url(url: str) -> None:
    for one in (client(), client(is_poll=True)):
        one.url = url


def states() -> set[str]:
    return set(Video.objects.values_list("state", flat=True))


@pytest.mark.slow
@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_what_was_ordered_outlives_hours_without_the_provider(
    provider, videos, new_avatar, site, settings, answer
):
    settings.CG_AVATAR_MAX_IN_FLIGHT = 20
    end_service(provider, answer)
    portrait = new_avatar()
    assert not site.run(2 * 3600, until=lambda: states() != {ProviderState.WAITING}, shortest=60)
    portrait.refresh_from_db()
    assert portrait.state == ProviderState.WAITING
    assert len(provider.calls) < 2 * 3600 / 25  # one question now and then, not one for each row
    assert tasks.cancel(Video.objects.get(pk=videos[-1].pk))
    start_service(provider)
    done = {ProviderState.MAKING, ProviderState.CANCELLED}
    assert site.run(900, until=lambda: states() == done, shortest=10)
    assert len(provider.videos) == 11


def test_cards_and_a_banner_say_that_the_provider_does_not_answer(provider, videos, site, page, owner, maria):
    end_service(provider, None)
    site.run(40)
    assert access.WAITING in page(maria, f"/videos/{videos[0].pk}/")
    assert "New avatars and videos wait: the avatar service does not answer." in page(maria)
    assert "CG_AVATAR_API_URL" not in page(maria)
    assert "CG_AVATAR_API_URL" in page(owner)
    start_service(provider)
    site.run(40)
    assert "does not answer" not in page(owner)


def test_a_service_that_is_started_again_delays_what_was_ordered_by_seconds_only(provider, videos, site):
    end_service(provider, None)
    site.run(6)
    start_service(provider)
    assert site.run(15, until=lambda: ProviderState.MAKING in states())


@pytest.mark.slow
def test_an_order_whose_answer_was_lost_as_the_provider_went_down_is_not_made_twice(provider, videos, site):
    Video.objects.exclude(pk=videos[0].pk).delete()
    provider.behaviour.lose_answers = ["video.generate"]
    assert site.run(20, until=lambda: bool(provider.videos))
    end_service(provider, ANSWERS["a gateway"])
    site.run(3600, shortest=60)
    assert states() == {ProviderState.WAITING}
    start_service(provider)
    assert site.run(120, until=lambda: states() == {ProviderState.MAKING})
    assert len(provider.videos) == 1


@pytest.mark.slow
def test_a_limit_that_is_exceeded_for_ever_is_said_to_all_and_what_to_do_to_owners(
    provider, videos, site, page, owner, maria
):
    provider.behaviour.busy_until = time.time() + 20
    site.run(60)
    assert "takes no requests" not in page(maria)
    provider.behaviour.busy_until = time.time() + 24 * 3600
    site.run(3000, shortest=20)
    assert not states() & {ProviderState.FAILED, ProviderState.UNSURE}
    assert "the avatar service takes no requests" in page(maria)
    assert "CG_AVATAR_REQUESTS_PER_MINUTE" in page(owner)
    provider.behaviour.busy_until = 0
    site.run(300, shortest=20)
    assert "takes no requests" not in page(owner)
