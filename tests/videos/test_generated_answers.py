"""Answers of the provider that nobody has thought of, made by hypothesis."""

import json
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.jobs.provider_job import ProviderState
from dashboard.provider.client import client
from dashboard.provider.parsing import parse_envelope
from tests.example_counts import count_examples
from tests.fake_provider import RawAnswer
from tests.hostile_answers import http, try_call
from tests.run_tasks import work_on_video
from tests.simulated_site import unhandled
from videos import poller
from videos.models import Video

LINK = "https://studio.example.com/file"
WORDS = [
    "pending",
    "in_progressing",
    "finished",
    "error",
    "success",
    "v1",
    "http://127.0.0.1:9/v",
    "",
    "0",
    "10001",
]
FIELDS = [
    "video_id",
    "avatar_id",
    "status",
    "video_url",
    "mask_video_url",
    "captions_url",
    "client_ref",
    "progress",
]
FIELDS += ["error", "framing", "faces", "face", "warnings", "gender", "preview_url", "eyes", "head", "cuts"]
# Fewer examples than by default: each is a conversation over HTTP.
GENERATED = settings(
    max_examples=count_examples(100),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

texts = st.sampled_from(WORDS) | st.text(st.characters(), max_size=30)  # surrogates, NUL and all
numbers = st.integers() | st.integers(-1, 101) | st.floats() | st.just(10**400)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=6),
    max_leaves=12,
)
items = st.fixed_dictionaries(
    {"video_id": st.just("v1") | values, "avatar_id": st.just("a1") | values, "status": texts | values},
    optional=dict.fromkeys(FIELDS[3:], values),
)
codes = st.sampled_from([0, 0, 0, "0", 1009, 10001, "10003", 2001, None]) | values
envelopes = st.fixed_dictionaries(
    {"code": codes, "data": items | st.lists(items, max_size=3) | values},
    optional={"message": texts | values},
)


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """An envelope, often damaged."""
    body = json.dumps(draw(envelopes)).encode(draw(st.sampled_from(["utf-8", "utf-8", "utf-16"])))
    match draw(st.integers(0, 5)):
        case 0:
            return body[: draw(st.integers(0, len(body)))]
        case 1:
            at = draw(st.integers(0, len(body)))
            return body[:at] + draw(st.binary(max_size=8)) + body[at:]
        case 2:
            return draw(st.binary(max_size=60))
    return body


statuses = st.sampled_from([200, 200, 200, 200, 400, 401, 403, 404, 409, 422, 429, 500, 502, 503, 302])
resets = st.sampled_from(["nan", "-1", "1e999", "0", "9" * 400, "soon", ""])
answers = st.builds(
    lambda status, body, reset: (status, body, http(status, body, f"X-Ratelimit-Reset: {reset}")),
    statuses,
    bodies(),
    resets,
)


def assert_clean(text: str) -> None:
    text.encode()
    assert "\0" not in text
    assert len(text) < 700


def may_repeat(status: int, body: bytes) -> bool:
    """Whether the answer says for certain that nothing was ordered."""
    return status == 429 or 300 <= status < 500 or parse_envelope(body).code not in (None, 0)


@pytest.mark.slow
@GENERATED
@given(answer=answers)
def test_a_call_gives_usable_values_or_an_error_that_says_what_it_means(provider, answer):
    status, body, wire = answer
    provider.behaviour.answer_raw = lambda method, arguments: RawAnswer(wire)
    orders = [
        lambda: client().generate_video("a1", LINK, "ref"),
        lambda: client().generate_avatar(LINK, "ref"),
    ]
    questions = [client().list_videos, client().list_avatars, lambda: client().get_video("v1")]
    for call in orders + questions:
        cache.clear()
        found, error = try_call(call)
        for row in found:
            json.dumps(vars(row), allow_nan=False, ensure_ascii=False).encode()
        if error:
            assert_clean(str(error))
            assert 0 <= error.retry_after <= 120
            assert error.answer_lost or call in questions or may_repeat(status, body)


@pytest.mark.slow
@GENERATED
@given(data=st.lists(answers, min_size=1, max_size=6), supports_refs=st.booleans())
def test_a_video_ends_or_waits_and_is_ordered_once(provider, finished_parts, caplog, data, supports_refs):
    """Each call gets the next of these answers, and then the first again."""
    ordered, calls = [], iter(data * 20)

    def answer(method: str, arguments: dict[str, Any]) -> RawAnswer:
        status, body, wire = next(calls)
        if method == "video.generate":
            ordered.append((status, body))
        return RawAnswer(wire)

    caplog.clear()
    provider.behaviour.answer_raw = answer
    provider.behaviour.supports_refs = supports_refs
    video = Video.objects.create(title="x", provider=provider.url, **finished_parts)
    for _ in range(6):
        cache.clear()  # nobody waits for a key or a rate limit
        Video.objects.filter(pk=video.pk).update(try_after=timezone.now())
        work_on_video(video.pk)
        poller.step()
    video.refresh_from_db()
    for field in video._meta.concrete_fields:
        if isinstance(value := getattr(video, field.attname), str):
            assert_clean(value)
    assert video.state != ProviderState.SENDING  # nothing is left hanging
    assert video.is_active or video.error
    assert all(may_repeat(*answer) for answer in ordered[:-1])
    assert not unhandled(caplog)
    video.delete()


@pytest.fixture
def finished_parts(new_video) -> dict[str, Any]:
    """What a new video needs: an avatar that is ready, and a voice."""
    video = new_video()
    video.delete()
    return {"avatar": video.avatar, "voice": video.voice}
