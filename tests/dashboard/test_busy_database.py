"""A database that is locked for longer than its time-out: busy, try again; what was uploaded is not lost."""

import sqlite3
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from django.test import Client

from avatars.models import Avatar
from dashboard.views import server_error
from tests import sample_media
from tests.consent import PORTRAIT

pytestmark = [pytest.mark.one_machine, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def avatar(new_avatar, maria) -> Avatar:
    return new_avatar(made_by=maria)


@pytest.fixture
def lock(avatar):
    """Another process writes, and does not end; a request waits for a moment only."""
    connection.cursor().execute("PRAGMA busy_timeout = 50")
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield lambda: other.execute("ROLLBACK")
    other.close()
    connection.cursor().execute("PRAGMA busy_timeout = 20000")


@pytest.fixture
def client(maria, avatar) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(maria)
    return client


def test_a_page_says_that_it_is_busy_and_tries_again_by_itself(rf):
    try:
        raise OperationalError("database is locked")
    except OperationalError:
        answer = server_error(rf.get("/videos/"))
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert 'http-equiv="refresh" content="5"' in answer.content.decode()


def test_a_form_is_told_so_and_reloading_sends_it_again(client, avatar, lock):
    address = f"/avatars/{avatar.pk}/rename/"
    answer = client.post(address, {"name": "Grace"})
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "refresh" not in answer.content.decode()
    lock()
    client.post(address, {"name": "Grace"})
    avatar.refresh_from_db()
    assert avatar.name == "Grace"


def test_a_piece_of_an_upload_is_kept_and_the_last_one_sent_again_makes_the_avatar(client, lock, tmp_path):
    picture = sample_media.picture(tmp_path / "a.jpg").read_bytes()
    half, reference = len(picture) // 2, str(uuid.uuid4())

    def send(start, end):
        return client.post(
            "/avatars/upload/",
            {"portraits": SimpleUploadedFile("a.jpg", picture[start:end])} | PORTRAIT,
            headers={
                "HX-Request": "true",
                "Idempotency-Key": reference,
                "Content-Range": f"bytes {start}-{end - 1}/{len(picture)}",
            },
        )

    assert send(0, half).status_code == 202
    busy = send(half, len(picture))
    assert (busy.status_code, busy["Retry-After"]) == (503, "5")
    assert busy["Content-Type"].startswith("text/plain")
    lock()
    assert send(half, len(picture)).status_code == 200
    assert Avatar.objects.filter(upload_ref__isnull=False).count() == 1
