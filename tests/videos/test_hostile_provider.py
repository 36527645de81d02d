"""Videos of a provider that does everything wrong: each ends or waits, none is ordered twice, the others go on."""

import contextlib
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from avatars import tasks as avatar_tasks
from dashboard.jobs.provider_job import ProviderState
from dashboard.provider.access import clear_problem, find_problem
from dashboard.provider.answers import ProviderError
from tests.fake_provider import RawAnswer
from tests.hostile_answers import Outcome, Wire, accepted, catalogue
from tests.simulated_site import SimulatedSite, save_time_on_files, unhandled
from videos import poller, tasks
from videos.models import Video

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

ENDS = (ProviderState.READY, ProviderState.FAILED, ProviderState.UNSURE)
TIMES_BUSY = 2  # a provider that never takes an order lets it wait, also for ever

MakeVideos = Callable[[int], list[Video]]


@pytest.fixture
def site(provider, monkeypatch):
    monkeypatch.setattr("dashboard.provider.client.READ_SECONDS", 2.0)
    save_time_on_files(monkeypatch)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        yield SimulatedSite(clock)


@pytest.fixture
def make_videos(provider, new_video, new_avatar) -> MakeVideos:
    """Make so many waiting videos, each of an avatar of its own: `case-0`, `case-1`, …"""

    def make(number: int) -> list[Video]:
        voice = new_video().voice
        Video.objects.all().delete()
        videos = []
        for n in range(number):
            provider.avatars[f"case-{n}"] = provider.add_avatar(avatar_id=f"case-{n}")
            ready = {"state": ProviderState.READY, "provider": provider.url, "portrait": ""}
            avatar = new_avatar(remote_id=f"case-{n}", **ready)
            videos.append(new_video(avatar=avatar, voice=voice))
        return videos

    return make


def reload(videos: list[Video]) -> list[Video]:
    for video in videos:
        video.refresh_from_db()
    return videos


@pytest.mark.slow
@pytest.mark.parametrize("supports_refs", [False, True])
def test_every_order_ends_whatever_the_answer_is_and_none_is_made_twice(
    provider, make_videos, site, caplog, supports_refs
):
    provider.behaviour.supports_refs = supports_refs
    provider.behaviour.seconds_to_make = 60
    cases = list(catalogue())
    videos = make_videos(len(cases) + 5)
    asked, carried_out = Counter(), Counter()

    def answer(method: str, arguments: dict[str, Any]) -> RawAnswer | None:
        if method != "video.generate":
            return None
        case = int(arguments["avatar_id"].removeprefix("case-"))
        asked[case] += 1
        if case >= len(cases):
            return None
        name, wire, outcome = cases[case]
        if outcome is Outcome.ACCEPTED:
            wire = accepted(f"good-{case}")[name]
            provider.next_ids = [f"good-{case}"]
        if outcome is Outcome.PASSING and asked[case] > TIMES_BUSY:
            return None
        # What cannot be known is tried both ways.
        is_carried_out = outcome is Outcome.ACCEPTED or (outcome is Outcome.UNCLEAR and case % 2 == 0)
        carried_out[case] += is_carried_out
        return RawAnswer(wire, is_carried_out)

    provider.behaviour.answer_raw = answer
    running = Video.objects.exclude(state__in=ENDS)
    assert site.run(6 * 3600, until=lambda: not running.exists(), shortest=5), list(running.values())
    assert max(carried_out.values()) == 1
    for case, ((name, _, outcome), video) in enumerate(zip(cases, reload(videos), strict=False)):
        is_known = supports_refs or outcome is not Outcome.UNCLEAR
        assert asked[case] == 1 or is_known, name
        if outcome in (Outcome.ACCEPTED, Outcome.PASSING):
            assert video.state == ProviderState.READY, name
        else:
            assert video.state in ENDS, name
            assert video.state == ProviderState.READY or video.error, name
    assert {video.state for video in videos[-5:]} == {ProviderState.READY}
    assert not unhandled(caplog)


