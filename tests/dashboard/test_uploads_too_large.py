"""What is larger than anything we take is refused while it still arrives, with a page of our own."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from dashboard.uploads import handlers
from tests.consent import PORTRAIT


@pytest.fixture
def client(maria, settings, monkeypatch):
    settings.MAX_AUDIO_BYTES = settings.MAX_PORTRAIT_BYTES = 2**20
    monkeypatch.setattr(handlers, "MARGIN", 2**20)
    client = Client(raise_request_exception=False)
    client.force_login(maria)
    return client


class Counted(io.BytesIO):
    """A body that knows how much of it was read."""

    taken = 0

    def read(self, *args):
        data = super().read(*args)
        self.taken += len(data)
        return data


def body(size: int) -> tuple[Counted, str]:
    head = b'--x\r\nContent-Disposition: form-data; name="portraits"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
    return Counted(head + bytes(size) + b"\r\n--x--\r\n"), "multipart/form-data; boundary=x"


@pytest.mark.parametrize(
    ("headers", "page"), [({"Referer": "http://testserver/avatars/"}, True), ({"HX-Request": "true"}, False)]
)
def test_it_is_refused_before_it_has_all_arrived(client, settings, headers, page):
    stream, kind = body(20 * 2**20)
    size = len(stream.getvalue())
    answer = client.generic(
        "POST",
        reverse("avatar-upload"),
        b"",
        kind,
        headers=headers,
        **{"wsgi.input": stream, "CONTENT_LENGTH": str(size), "CONTENT_TYPE": kind},
    )
    assert answer.status_code == 413
    assert "Files can have up to 1 MB." in answer.text
    assert ("<h1>This file is too large</h1>" in answer.text) == page
    assert ('href="http://testserver/avatars/">Go back' in answer.text) == page
    assert stream.taken < 4 * 2**20
    assert not list(settings.FILE_UPLOAD_TEMP_DIR.glob("*.upload*"))


def test_what_is_a_little_too_large_is_told_where_it_was_sent(client):
    file = SimpleUploadedFile("a.jpg", bytes(2**20 + 1))
    answer = client.post(
        reverse("avatar-upload"), PORTRAIT | {"portraits": file}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 422
    assert "The limit is 1 MB." in answer.text


def test_a_form_with_too_many_words_is_told_so_too(client, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    answer = client.post(reverse("video-new"), {"script": "a" * 2000})
    assert answer.status_code == 413
