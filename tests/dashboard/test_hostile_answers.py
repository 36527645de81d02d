"""A provider that sends what no provider should: nothing of it is kept as it came, and nothing of it is a fault."""

import json
import time

import pytest
from django.db import models

from avatars import tasks as avatar_tasks
from avatars.models import Avatar
from dashboard.jobs.provider_job import ProviderState
from dashboard.provider.answers import ProviderError
from dashboard.provider.client import Client, client
from tests.fake_provider import TOKEN
from videos import poller
from videos import tasks as video_tasks
from videos.models import Video

pytestmark = pytest.mark.slow

PORTRAIT = "https://studio.example.com/p.jpg"
ODD_TEXTS = {
    "a lone surrogate": "x\ud800y",
    "NUL": "x\0y",
    "control characters": "x\x01\x1b[31m\r\n\x7fy",
    "marks that turn the line round": "x\u202ey\u2066",
    "a long one": "word " * 60_000,
}
NO_TEXTS = [["x"], {"x": 1}, True, 1.5, float("nan"), float("inf"), 10**400]


def assert_kept_clean(*rows: models.Model) -> None:
    """Every text of the rows is one that any database takes, and no longer than its column."""
    for row in rows:
        for field in row._meta.concrete_fields:
            value = getattr(row, field.attname)
            if isinstance(value, str):
                value.encode()
                assert "\0" not in value
                assert field.max_length is None or len(value) <= field.max_length, field.name
                assert len(value) < 3000, field.name


def envelope(message: object, code: object = 10003) -> dict[str, object]:
    return {"code": code, "data": None, "message": message}


REFUSALS = {
    **{name: envelope(text) for name, text in ODD_TEXTS.items()},
    "raw control characters": b'{"code": 10003, "message": "x\0\ty"}',
    "Latin-1": b'{"code": 10003, "message": "Gesicht zu gro\xdf"}',
    "half of a UTF-8 letter": b'{"code": "10003", "message": "x\xc3"}',
    "no text at all": envelope([1, 2]),
    "no code": {"message": "The face is too small."},
    "a code of the wrong type": envelope("The face is too small.", code=["10003"]),
}