NO_LINK, NO_FILE = "sent no link", "could not hand over the file"
NO_REASON, NO_VIDEO = "could not make this video", "sent a file that is not a video"
TOO_LONG = "This took too long."
FINISHED = {"status": "finished"}
# What the list and the answer about the video say; the state in which it ends, and a part of its sentence.
ITEMS: dict[str, tuple[dict[str, Any], str, str]] = {
    "finished in capitals": ({"status": "FINISHED", "video_url": "LINK"}, ProviderState.READY, ""),
    "finished with spaces": ({"status": " finished\n", "video_url": "LINK "}, ProviderState.READY, ""),
    "a mask that is a page": (
        FINISHED | {"video_url": "LINK", "mask_video_url": "HTML"},
        ProviderState.READY,
        "",
    ),
    "a mask that is gone": (
        FINISHED | {"video_url": "LINK", "mask_video_url": "GONE"},
        ProviderState.READY,
        "",
    ),
    "captions that are a page": (
        FINISHED | {"video_url": "LINK", "captions_url": "HTML"},
        ProviderState.READY,
        "",
    ),
    "odd numbers": (
        FINISHED | {"video_url": "LINK", "progress": 1e308, "duration": -1},
        ProviderState.READY,
        "",
    ),
    "finished without a link": (FINISHED, ProviderState.FAILED, NO_LINK),
    "null for a link": (FINISHED | {"video_url": None}, ProviderState.FAILED, NO_LINK),
    "a list for a link": (FINISHED | {"video_url": ["LINK"]}, ProviderState.FAILED, NO_LINK),
    "a link with a surrogate": (FINISHED | {"video_url": "http://x/\ud800"}, ProviderState.FAILED, NO_LINK),
    "a link of 10,000 letters": (
        FINISHED | {"video_url": "http://" + "x" * 10_000},
        ProviderState.FAILED,
        NO_LINK,
    ),
    "a script for a link": (FINISHED | {"video_url": "javascript:alert(1)"}, ProviderState.FAILED, NO_FILE),
    "a file of this machine": (FINISHED | {"video_url": "file:///etc/passwd"}, ProviderState.FAILED, NO_FILE),
    "a port of this machine": (
        FINISHED | {"video_url": "http://127.0.0.1:22/"},
        ProviderState.FAILED,
        NO_FILE,
    ),
    "half an address": (FINISHED | {"video_url": "http://[::1"}, ProviderState.FAILED, NO_FILE),
    "a port beyond all ports": (FINISHED | {"video_url": "http://x:99999/"}, ProviderState.FAILED, NO_FILE),
    "a host of dots": (FINISHED | {"video_url": "http://.../"}, ProviderState.FAILED, NO_FILE),
    "a link to nothing": (FINISHED | {"video_url": "GONE"}, ProviderState.FAILED, NO_FILE),
    "a page for a video": (FINISHED | {"video_url": "HTML"}, ProviderState.FAILED, NO_VIDEO),
    "an empty video": (FINISHED | {"video_url": "EMPTY"}, ProviderState.FAILED, NO_VIDEO),
    "a portrait for a video": (FINISHED | {"video_url": "PICTURE"}, ProviderState.FAILED, NO_VIDEO),
    "an error": (
        {"status": "error", "error": "The sound is silent."},
        ProviderState.FAILED,
        "The sound is silent.",
    ),
    "an error of 300,000 letters": (
        {"status": "error", "error": "no " * 100_000},
        ProviderState.FAILED,
        "no no",
    ),
    "an error with a surrogate": ({"status": "error", "error": "x\ud800y"}, ProviderState.FAILED, "x y"),
    "an error of nothing": ({"status": "error", "error": "\0\u202e "}, ProviderState.FAILED, NO_REASON),
    "an error that is a list": ({"status": "error", "error": ["no"]}, ProviderState.FAILED, NO_REASON),
    "an error with a link": ({"status": "error", "video_url": "LINK"}, ProviderState.FAILED, NO_REASON),
    "an unknown state": ({"status": "warming_up", "progress": 100}, ProviderState.FAILED, TOO_LONG),
    "a state of 300,000 letters": ({"status": "finished" * 40_000}, ProviderState.FAILED, TOO_LONG),
    "no state": ({"status": None, "video_url": "LINK"}, ProviderState.FAILED, TOO_LONG),
    "a list for a state": ({"status": ["finished"]}, ProviderState.FAILED, TOO_LONG),
    "a progress below zero": (
        {"status": "in_progressing", "progress": -(10**400)},
        ProviderState.FAILED,
        TOO_LONG,
    ),
    "a progress of text": ({"status": "in_progressing", "progress": "half"}, ProviderState.FAILED, TOO_LONG),
    "another id": ({"video_id": ["no"], "status": "finished"}, ProviderState.FAILED, TOO_LONG),
    "another video": (
        FINISHED | {"video_id": "another", "video_url": "LINK"},
        ProviderState.FAILED,
        TOO_LONG,
    ),
}


