"""The requests a minute that the provider allows, over all processes."""

import threading
import time
from collections import Counter
from datetime import timedelta

import pytest
import time_machine
from django.db import DatabaseError, connection
from django.utils import timezone

from dashboard.jobs.provider_job import ProviderState
from dashboard.models import RequestSlot
from dashboard.provider import rate_limit
from dashboard.provider.answers import ProviderError
from dashboard.provider.client import Client, client
from tests.fake_provider import TOKEN
from tests.simulated_site import SimulatedSite, save_time_on_files
from videos.models import Video

pytestmark = pytest.mark.slow


@pytest.fixture
def limited(provider, settings):
    settings.CG_AVATAR_REQUESTS_PER_MINUTE = 30
    return provider


@pytest.fixture
def clock():
    with time_machine.travel(timezone.now(), tick=False) as traveller:
        yield traveller


def use_up(provider, call) -> int:
    """How many calls are made until the client itself says that it has to wait."""
    before = len(provider.calls)
    for _ in range(100):
        try:
            call()
        except ProviderError as error:
            if error.is_busy and error.retry_after and not error.answer_lost:
                return len(provider.calls) - before
            raise
    return 100


def test_no_more_requests_are_made_than_the_provider_allows(limited, clock):
    made = use_up(limited, client().list_avatars) + use_up(limited, client(is_poll=True).list_videos)
    assert made == 30
    clock.shift(59)
    assert use_up(limited, client().list_avatars) == 0
    clock.shift(10)
    assert use_up(limited, client().list_avatars) > 20
    assert limited.most_calls_in_a_minute == 30


def test_polls_leave_requests_for_those_who_order_and_get_some_themselves(limited, clock):
    assert use_up(limited, client(is_poll=True).list_videos) == 20
    assert use_up(limited, client().list_avatars) == 10
    clock.shift(100)
    assert use_up(limited, client().list_avatars) == 28
    assert use_up(limited, client(is_poll=True).list_videos) == 2


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_a_low_limit_is_kept_and_stops_nobody_for_good(limited, clock, settings, limit):
    settings.CG_AVATAR_REQUESTS_PER_MINUTE = limit
    for _ in range(3):
        for is_poll in (True, False):
            assert use_up(limited, client(is_poll=is_poll).list_videos) in range(1, limit + 1)
            clock.shift(70)
    assert limited.most_calls_in_a_minute <= limit


def test_a_clock_that_is_set_back_by_an_hour_stops_nothing(limited, clock):
    use_up(limited, client().list_avatars)
    clock.shift(-3600)
    client().list_avatars()


def test_a_limit_that_others_have_used_up_is_waited_for(limited, clock):
    limited.behaviour.busy_until = time.time() + 40
    assert use_up(limited, client().list_avatars) == 1
    assert use_up(limited, client().list_avatars) == 0
    clock.shift(41)
    assert use_up(limited, client().list_avatars) > 0


def test_what_the_database_could_not_count_is_not_sent_and_not_taken_for_sent(limited, monkeypatch):
    def locked(**options):
        raise DatabaseError("database is locked")

    monkeypatch.setattr(rate_limit, "take_slot", locked)
    with pytest.raises(ProviderError) as caught:
        client().generate_avatar("https://studio.example.com/p.jpg", "ref")
    assert (caught.value.is_temporary, caught.value.answer_lost) == (True, False)
    assert not limited.calls


@pytest.mark.django_db(transaction=True)
def test_workers_that_ask_at_the_same_moment_share_the_limit(limited):
    outcomes = []

    def ask(is_poll: bool) -> None:
        one = Client(limited.url, TOKEN, is_poll=is_poll)  # as in another process
        for _ in range(8):
            try:
                one.list_avatars()
                outcomes.append("made")
            except ProviderError as error:
                outcomes.append("busy" if error.is_busy else repr(error))
        connection.close()

    threads = [threading.Thread(target=ask, args=(number % 2 == 0,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(outcomes) == {"made": 30, "busy": 34}
    assert len(limited.calls) == 30
    assert RequestSlot.objects.filter(free_at__gt=timezone.now() + timedelta(seconds=10)).count() == 30


@pytest.mark.parametrize("in_flight", [10, pytest.param(200, marks=pytest.mark.long)])
@pytest.mark.timeout(900)
def test_two_hundred_videos_keep_to_the_limit_and_all_get_ready(
    limited, new_video, settings, clock, monkeypatch, in_flight
):
    settings.CG_AVATAR_MAX_IN_FLIGHT = in_flight
    settings.SYNC_MINUTES = 60
    limited.behaviour.requests_per_minute = 30
    limited.behaviour.seconds_to_make = 60
    remote = limited.add_avatar()
    first = new_video()
    first.avatar.remote_id = remote["avatar_id"]
    first.avatar.save()
    for _ in range(199):
        new_video(avatar=first.avatar, voice=first.voice)
    save_time_on_files(monkeypatch)
    site = SimulatedSite(clock)
    unfinished = Video.objects.exclude(state=ProviderState.READY)
    done = site.run(4 * 3600, until=lambda: not unfinished.exists(), shortest=5)
    assert done, list(unfinished.values_list("state"))
    assert limited.most_calls_in_a_minute <= 30
    assert limited.count("video.generate") == 200  # each once, and none was told that it is too often
