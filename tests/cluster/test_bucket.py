"""Files in a bucket: pages keep our own links, and the bucket sends the bytes."""

import os
import re

import pytest
import requests
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client

from dashboard.files import signed_links
from dashboard.files.bucket import is_bucket

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
