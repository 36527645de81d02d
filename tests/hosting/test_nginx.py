"""nginx with the example's configuration, in front of the web process: Debian's package, on free ports."""

import os
import shutil
import subprocess
import time
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
import urllib3

from tests.consent import VOICE
from tests.hosting.web_server import ROOT, WebServer, run_web_server, wait_until_it_answers
from tests.services import free_port

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not shutil.which("nginx"), reason="nginx is missing (Debian: apt install nginx-light)"
    ),
    pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning"),
]

NAME = "studio.example.com"
MAIN = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
{user}
events {{ worker_connections 64; }}
http {{
    access_log off;
    include /etc/nginx/mime.types;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


@dataclass
class Site:
    http: str
    https: str
    web: WebServer
    folder: Path

    def request(self, method: str, path: str, **options: object) -> requests.Response:
        options.setdefault("timeout", 120)
        headers = {"Host": NAME} | options.pop("headers", {})
        return requests.request(
            method, self.https + path, headers=headers, verify=False, allow_redirects=False, **options
        )

    def store(self, name: str, content: bytes) -> str:
        """A link to a stored file, for whoever has it."""
        code = (
            "import sys; from django.core.files.base import ContentFile\n"
            "from django.core.files.storage import default_storage as storage\n"
            "from dashboard.files.signed_links import public_link\n"
            f"name = storage.save({name!r}, ContentFile(bytes.fromhex({content.hex()!r})))\n"
            f"assert name == {name!r}\n"
            "print(public_link(name))"
        )
        return self.web.run(code).strip().splitlines()[-1]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("nginx")
    settings = {"PUBLIC_URL": f"https://{NAME}", "X_ACCEL_PREFIX": "/protected-media/"}
    with run_web_server(folder, **settings) as web:
        http, https = free_port(), free_port()
        make_certificate(folder)
        example = (ROOT / "deploy" / "nginx.conf").read_text()
        for old, new in {
            "server 127.0.0.1:8000;": f"server {web.url.removeprefix('http://')};",
            "    listen [::]:80;\n": "",
            "    listen [::]:443 ssl http2;\n": "",
            "listen 80;": f"listen 127.0.0.1:{http};",
            "listen 443 ssl": f"listen 127.0.0.1:{https} ssl",
            f"/etc/letsencrypt/live/{NAME}/fullchain.pem": f"{folder}/certificate.pem",
            f"/etc/letsencrypt/live/{NAME}/privkey.pem": f"{folder}/key.pem",
            "/srv/talking-avatars/data/media/": f"{web.data}/media/",
        }.items():
            assert old in example, old
            example = example.replace(old, new)
        (folder / "site.conf").write_text(example)
        user = "" if os.getuid() else "user root;"  # the user that the product runs as
        (folder / "nginx.conf").write_text(MAIN.format(folder=folder, user=user))
        process = subprocess.Popen(["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")])
        try:
            wait_until_it_answers(f"http://127.0.0.1:{http}/", process, folder / "error.log")
            yield Site(f"http://127.0.0.1:{http}", f"https://127.0.0.1:{https}", web, folder)
        finally:
            process.terminate()
            process.wait(20)


def make_certificate(folder: Path) -> None:
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        f"/CN={NAME}",
    ]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")]
    subprocess.run([*command, *files], check=True, capture_output=True)


@pytest.fixture
def owner(site: Site) -> dict[str, str]:
    """The cookie of somebody who is signed in."""
    code = (
        "from django.test import Client; from dashboard.models import User\n"
        "user = User.objects.filter(email='olga@example.com').first() or User.objects.create_user(\n"
        "    'olga@example.com', 'a long password', name='Olga', role='owner')\n"
        "client = Client(); client.force_login(user)\n"
        "print(*[f'{name}={cookie.value}' for name, cookie in client.cookies.items()])"
    )
    name, value = site.web.run(code).strip().splitlines()[-1].split("=", 1)
    return {name: value}


def test_http_leads_to_https(site):
    response = requests.get(f"{site.http}/videos/?q=a", headers={"Host": NAME}, allow_redirects=False)
    assert (response.status_code, response.headers["Location"]) == (301, f"https://{NAME}/videos/?q=a")


