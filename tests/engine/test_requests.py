"""Tokens, methods, bodies, limits: what all five endpoints have in common."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from engine import fields, views
from engine.auth import Token
from engine.models import Render, Rig
from tests.engine.conftest import PREFIX, Caller

PATHS = ["avatar.generate", "avatar.list", "video.generate", "video.get", "video.list"]
NO_LINKS = [
    *(None, "", 7, True, ["https://e.com"], {}, "ftp://e.com/x", "file:///etc/passwd", "x" * 3000),
    *("e.com/x", "http://", "https://e.com/a b", "https://e.com/\x00", "https://e.com:port/", "\ud800"),
]
POSTS = {"avatar.generate", "video.generate"}


def method_of(path: str) -> str:
    return "POST" if path in POSTS else "GET"


@pytest.mark.parametrize("path", PATHS)
def test_without_a_token_nobody_gets_in(db, path):
    response = Client().generic(method_of(path), PREFIX + path)
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"
    assert response.json() == {
        "code": 1003,
        "data": None,
        "message": "Send a valid token: Authorization: Bearer YOUR_TOKEN.",
    }


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Bearer wrong", "Basic abc", "wrong", "Bearer é"])
def test_a_wrong_token_is_no_token(db, header):
    response = Client().get(PREFIX + "avatar.list", headers={"Authorization": header})
    assert (response.status_code, response.json()["code"]) == (401, 1003)


def test_a_token_opens_every_list(curl, own):
    assert curl.data("avatar.list") == own.data("avatar.list") == []
    assert curl.data("video.list") == own.data("video.list") == []


def test_the_scheme_of_the_token_may_be_written_in_any_case(curl):
    response = Client().get(PREFIX + "avatar.list", headers={"Authorization": f"bearer {curl.bearer}"})
    assert response.status_code == 200


def test_a_token_is_made_shown_once_listed_and_taken_back(db, capsys):
    call_command("create_token", "website")
    text = capsys.readouterr().out.splitlines()[-1]
    assert not Token.objects.filter(digest=text).exists()  # only its hash is kept
    assert Caller(text)("avatar.list")[0] == 200
    with pytest.raises(CommandError, match="already"):
        call_command("create_token", "website")
    call_command("list_tokens")
    listed = capsys.readouterr().out
    assert "website" in listed
    assert text not in listed
    call_command("delete_token", "website")
    assert Caller(text)("avatar.list")[0] == 401


def test_what_was_made_with_a_token_outlives_it(make_caller, rig):
    caller, other = make_caller("one"), make_caller("two")
    for each in (caller, other):
        Render.objects.create(rig=rig, audio_url="https://e.com/a.wav", token=each.token, client_ref="same")
    caller.token.revoke()
    other.token.revoke()
    assert Render.objects.filter(token=None, client_ref=None).count() == 2


@pytest.mark.parametrize("path", PATHS)
def test_the_wrong_method_is_told_the_right_one(curl, path):
    wrong = "GET" if path in POSTS else "POST"
    response = curl.response(path, b"", method=wrong)
    assert (response.status_code, response.json()["code"]) == (405, 1005)
    assert method_of(path) in response["Allow"]


@pytest.mark.parametrize("path", ["", "avatar.delete", "avatar.list/", "video.get/1", "..", "%00"])
def test_an_unknown_address_answers_in_the_envelope(curl, path):
    status, envelope = curl(path)
    assert (status, envelope["code"], envelope["data"]) == (404, 1004, None)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"null", b"\xff", b"[" * 60_000, b"image_url=x"])
def test_a_broken_body_is_refused(curl, body):
    status, envelope = curl("avatar.generate", body, method="POST")
    assert (status, envelope["code"]) == (400, 1001)


@pytest.mark.parametrize("field", NO_LINKS)
def test_a_link_that_is_missing_or_is_none_is_refused_with_the_name_of_the_field(curl, rig, field):
    for path, name in (("avatar.generate", "image_url"), ("video.generate", "audio_url")):
        status, envelope = curl(path, {name: field, "avatar_id": rig.public_id})
        assert (status, envelope["code"]) == (400, 1002)
        assert name in envelope["message"]
    assert Rig.objects.count() == 1
    assert not Render.objects.exists()


@pytest.mark.parametrize("reference", [7, ["a"], "x" * 201, "a\nb"])
def test_a_reference_must_be_a_short_string(curl, reference):
    body = {"image_url": "https://e.com/x.jpg", "client_ref": reference}
    status, envelope = curl("avatar.generate", body)
    assert (status, envelope["code"]) == (400, 1002)
    assert "client_ref" in envelope["message"]


def test_a_large_body_is_not_even_read(curl):
    status, envelope = curl("avatar.generate", b" " * (fields.MAX_BODY + 1))
    assert (status, envelope["code"]) == (413, 1006)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"image_url": "ftp://e.com/x"}', 1002),
        (b"[]", 1001),
        (b"{", 1001),
        (b" " * (fields.MAX_BODY + 9), 1006),
    ],
)
def test_a_body_that_comes_in_chunks_is_read_too(curl, body, code):
    chunked = {"wsgi.input": io.BytesIO(body), "wsgi.input_terminated": True}
    _, envelope = curl("avatar.generate", b"", method="POST", HTTP_TRANSFER_ENCODING="chunked", **chunked)
    assert envelope["code"] == code, envelope


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded"])
def test_json_is_understood_whatever_it_is_called(curl, clusters, web, content_type):
    body = f'{{"image_url": "{web.url}/face.jpg"}}'
    assert len(curl.data("avatar.generate", body, content_type=content_type)) == 1


def test_a_form_is_understood_too(curl, clusters, web):
    form = "application/x-www-form-urlencoded"
    assert len(curl.data("avatar.generate", f"image_url={web.url}/face.jpg", content_type=form)) == 1
    response = curl.client.post(
        PREFIX + "avatar.generate",
        {"image_url": f"{web.url}/face.jpg"},
        headers={"Authorization": f"Bearer {curl.bearer}"},
    )
    assert response.json()["code"] == 0


def test_a_mistake_of_ours_comes_out_as_a_sentence_and_is_logged(curl, monkeypatch, caplog):
    def broken(*args):
        raise RuntimeError("/secret/path")

    monkeypatch.setattr(views, "_paginate", broken)
    status, envelope = curl("avatar.list")
    assert (status, envelope["code"]) == (500, 1011)
    assert "secret" not in str(envelope)
    assert "/secret/path" in caplog.text


def test_past_the_limit_a_token_has_to_wait_for_the_next_minute(make_caller, settings, frozen_minute):
    settings.ENGINE_REQUESTS_PER_MINUTE = 3
    caller, other = make_caller("fast"), make_caller("slow")
    left = [caller.response("avatar.list")["X-Ratelimit-Left"] for _ in range(3)]
    assert left == ["2", "1", "0"]
    response = caller.response("video.list")
    assert response.status_code == 429
    assert response.json() == {"code": 1009, "data": None, "message": "Too Many Request"}
    assert response["X-Ratelimit-Total"] == "3"
    assert response["X-Ratelimit-Left"] == "0"
    assert response["X-Ratelimit-Reset"] == "1800000060"
    assert other("avatar.list")[0] == 200
    frozen_minute(60)
    assert caller("avatar.list")[0] == 200


def test_the_dashboard_itself_is_not_limited(own, settings):
    settings.ENGINE_REQUESTS_PER_MINUTE = 1
    for _ in range(3):
        response = own.response("avatar.list")
        assert response.status_code == 200
        assert "X-Ratelimit-Total" not in response


def test_answers_are_never_stored(curl):
    assert curl.response("avatar.list")["Cache-Control"] == "no-store"
