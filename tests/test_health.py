import errno
import html

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.test import Client

import avatars.services
from dashboard.files import disk
from tests.consent import PORTRAIT


def test_who_comes_by_an_unknown_name_is_told_so(db):
    response = Client().get("/", headers={"Host": "evil.example"})
    assert response.status_code == 400
    assert "ALLOWED_HOSTS" in response.content.decode()


def test_the_api_answers_in_its_envelope_to_an_unknown_name_too(db):
    response = Client().get("/v1/cg_avatar/avatar.list", headers={"Host": "evil.example"})
    assert (response.status_code, response.json()["code"]) == (404, 1004)


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "No space left on device"), OperationalError("database or disk is full")]
)
def test_a_full_disk_is_told_as_such(db, maria, signed_in, monkeypatch, error):
    def fail(*args, **kwargs):
        raise error

    monkeypatch.setattr(avatars.services, "create_avatar", fail)
    client = signed_in(maria)
    client.raise_request_exception = False
    picture = PORTRAIT | {"portraits": SimpleUploadedFile("a.jpg", b"x")}
    response = client.post("/avatars/upload/", picture, headers={"HX-Request": "true"})
    assert (response.status_code, response.content.decode()) == (507, f"{disk.FULL} {disk.NOT_SAVED}")
    page = client.post("/avatars/upload/", PORTRAIT | {"portraits": SimpleUploadedFile("a.jpg", b"x")})
    assert page.status_code == 507
    assert disk.FULL in html.unescape(page.content.decode())
