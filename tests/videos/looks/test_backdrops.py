"""Pictures to stand in front of: brought in by anybody, seen by everybody, deleted by who may."""

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from tests import sample_media
from tests.sign_in import expect_sign_in
from videos.models import Backdrop, Video

pytestmark = pytest.mark.slow

HTMX = {"HX-Request": "true"}


def upload(client, content: bytes, name: str = "office_wall.jpg"):
    file = SimpleUploadedFile(name, content)
    return client.post(reverse("backdrop-upload"), {"picture": file}, headers=HTMX)


def test_a_picture_comes_back_chosen_and_everybody_sees_it(signed_in, maria, tom, speaker, tmp_path):
    content = sample_media.picture(tmp_path / "wall.jpg", (3000, 1500)).read_bytes()
    answer = upload(signed_in(maria), content)
    backdrop = Backdrop.objects.get()
    assert f'name="look-picture" value="{backdrop.pk}" checked' in answer.text
    assert (backdrop.name, backdrop.width, backdrop.height) == ("Office wall", 2560, 1280)
    with Image.open(backdrop.picture.open()) as picture, Image.open(backdrop.thumbnail.open()) as small:
        assert (picture.format, picture.size) == ("JPEG", (2560, 1280))
        assert (small.format, small.size) == ("WEBP", (360, 180))
    page = signed_in(tom).get(reverse("video-new")).text
    assert f'name="look-picture" value="{backdrop.pk}"' in page
    assert "Delete the picture Office wall" not in page  # it is Maria's


def test_what_is_hidden_in_a_picture_does_not_stay_in_it(signed_in, maria, tmp_path):
    path = tmp_path / "gps.jpg"
    exif = Image.Exif()
    exif[0x010E] = "at home"
    Image.new("RGB", (640, 640)).save(path, exif=exif)
    upload(signed_in(maria), path.read_bytes() + b"<?php evil ?>")
    stored = Backdrop.objects.get().picture.open().read()
    assert b"at home" not in stored
    assert b"evil" not in stored


@pytest.mark.parametrize("content", [b"", b"<svg onload=alert(1)>", b"\xff\xd8\xff broken"])
def test_what_is_no_picture_is_told_in_a_sentence_and_leaves_nothing(signed_in, maria, content):
    answer = upload(signed_in(maria), content)
    assert answer.status_code == 422
    assert answer.text.endswith(".")
    assert not Backdrop.objects.exists()


def test_a_picture_that_is_too_small_says_how_large_it_has_to_be(signed_in, maria, tmp_path):
    answer = upload(signed_in(maria), sample_media.picture(tmp_path / "s.png", (100, 900)).read_bytes())
    assert "at least 320 pixels" in answer.text


def test_any_shape_will_do(signed_in, maria, tmp_path):
    assert (
        upload(
            signed_in(maria), sample_media.picture(tmp_path / "s.png", (4000, 400)).read_bytes()
        ).status_code
        == 200
    )


def test_an_upload_without_a_file_or_a_session_is_no_harm(signed_in, maria, client):
    assert signed_in(maria).post(reverse("backdrop-upload")).status_code == 422
    with expect_sign_in():
        client.post(reverse("backdrop-upload"))


def test_deleting_asks_first_and_says_which_videos_stand_in_front_of_it(
    signed_in, maria, finished, new_backdrop, django_capture_on_commit_callbacks
):
    backdrop = new_backdrop()
    look = {"background": "picture", "picture": backdrop.pk}
    video = finished(look=look, styled_video="dressed.mp4", styled_key="x")
    client, address = signed_in(maria), reverse("backdrop-delete", args=[backdrop.pk])
    asked = client.get(address)
    assert "1 video uses it" in asked.text
    assert "Finished videos keep it" in asked.text
    assert Backdrop.objects.exists()
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(address, headers=HTMX).content == b""
    assert not Backdrop.objects.exists()
    assert not default_storage.exists(backdrop.picture.name)
    assert not default_storage.exists(backdrop.thumbnail.name)
    video.refresh_from_db()
    assert (video.look, video.styled_video.name) == (look, "dressed.mp4")


def test_without_a_script_deleting_is_a_page_of_its_own(signed_in, maria, new_backdrop):
    backdrop = new_backdrop()
    client, address = signed_in(maria), reverse("backdrop-delete", args=[backdrop.pk])
    assert "No video uses it." in client.get(address).text
    assert "was deleted" in client.post(address, follow=True).text


def test_only_who_brought_a_picture_and_the_owner_may_delete_it(signed_in, maria, tom, owner, new_backdrop):
    address = reverse("backdrop-delete", args=[new_backdrop().pk])
    assert signed_in(tom).get(address).status_code == 403
    assert signed_in(tom).post(address).status_code == 403
    assert signed_in(owner).post(address).status_code == 302


def test_a_look_whose_picture_is_gone_says_so_where_it_can_be_changed(
    signed_in, maria, finished, new_backdrop
):
    backdrop = new_backdrop()
    video = finished(look={"background": "picture", "picture": backdrop.pk})
    Backdrop.objects.all().delete()
    client, address = signed_in(maria), reverse("video-look", args=[video.pk])
    assert "This picture was deleted" in client.get(address).text
    answer = client.post(address, {"look-background": "picture", "look-picture": backdrop.pk})
    assert answer.status_code == 422
    assert "was deleted" in answer.text
    assert Video.objects.get().look == video.look
