"""Files in a bucket: pages keep our own links, and the bucket sends the bytes."""

import os
import re

import pytest
import requests
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client

from dashboard.files import deletion, missing_files, signed_links
from dashboard.files.bucket import is_bucket
from dashboard.models import DeletedFile

pytestmark = [pytest.mark.services, pytest.mark.django_db]
CONTENT = bytes(range(256)) * 4


@pytest.fixture
def film() -> str:
    assert is_bucket(default_storage)
    return default_storage.save("videos/film.mp4", ContentFile(CONTENT))


def test_a_player_is_led_to_the_bucket_which_sends_ranges(film):
    answer = Client().get(signed_links.public_link(film))
    assert answer.status_code == 302
    part = requests.get(answer["Location"], headers={"Range": "bytes=10-19"}, timeout=10)
    assert (part.status_code, part.content) == (206, CONTENT[10:20])
    assert part.headers["Content-Type"] == "video/mp4"


def test_a_download_keeps_its_name(film):
    answer = Client().get(signed_links.public_link(film, download="Grüße.mp4"))
    whole = requests.get(answer["Location"], timeout=10)
    assert whole.content == CONTENT
    assert "attachment" in whole.headers["Content-Disposition"]


def test_the_link_of_the_bucket_is_needed(film):
    address = Client().get(signed_links.public_link(film))["Location"]
    assert re.search("Signature=", address)
    assert "X-Amz-Expires" in address or "Expires=" in address


def test_pictures_and_what_is_drawn_on_a_canvas_come_from_this_site(film):
    answer = Client().get(signed_links.public_link(film) + "?here", headers={"Range": "bytes=0-3"})
    assert (answer.status_code, b"".join(answer)) == (206, CONTENT[:4])
    picture = default_storage.save("videos/poster.jpg", ContentFile(CONTENT))
    assert Client().get(signed_links.public_link(picture)).status_code == 200


def test_a_file_that_is_gone_is_a_404(film):
    default_storage.delete(film)
    assert Client().get(signed_links.public_link(film) + "?here").status_code == 404


def test_pages_may_play_what_the_bucket_sends(client):
    policy = client.get("/account/login/")["Content-Security-Policy"]
    media = re.search("media-src ([^;]*)", policy)[1]
    assert os.environ["S3_ENDPOINT_URL"] in media.split()


def test_a_worker_deletes_many_files_with_one_request(monkeypatch):
    monkeypatch.setattr(deletion, "deletes_at_once", lambda: False)
    monkeypatch.setattr(deletion, "MAX_FILES", 4)
    names = [default_storage.save(f"videos/videos/Grüße {n}.mp4", ContentFile(CONTENT)) for n in range(6)]
    kept = default_storage.save("videos/videos/kept.mp4", ContentFile(CONTENT))
    deletion.delete_names_on_commit(names)
    assert all(default_storage.exists(name) for name in names)  # nobody waits for it
    requests_made: list[int] = []
    client = default_storage.connection.meta.client
    client.meta.events.register(
        "before-call.s3.DeleteObjects", lambda **event: requests_made.append(1), unique_id="counted"
    )
    deletion.delete_next()
    client.meta.events.unregister("before-call.s3.DeleteObjects", unique_id="counted")
    assert len(requests_made) == 2
    assert not any(default_storage.exists(name) for name in names)
    assert default_storage.exists(kept)
    assert not DeletedFile.objects.exists()


def test_no_page_asks_the_bucket_and_a_worker_looks_instead(owner, signed_in, new_avatar, monkeypatch):
    avatar = new_avatar()
    page = signed_in(owner)
    default_storage.delete(avatar.portrait.name)
    asked: list[str] = []
    looks: list[tuple[object, ...]] = []
    monkeypatch.setattr(missing_files, "enqueue", lambda *task: looks.append(task))
    with monkeypatch.context() as patch:
        patch.setattr(default_storage, "exists", asked.append)
        for _ in range(2):
            assert page.get(avatar.get_absolute_url()).status_code == 200
    assert asked == []
    assert looks == [(missing_files.TASK, "avatars.avatar", avatar.pk)]
    missing_files.check("avatars.avatar", avatar.pk)
    avatar.refresh_from_db()
    assert "portrait" in avatar.missing_files
