"""What a request must contain."""

import io

import pytest

from engine import fields
from engine.models import Render, Rig
from tests.engine.conftest import PREFIX

NO_LINKS = [
    *(None, "", 7, True, ["https://e.com"], {}, "ftp://e.com/x", "file:///etc/passwd", "x" * 3000),
    *("e.com/x", "http://", "https://e.com/a b", "https://e.com/\x00", "https://e.com:port/", "\ud800"),
]


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