@pytest.mark.slow
def test_every_video_in_the_making_ends_whatever_is_said_of_it(provider, make_videos, site, tmp_path, caplog):
    page, empty = tmp_path / "page", tmp_path / "empty"
    page.write_bytes(b"<html>sign in first</html>")
    empty.write_bytes(b"")
    provider.files |= {"page": page, "empty": empty}
    links = {"LINK": "video", "HTML": "page", "EMPTY": "empty", "GONE": "gone", "PICTURE": "preview"}
    videos = make_videos(len(ITEMS) + 5)
    for n, video in enumerate(videos):
        item = provider.add_video(video_id=f"video-{n}", status="pending")
        provider.videos[f"video-{n}"] = item
        made = {"state": ProviderState.MAKING, "remote_id": f"video-{n}", "state_since": timezone.now()}
        Video.objects.filter(pk=video.pk).update(**made)
    for n, (fields, _, _) in enumerate(ITEMS.values()):
        texts = {key: value for key, value in fields.items() if isinstance(value, str)}
        for word, file in links.items():
            texts = {key: value.replace(word, provider.link(file)) for key, value in texts.items()}
        provider.videos[f"video-{n}"] |= fields | texts
    for video in videos[-5:]:
        provider.finish(f"video-{videos.index(video)}")
    good = Video.objects.filter(pk__in=[video.pk for video in videos[-5:]])
    running = Video.objects.exclude(state__in=ENDS)
    assert site.run(300, until=lambda: not good.exclude(state=ProviderState.READY).exists())
    assert site.run(4 * 3600, until=lambda: not running.exists(), shortest=30), list(running.values())
    table = [(name, video.state, video.error) for name, video in zip(ITEMS, reload(videos), strict=False)]
    for (name, state, error), (_, expected, sentence) in zip(table, ITEMS.values(), strict=True):
        assert (state, sentence in error) == (expected, True), (name, error)
        assert len(error) < 700, name
        error.encode()
    assert provider.count("video.generate") == 0
    assert not unhandled(caplog)


@pytest.mark.slow
def test_no_answer_to_the_question_after_all_videos_stops_the_poller_or_a_time_limit(
    provider, make_videos, site, caplog
):
    (video,) = make_videos(1)
    for name, wire, outcome in catalogue():
        making = {"state": ProviderState.MAKING, "remote_id": "v1", "state_since": timezone.now()}
        Video.objects.filter(pk=video.pk).update(
            **making, lost_since=None, lease=None, try_after=timezone.now()
        )
        answer_all(provider, wire)
        assert 0 < poller.step() <= 150, name
        assert reload([video])[0].state == ProviderState.MAKING, name
        answer_all(provider, wire)
        video.state_since -= timedelta(hours=4)
        video.save()
        site.clock.shift(200)  # the rate limit
        poller.step()
        is_denied = outcome is Outcome.REFUSED and find_problem()
        assert reload([video])[0].state == ("making" if is_denied else "failed"), name
        clear_problem()
        for sync in (tasks.sync, avatar_tasks.sync):
            site.clock.shift(200)
            with contextlib.suppress(ProviderError):  # nothing else
                sync()
        clear_problem()
    assert not unhandled(caplog)


def answer_all(provider, wire: Wire) -> None:
    """Have the provider answer every call so."""
    provider.behaviour.answer_raw = lambda method, arguments: RawAnswer(wire, is_carried_out=False)