def test_pages_come_with_the_headers_of_https(site, owner):
    page = site.request("GET", "/accounts/login/", cookies=owner | {"unknown": "1"})
    assert page.status_code == 302  # to the home page: https was understood, and the session
    page = site.request("GET", "/account/", cookies=owner)
    assert page.status_code == 200
    assert page.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert page.headers["X-Frame-Options"] == "DENY"
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert all(cookie.secure for cookie in page.cookies)
    assert page.headers["Server"] == "nginx"
    assert len(page.headers["X-Request-ID"]) == 32


@pytest.mark.parametrize("name", ["videos/videos/film.mp4", "videos/videos/50 % ä ?#.mp4"])
def test_nginx_sends_the_file_and_its_ranges(site, name):
    content = bytes(range(256)) * 64
    link = site.store(name, content)
    whole = site.request("GET", link)
    assert (whole.status_code, whole.content) == (200, content)
    part = site.request("GET", link, headers={"Range": "bytes=1000-1999"})
    assert (part.status_code, part.content) == (206, content[1000:2000])
    assert part.headers["Content-Range"] == f"bytes 1000-1999/{len(content)}"
    end = site.request("GET", link, headers={"Range": "bytes=-5"})
    assert (end.status_code, end.content) == (206, content[-5:])
    assert site.request("GET", link, headers={"Range": "bytes=99999-"}).status_code == 416
    head = site.request("HEAD", link)
    assert (head.headers["Content-Length"], head.content) == (str(len(content)), b"")
    # That the product did not send it itself: its own answers have no such header.
    assert "Last-Modified" in whole.headers


def test_a_file_keeps_the_headers_that_make_it_harmless(site):
    sent = site.request("GET", site.store("videos/videos/other.mp4", b"film"))
    assert sent.headers["Content-Type"] == "video/mp4"
    assert sent.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert sent.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert sent.headers["X-Content-Type-Options"] == "nosniff"
    assert sent.headers["Strict-Transport-Security"].startswith("max-age=")
    assert sent.headers["Cache-Control"].startswith("private, max-age=")
    assert "filename" in sent.headers["Content-Disposition"]


def test_nobody_gets_a_file_without_its_link(site):
    site.store("videos/videos/private.mp4", b"film")
    assert site.request("GET", "/protected-media/videos/videos/private.mp4").status_code == 404
    assert site.request("GET", "/protected-media/../db.sqlite3").status_code in (302, 400, 404)
    assert site.request("GET", "/media/forged/private.mp4").status_code == 404


def test_a_recording_of_200_mb_goes_through(site, owner, tmp_path):
    path = tmp_path / "long.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(3)
        file.setframerate(192_000)
        second = bytes(range(0, 240, 2)) * (192_000 * 6 // 120)
        for _ in range(199 * 2**20 // len(second)):
            file.writeframesraw(second)
    assert path.stat().st_size > 195 * 2**20
    with path.open("rb") as file:
        response = post_voice(site, owner, "long.wav", file)
    assert response.status_code in (200, 302), response.text[:500]
    code = "from videos.models import Voice; print([round(voice.seconds) for voice in Voice.objects.all()])"
    length = round(path.stat().st_size / (192_000 * 6))
    assert site.web.run(code).strip().splitlines()[-1] == f"[{length}]"
    assert not any(
        path.is_file() for path in (site.folder / "body").rglob("*")
    )  # nothing was kept on the way


def test_more_than_that_is_refused_before_it_is_sent(site, owner):
    response = site.request(
        "POST", "/videos/voices/new/", cookies=owner, headers={"Content-Length": str(220 * 2**20)}, data=b""
    )
    assert response.status_code == 413


def post_voice(site: Site, cookies: dict[str, str], name: str, file: object) -> requests.Response:
    page = site.request("GET", "/videos/voices/", cookies=cookies)
    cookies = cookies | page.cookies.get_dict()
    token = page.text.split('name="csrfmiddlewaretoken" value="', 1)[1].split('"', 1)[0]
    body, content_type = urllib3.encode_multipart_formdata(
        VOICE | {"csrfmiddlewaretoken": token, "sound": (name, file.read(), "audio/wav")}
    )
    headers = {"Content-Type": content_type, "Referer": f"https://{NAME}/videos/voices/"}
    start = time.monotonic()
    response = site.request(
        "POST", "/videos/voices/new/", cookies=cookies, headers=headers, data=body, timeout=280
    )
    print(f"{len(body) / 2**20:.0f} MB in {time.monotonic() - start:.0f} s")
    return response
