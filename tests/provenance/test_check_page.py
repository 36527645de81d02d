"""Anybody can check a file on the public page, and the page of a video shows what is inside."""

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile

from dashboard.jobs.provider_job import ProviderState
from dashboard.provenance import signing, views
from dashboard.provenance.source_types import COMPOSITE_SYNTHETIC
from tests.provenance.kinds import make


@pytest.fixture
def signed(tmp_path):
    path = make(tmp_path, "mp4")
    file = signing.FileToSign(path, "Ada <b>", "A portrait was animated.")
    assert signing.sign([file], source_type=COMPOSITE_SYNTHETIC)
    return path


def check(client, content: bytes, name: str = "a.mp4"):
    return client.post("/check/", {"file": SimpleUploadedFile(name, content)})


@pytest.mark.django_db
def test_anybody_opens_the_page_without_signing_in(client):
    page = client.get("/check/")
    assert page.status_code == 200
    assert "Check a file" in page.text


@pytest.mark.django_db
def test_a_file_that_was_made_here_is_recognized(client, signed):
    page = check(client, signed.read_bytes())
    assert "Made here, and unchanged" in page.text
    assert "Ada &lt;b&gt;" in page.text
    assert "made by a computer" in page.text
    assert "unknown issuer" in page.text


@pytest.mark.django_db
def test_a_changed_file_is_reported(client, signed):
    data = bytearray(signed.read_bytes())
    data[data.index(b"mdat") + 40] ^= 1
    assert "Made here, but changed since" in check(client, bytes(data)).text


@pytest.mark.django_db
def test_a_file_without_anything_is_not_called_real(client, tmp_path):
    page = check(client, make(tmp_path, "png").read_bytes(), "a.png")
    assert "Nothing inside" in page.text
    assert "does not make it real or fake" in page.text


@pytest.mark.django_db
def test_a_type_without_a_signature_proves_nothing(client, tmp_path):
    path = make(tmp_path, "webm")
    signing.sign([signing.FileToSign(path, "A", "Made.")], source_type=COMPOSITE_SYNTHETIC)
    page = check(client, path.read_bytes(), "a.webm")
    assert "Not signed" in page.text
    assert "made by a computer" in page.text


@pytest.mark.django_db
@pytest.mark.parametrize(
    "content", [b"hello", b"\xff\xd8\xff" + b"x" * 90, b"\x00\x00\x00\x18ftypmp42" + b"\xff" * 90]
)
def test_anything_else_is_answered_with_a_sentence(client, content):
    page = check(client, content)
    assert page.status_code in (200, 422)
    assert "can be checked here" in page.text or "Nothing inside" in page.text or "damaged" in page.text


@pytest.mark.django_db
def test_a_form_without_a_file_asks_for_one(client):
    page = client.post("/check/", {})
    assert page.status_code == 422
    assert views.NO_FILE in page.text


@pytest.mark.django_db
def test_a_file_that_is_too_large_is_refused(client, signed, monkeypatch):
    monkeypatch.setattr(views, "MAX_BYTES", 1000)
    assert check(client, signed.read_bytes()).status_code == 422


@pytest.mark.django_db
def test_too_many_checks_are_stopped_before_the_upload_is_read(client, settings):
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "check_file": "2/m/ip"}
    answers = [client.post("/check/", {}).status_code for _ in range(3)]
    assert answers == [422, 422, 429]


@pytest.mark.django_db
def test_one_stranger_at_a_time_uses_a_decoder(client, signed):
    with views._slot:
        assert views.BUSY in check(client, signed.read_bytes()).text
    assert "Made here" in check(client, signed.read_bytes()).text


def test_the_page_of_a_video_shows_what_its_file_says(signed_in, maria, new_video, signed):
    video = new_video(made_by=maria, state=ProviderState.READY, seconds=1)
    video.video.save("v.mp4", ContentFile(signed.read_bytes()))
    client = signed_in(maria)
    assert "Content Credentials" in client.get(video.get_absolute_url()).text
    whole = client.get(f"{video.get_absolute_url()}credentials/")
    assert "Made here, and unchanged" in whole.text
    part = client.get(f"{video.get_absolute_url()}credentials/", headers={"HX-Request": "true"})
    assert "Made here, and unchanged" in part.text
    assert "<html" not in part.text


def test_a_video_whose_file_is_gone_says_so(signed_in, maria, new_video):
    video = new_video(made_by=maria, state=ProviderState.READY, video="videos/videos/gone.mp4")
    video.video.storage.delete(video.video.name)
    page = signed_in(maria).get(f"{video.get_absolute_url()}credentials/")
    assert "is gone" in page.text
