"""What all endpoints have in common."""

import pytest

from engine import views
from tests.engine.conftest import PATHS, POSTS, method_of


@pytest.mark.parametrize("path", PATHS)
def test_the_wrong_method_is_told_the_right_one(curl, path):
    wrong = "GET" if path in POSTS else "POST"
    response = curl.response(path, b"", method=wrong)
    assert (response.status_code, response.json()["code"]) == (405, 1005)
    assert method_of(path) in response["Allow"]


@pytest.mark.parametrize("path", ["", "avatar.rename", "avatar.list/", "video.get/1", "..", "%00"])
def test_an_unknown_address_answers_in_the_envelope(curl, path):
    status, envelope = curl(path)
    assert (status, envelope["code"], envelope["data"]) == (404, 1004, None)


def test_a_mistake_of_ours_comes_out_as_a_sentence_and_is_logged(curl, monkeypatch, caplog):
    def broken(*args):
        raise RuntimeError("/secret/path")

    monkeypatch.setattr(views, "_paginate", broken)
    status, envelope = curl("avatar.list")
    assert (status, envelope["code"]) == (500, 1011)
    assert "secret" not in str(envelope)
    assert "/secret/path" in caplog.text


def test_answers_are_never_stored(curl):
    assert curl.response("avatar.list")["Cache-Control"] == "no-store"
