"""The catalogue of hostile answers (tests/hostile_answers.py): each is judged as it says, and harms nothing else."""

import resource
from collections.abc import Callable

import pytest
from django.core.cache import cache

from dashboard.provider.answers import ProviderError
from dashboard.provider.client import client
from tests.fake_provider import FakeProvider, RawAnswer
from tests.hostile_answers import Outcome, Wire, accepted, catalogue, envelope, http, many_values, try_call

LINK = "https://studio.example.com/file"
CALLS = {
    "avatar.generate": lambda: client().generate_avatar(LINK, "ref"),
    "video.generate": lambda: client().generate_video("a1", LINK, "ref"),
}


def answer(provider: FakeProvider, method: str, wire: Wire) -> None:
    """Have the provider answer calls of this method so."""
    provider.behaviour.answer_raw = lambda name, _: RawAnswer(wire) if name == method else None


def judge(call: Callable[[], object]) -> Outcome:
    """What the client says of the answer."""
    _, error = try_call(call)
    if error is None:
        return Outcome.ACCEPTED
    assert len(str(error)) < 700
    str(error).encode()
    if error.answer_lost:
        return Outcome.UNCLEAR
    return Outcome.PASSING if error.is_temporary else Outcome.REFUSED


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    for name in ("READ_SECONDS", "GENERATE_AVATAR_SECONDS"):
        monkeypatch.setattr(f"dashboard.provider.client.{name}", 1.0)


@pytest.mark.slow
@pytest.mark.parametrize("method", CALLS)
def test_each_answer_to_an_order_is_accepted_refused_passing_or_unclear(provider, method):
    provider.avatars["a1"] = provider.add_avatar()
    table = []
    for name, wire, expected in catalogue():
        cache.clear()  # the rate limit
        answer(provider, method, wire)
        table.append((name, expected.value, judge(CALLS[method]).value))
    print("\n".join(f"{name:45} {outcome}" for name, _, outcome in table))
    assert not [row for row in table if row[1] != row[2]]


@pytest.mark.slow
def test_no_answer_to_a_question_is_more_than_a_failure(provider):
    for name, wire, _ in catalogue():
        for method, ask in (
            ("video.list", client().list_videos),
            ("video.get", lambda: client().get_video("v")),
        ):
            cache.clear()
            answer(provider, method, wire)
            _, error = try_call(ask)
            assert len(str(error or "")) < 700, name


def test_an_answer_of_a_few_megabytes_does_not_take_a_gigabyte(provider):
    answer(provider, "video.list", many_values)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ProviderError):
        client().list_videos()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 * 1024  # KB


def test_a_list_of_twenty_thousand_videos_is_read(provider):
    item = {
        "status": "finished",
        "video_url": "https://cdn.example.com/" + "x" * 500,
        "progress": 100,
        "a": [1, 2],
    }
    answer(provider, "video.list", http("200 OK", envelope([item | {"video_id": n} for n in range(20_000)])))
    assert len(client().list_videos()) == 20_000


def test_the_providers_cookies_are_not_sent_back_to_it(provider, monkeypatch):
    sent = []
    answer(provider, "avatar.list", accepted("a1")["ninety cookies"])
    client().list_avatars()
    provider.behaviour.answer_raw = lambda name, _: None
    send = client().session.send
    monkeypatch.setattr(
        client().session, "send", lambda request, **kw: sent.append(request.headers) or send(request, **kw)
    )
    client().list_avatars()
    assert "Cookie" not in sent[0]