@pytest.mark.parametrize("body", REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_in_odd_characters_is_a_refusal_and_the_job_ends_with_a_sentence(
    provider, new_avatar, body
):
    provider.behaviour.refuse["avatar.generate"] = (400, body)
    with pytest.raises(ProviderError) as caught:
        client().generate_avatar(PORTRAIT, "ref")
    assert (caught.value.is_temporary, caught.value.answer_lost) == (False, False)
    assert str(caught.value).startswith("The avatar service refused this: “")
    assert len(str(caught.value)) < 700
    avatar = new_avatar()
    avatar_tasks.generate(avatar.pk)
    avatar.refresh_from_db()
    assert (avatar.state, avatar.asked_at) == (ProviderState.FAILED, None)
    assert_kept_clean(avatar)


UNREADABLE = {
    "200,000 opening brackets": (200, b"[" * 200_000),
    "200,000 opening brackets in an envelope": (200, b'{"code": 0, "data": ' + b'[{"a":' * 100_000),
    "no text": (200, b"\x80\xff\0\xfe" * 20),
    "no code": (200, {"data": {"avatar_id": "a"}}),
    "a code that is not a number": (200, envelope("", code=float("nan"))),
    "a code that is a truth": (200, {"code": False, "data": {"avatar_id": "a"}}),
    "a code of a thousand digits": (200, {"code": "1" * 10_000}),
    "a number of ten thousand digits": (200, b'{"code": ' + b"1" * 10_000 + b"}"),
    "an id that is too long": (200, {"code": 0, "data": [{"avatar_id": "a" * 201}]}),
    "an id with a lone surrogate": (200, {"code": 0, "data": [{"avatar_id": "a\ud800"}]}),
    "an id with NUL": (200, {"code": 0, "data": {"avatar_id": "a\0"}}),
    "a list for an id": (200, {"code": 0, "data": {"avatar_id": ["a"]}}),
    "a truth for an id": (200, {"code": 0, "data": {"avatar_id": True}}),
    "a list in a list": (200, {"code": 0, "data": [[{"avatar_id": "a"}]]}),
    "a gateway's page": (502, b"<html>\xff\0</html>"),
}


@pytest.mark.parametrize(("status", "body"), UNREADABLE.values(), ids=UNREADABLE)
def test_an_answer_that_cannot_be_used_may_have_been_a_success(provider, new_avatar, status, body):
    provider.behaviour.refuse["avatar.generate"] = (status, body)
    with pytest.raises(ProviderError) as caught:
        client().generate_avatar(PORTRAIT, "ref")
    assert (caught.value.is_temporary, caught.value.answer_lost) == (True, True)
    avatar = new_avatar()
    avatar_tasks.generate(avatar.pk)
    avatar.refresh_from_db()
    assert avatar.state == ProviderState.WAITING
    assert avatar.asked_at  # the next try looks for it in the list first


@pytest.mark.parametrize("to", ["http://[", "\xff\xfe", "http://" + "a" * 70_000, "//\0", ""])
def test_a_redirect_to_nonsense_is_a_wrong_address(provider, to):
    provider.behaviour.refuse["video.list"] = (302, b"x" * 1000, {"Location": to})
    with pytest.raises(ProviderError):
        client().list_videos()


@pytest.mark.parametrize(
    "reset", ["nan", "-nan", "inf", "-inf", "1e999", "soon", "", "\xb2", "-5", "9" * 5000]
)
def test_whatever_it_says_about_when_to_come_back_it_is_a_minute_or_two(provider, new_video, reset):
    provider.behaviour.refuse["video.list"] = (429, envelope("", code=1009), {"X-Ratelimit-Reset": reset})
    with pytest.raises(ProviderError) as caught:
        client().list_videos()
    assert 1 <= caught.value.retry_after <= 120
    with pytest.raises(ProviderError) as caught:  # and every process keeps to it
        Client(provider.url, TOKEN).list_avatars()
    assert 0 < caught.value.retry_after <= 120


def odd_values() -> list[object]:
    return [*ODD_TEXTS.values(), *NO_TEXTS]


def test_the_good_entries_of_a_list_are_taken_and_the_unusable_left_out(provider, db):
    good = provider.add_avatar(gender="male")
    for number, odd in enumerate(odd_values()):
        provider.avatars[f"odd id {number}"] = {"avatar_id": odd}
        provider.add_avatar(
            gender=odd, preview_url=odd, cutout_url=odd, client_ref=odd, faces=odd, face=odd, warnings=[odd]
        )
        provider.add_avatar(faces=[[odd, 0, 1, 1]], warnings=odd)
    provider.avatars["huge"] = {"avatar_id": "h" * 201}
    seen = client().list_avatars()
    assert good["avatar_id"] in {avatar.avatar_id for avatar in seen}
    assert len(seen) == 1 + 2 * len(odd_values())
    assert avatar_tasks.sync() == len(seen)
    assert Avatar.objects.count() == len(seen)
    assert_kept_clean(*Avatar.objects.all())


def test_videos_with_odd_values_come_in_as_far_as_they_make_sense(provider, db):
    for number, odd in enumerate(odd_values()):
        provider.videos[f"odd id {number}"] = {"video_id": odd, "status": "finished"}
        provider.add_video(
            status=odd,
            video_url=odd,
            captions_url=odd,
            avatar_id=odd,
            client_ref=odd,
            progress=odd,
            error=odd,
        )
    assert video_tasks.sync() == len(odd_values())
    assert_kept_clean(*Video.objects.all())


def test_a_poll_reads_states_and_errors_of_any_length_and_kind(provider, new_video):
    videos = []
    for odd in odd_values():
        for status in ("error", odd):
            remote = provider.add_video(status=status, progress=odd, error=odd)
            fields = {
                "state": ProviderState.MAKING,
                "provider": provider.url,
                "remote_id": remote["video_id"],
            }
            first = {"avatar": videos[0].avatar, "voice": videos[0].voice} if videos else {}
            videos.append(new_video(**fields, **first))
    poller.step()
    for video in videos:
        video.refresh_from_db()
    assert_kept_clean(*videos)
    assert {video.state for video in videos[0::2]} == {ProviderState.FAILED}
    assert all(video.error for video in videos[0::2])
    assert {video.state for video in videos[1::2]} == {ProviderState.MAKING}


def test_an_avatar_of_a_name_as_long_as_it_may_be_gives_its_video_a_title_that_fits(provider, new_avatar):
    remote = provider.add_avatar()
    new_avatar(
        name="A" * 200, state=ProviderState.READY, remote_id=remote["avatar_id"], provider=provider.url
    )
    provider.add_video(avatar_id=remote["avatar_id"])
    assert video_tasks.sync() == 1
    assert_kept_clean(Video.objects.get())


def test_a_sentence_keeps_what_belongs_to_its_language(provider):
    said = "چهره‌ای دیده نشد 👩‍🎤"  # with joiners, which are invisible and not printable
    provider.behaviour.refuse["avatar.generate"] = (
        400,
        json.dumps(envelope(said), ensure_ascii=False).encode(),
    )
    with pytest.raises(ProviderError, match=said):
        client().generate_avatar(PORTRAIT, "ref")


def test_a_long_answer_on_a_connection_that_was_kept_open_has_its_time_limit_too(provider, monkeypatch):
    assert client().list_videos() == []
    monkeypatch.setattr("dashboard.provider.client.READ_SECONDS", 0.5)

    def drip(handler, status, content, kind, headers=None):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n")
        for _ in range(400):
            handler.wfile.write(b" ")
            time.sleep(0.05)

    monkeypatch.setattr("tests.fake_provider._Handler._raw", drip)
    started = time.monotonic()
    with pytest.raises(ProviderError):
        client().list_videos()
    assert time.monotonic() - started < 3
