"""The client of the API against a provider on good and bad days."""

import time

import pytest

from dashboard.provider.answers import ProviderError
from dashboard.provider.client import Client, client
from tests.fake_provider import TOKEN


def test_a_generated_avatar_has_its_id_gender_and_preview(provider):
    avatar = client().generate_avatar("https://studio.example.com/p.jpg", "ref")
    assert avatar.avatar_id in provider.avatars
    assert avatar.gender == "female"
    assert avatar.preview_url.startswith(provider.url)


@pytest.mark.parametrize("bare", [True, False])
@pytest.mark.parametrize("as_string", [True, False])
def test_data_may_be_a_list_or_an_object_and_code_a_number_or_a_string(provider, bare, as_string):
    provider.behaviour.bare_objects, provider.behaviour.numbers_as_strings = bare, as_string
    assert client().generate_avatar("https://studio.example.com/p.jpg", "ref").avatar_id
    assert len(client().list_avatars()) == 1


def test_unknown_states_and_fields_are_borne(provider):
    video = provider.add_video(status="Queued_Somewhere", colour="green", progress="a bit")
    seen = client().get_video(video["video_id"])
    assert (seen.status, seen.progress) == ("queued_somewhere", None)


def test_a_failure_with_http_200_and_a_code_in_a_string_is_a_failure(provider):
    with pytest.raises(ProviderError) as caught:
        client().get_video("nobody")
    assert caught.value.is_unknown_id
    assert not caught.value.is_temporary
    assert caught.value.code == 10001


def test_too_many_requests_hold_every_call_back_until_the_time_it_names(provider):
    provider.behaviour.busy_until = time.time() + 60
    with pytest.raises(ProviderError) as caught:
        client().list_videos()
    assert 30 < caught.value.retry_after <= 61
    # The next call does not even knock, in whichever process it is made.
    with pytest.raises(ProviderError):
        Client(provider.url, TOKEN).list_avatars()
    assert len(provider.calls) == 1


def test_an_answer_that_was_lost_may_have_been_carried_out(provider):
    provider.behaviour.lose_answers = ["video.generate"]
    avatar = provider.add_avatar()
    with pytest.raises(ProviderError) as caught:
        client().generate_video(avatar["avatar_id"], "https://studio.example.com/s.wav", "ref")
    assert caught.value.answer_lost
    assert caught.value.is_temporary
    assert len(provider.videos) == 1


def test_a_server_that_is_not_there_has_certainly_done_nothing(provider):
    with pytest.raises(ProviderError) as caught:
        Client("http://127.0.0.1:9", TOKEN).generate_avatar("https://studio.example.com/p.jpg", "ref")
    assert caught.value.is_temporary
    assert not caught.value.answer_lost


@pytest.mark.parametrize(
    ("status", "body", "is_temporary", "answer_lost"),
    [
        (502, b"<html>Bad gateway</html>", True, True),  # a gateway: who knows what happened behind it
        (500, {"code": 1500, "data": None, "message": "oops"}, True, False),  # the API itself says no
        (200, b"no json at all", True, True),
        (200, b"[1, 2]", True, True),
        (200, b'{"code": Infinity}', True, True),
        (200, {"code": 0, "data": None, "message": "success"}, True, True),
        (400, {"code": "10003", "data": None, "message": "Face is too small"}, False, False),
        (302, b"", False, False),
    ],
)
def test_each_kind_of_bad_answer_is_judged_once_for_all(provider, status, body, is_temporary, answer_lost):
    provider.behaviour.refuse["avatar.generate"] = (status, body)
    with pytest.raises(ProviderError) as caught:
        client().generate_avatar("https://studio.example.com/p.jpg", "ref")
    assert (caught.value.is_temporary, caught.value.answer_lost) == (is_temporary, answer_lost)
    assert "Traceback" not in str(caught.value)


def test_another_providers_reason_is_quoted(provider):
    provider.behaviour.refuse["avatar.generate"] = (400, {"code": 10003, "message": "Face is too small"})
    with pytest.raises(ProviderError, match="The avatar service refused this: “Face is too small”"):
        client().generate_avatar("https://studio.example.com/p.jpg", "ref")


def test_an_answer_without_an_id_is_no_success(provider):
    provider.behaviour.refuse["video.generate"] = (200, {"code": 0, "data": {"status": "pending"}})
    with pytest.raises(ProviderError):
        client().generate_video("a", "https://studio.example.com/s.wav", "ref")


def test_list_entries_that_make_no_sense_are_passed_over(provider):
    provider.behaviour.refuse["avatar.list"] = (
        200,
        {"code": 0, "data": [None, {"gender": "male"}, {"avatar_id": 7}]},
    )
    assert [avatar.avatar_id for avatar in client().list_avatars()] == ["7"]
