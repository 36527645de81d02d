"""Who may call the API."""

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from engine.models import Render, Token
from tests.engine.conftest import PATHS, PREFIX, Caller, method_of


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
