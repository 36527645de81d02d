"""Signed links: who has one may read that one file, for a while; those of pages need a session too."""

import time
from urllib.parse import unquote

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client

from dashboard.files import signed_links
from tests.sign_in import expect_sign_in

CONTENT = bytes(range(256)) * 4  # 1024 bytes
ALL = (200, CONTENT, None)


@pytest.fixture(autouse=True)
def _own_media(settings, tmp_path, monkeypatch):
    """Files that we send ourselves; what a bucket sends is in tests/cluster."""
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(signed_links, "is_bucket", lambda storage: False)


@pytest.fixture
def film() -> str:
    return default_storage.save("videos/film.mp4", ContentFile(CONTENT))


def get(link, **headers):
    response = Client().get(link, headers=headers)
    return response.status_code, b"".join(response), response.get("Content-Range")


def test_who_has_the_link_needs_no_account(film):
    response = Client().get(signed_links.public_link(film))
    assert b"".join(response) == CONTENT
    assert response["Content-Type"] == "video/mp4"
    assert response["Content-Length"] == "1024"
    assert response["Accept-Ranges"] == "bytes"
    assert response["Content-Disposition"] == 'inline; filename="film.mp4"'
    assert "sandbox" in response["Content-Security-Policy"]


def test_a_link_of_a_page_ends_with_the_session(film, maria, signed_in):
    link, client = signed_links.link(film), signed_in(maria)
    response = client.get(link, headers={"Range": "bytes=0-9"})
    assert (response.status_code, b"".join(response)) == (206, CONTENT[:10])
    with expect_sign_in():
        client.post("/accounts/logout/")
    with expect_sign_in():
        response = client.get(link)
    assert unquote(response["Location"]).endswith(f"?next={link}")  # whoever signs in then gets the file
    maria.is_active = False
    maria.save()
    client.force_login(maria)
    with expect_sign_in():
        assert client.get(link).status_code == 302


def test_a_browser_keeps_a_file_for_an_hour_at_most(film, maria, signed_in):
    response = signed_in(maria).get(signed_links.link(film))
    assert response["Cache-Control"] == "private, max-age=3600, immutable"


def test_a_link_of_the_version_before_still_works(film):
    signed = signed_links._signer.sign_object([film, time.time() + 60, ""], compress=True)
    assert get(f"/media/{signed}/film.mp4")[0] == 200


def test_a_download_is_saved_under_the_name_it_was_given(film, maria, signed_in):
    link = signed_links.link(film, download="Olga says hello – №1.mp4")
    response = signed_in(maria).get(link)
    assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''Olga%20says")


def test_a_kind_of_file_that_a_browser_should_not_show_is_a_plain_download(db):
    name = default_storage.save("x.html", ContentFile(b"<script>"))
    response = Client().get(signed_links.public_link(name))
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-", (206, CONTENT, "bytes 0-1023/1024")),
        ("bytes=0-1", (206, CONTENT[:2], "bytes 0-1/1024")),
        ("bytes=1000-", (206, CONTENT[1000:], "bytes 1000-1023/1024")),
        ("bytes=1000-9999", (206, CONTENT[1000:], "bytes 1000-1023/1024")),
        ("bytes=-10", (206, CONTENT[-10:], "bytes 1014-1023/1024")),
        ("bytes=-9999", (206, CONTENT, "bytes 0-1023/1024")),
        ("Bytes = 5-5", (206, CONTENT[5:6], "bytes 5-5/1024")),
        ("bytes=1024-", (416, b"", "bytes */1024")),
        ("bytes=-0", (416, b"", "bytes */1024")),
        *(("bytes=" + odd, ALL) for odd in ("", "-", "a-b", "5-3", "0-1,3-4", "0-\xb2", "\xb2-", "9" * 5000 + "-")),
        ("lines=0-1", ALL),
    ],
)  # fmt: skip
def test_a_player_gets_the_part_it_asks_for(film, header, expected):
    assert get(signed_links.public_link(film), Range=header) == expected


def test_head_tells_the_size_and_sends_nothing(film):
    response = Client().head(signed_links.public_link(film))
    assert (response.status_code, response["Content-Length"], response.content) == (200, "1024", b"")
    response = Client().head(signed_links.public_link(film), headers={"Range": "bytes=-24"})
    assert (response.status_code, response["Content-Length"]) == (206, "24")


def test_an_empty_file_is_an_empty_file(db):
    name = default_storage.save("empty.mp4", ContentFile(b""))
    assert get(signed_links.public_link(name)) == (200, b"", None)
    assert get(signed_links.public_link(name), Range="bytes=0-")[0] == 416


def test_nothing_but_reading_is_possible(film):
    for method in ("post", "put", "delete", "options"):
        assert getattr(Client(), method)(signed_links.public_link(film)).status_code == 405


def test_a_link_is_the_same_for_a_while_and_then_expires(film, monkeypatch):
    now = time.time()
    link = signed_links.public_link(film)
    assert signed_links.public_link(film) == link
    assert get(link)[0] == 200
    monkeypatch.setattr(signed_links.time, "time", lambda: now + signed_links.API_SECONDS - 1)
    assert get(link)[0] == 200
    monkeypatch.setattr(signed_links.time, "time", lambda: now + 2 * signed_links.API_SECONDS + 1)
    assert get(link)[0] == 404
    assert signed_links.public_link(film) != link


def test_a_changed_link_leads_nowhere(film):
    link = signed_links.public_link(film)
    _, _, signed, filename = link.split("/")
    for changed in (signed[:-1], signed[1:], "x" + signed, signed.partition(":")[0], signed.replace(":", "")):
        assert get(f"/media/{changed}/{filename}")[0] == 404
    assert get(f"/media/{signed_links._signer.sign('x')}/{filename}")[0] == 404
    other = signed_links.public_link("videos/other.mp4").split("/")[2]
    signature = signed.rpartition(":")[2]
    assert get(f"/media/{other.rpartition(':')[0]}:{signature}/{filename}")[0] == 404


def test_the_name_in_the_address_decides_nothing(film):
    signed = signed_links.public_link(film).split("/")[2]
    for filename in ("x", "..", "db.sqlite3", "a%0Ab"):
        response = Client().get(f"/media/{signed}/{filename}")
        assert b"".join(response) == CONTENT
        assert response["Content-Disposition"] == 'inline; filename="film.mp4"'


@pytest.mark.parametrize("path", ["videos/film.mp4", "../db.sqlite3", "%2e%2e/db.sqlite3", ""])
def test_nothing_is_served_by_its_path(film, path):
    assert get(f"/media/{path}")[0] in {302, 404}


def test_a_link_to_a_file_that_is_gone_says_so(film, db):
    link = signed_links.public_link(film)
    default_storage.delete(film)
    assert get(link)[0] == 404


def test_behind_nginx_the_proxy_sends_the_file(film, settings, db):
    settings.X_ACCEL_PREFIX = "/protected-media/"
    response = Client().get(signed_links.public_link(film, download="Grüße.mp4"))
    assert (response.status_code, response.content) == (200, b"")
    assert response["X-Accel-Redirect"] == "/protected-media/videos/film.mp4"
    assert response["Content-Type"] == "video/mp4"
    assert response["Content-Disposition"].startswith("attachment")
    assert response.get("Accept-Ranges") is None  # nginx answers them
    default_storage.delete(film)
    assert Client().get(signed_links.public_link(film)).status_code == 404
