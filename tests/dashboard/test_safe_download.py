"""Downloads from addresses that other people name: what is refused, and what an evil server can do (nothing)."""

import contextlib
import gzip
import io
import ipaddress
import socket
import time
from collections.abc import Iterator

import pytest

from dashboard.net import safe_download
from dashboard.net.safe_download import DownloadError, Guard, download
from tests.local_web import LocalWeb, answer, respond_status

pytestmark = pytest.mark.slow

MAY_NOT = "The link leads to an address that this server may not visit."
LOOPBACK = Guard(hosts=frozenset({"127.0.0.1"}))


@pytest.fixture
def web() -> Iterator[LocalWeb]:
    server = LocalWeb()
    server.pages["/x"] = b"hello"
    yield server
    server.close()


def fetched(url, guard=LOOPBACK, max_bytes=1000, seconds=10.0):
    file = io.BytesIO()
    size = download(url, file, max_bytes=max_bytes, seconds=seconds, guard=guard)
    assert size == len(file.getvalue())
    return file.getvalue()


def refusal(url, guard=LOOPBACK, **limits):
    with pytest.raises(DownloadError) as caught:
        fetched(url, guard, **limits)
    return str(caught.value), caught.value.is_temporary


def redirect(to, status=302):
    return lambda handler: answer(handler, b"", status, Location=to)


def test_what_the_link_leads_to_is_written_to_the_file(web):
    assert fetched(web.url + "/x") == b"hello"


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "127.9.9.9", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1"),
        *("169.254.169.254", "224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.2.1", "2130706433", "0x7f.1"),
        *("[::1]", "[::]", "[fe80::1]", "[fd00::1]", "[fec0::1]", "[ff02::1]", "[2001:db8::1]"),
        *("[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]"),
        *("localhost", "LOCALHOST", "127.0.0.1.", "user:secret@127.0.0.1"),
    ],
)  # fmt: skip
def test_no_address_inside_the_wall_is_visited(web, host):
    assert refusal(f"http://{host}:{web.port}/x", Guard()) == (MAY_NOT, False)
    assert web.requested == []


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"])
def test_the_internet_is_open(address):
    assert Guard().allows(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url", ["", "x", "ftp://e.com/x", "file:///etc/passwd", "http://", "http://e.com:x/"]
)
def test_other_things_than_web_addresses_are_refused(url):
    assert refusal(url) == ("The link must be an address that starts with http:// or https://.", False)


@pytest.mark.parametrize(
    "host", ["a" * 64 + ".com", "a..b", "no-such-host.invalid", ".com", "*.com", "x_y z"]
)
def test_a_name_that_is_none_is_a_sentence_too(host):
    sentence, _ = refusal(f"http://{host}/")
    assert sentence.endswith(".")


def test_a_redirect_to_the_inside_is_refused(web):
    inside = LocalWeb("127.0.0.2")
    inside.pages["/secret"] = b"secret"
    web.pages["/go"] = redirect(inside.url + "/secret")
    assert refusal(web.url + "/go") == (MAY_NOT, False)
    assert inside.requested == []
    inside.close()


def test_redirects_are_followed_but_not_for_ever(web):
    web.pages["/1"] = redirect("/2", 301)
    web.pages["/2"] = redirect(web.url + "/3", 307)
    web.pages["/3"] = redirect("x", 308)
    assert fetched(web.url + "/1") == b"hello"
    web.pages["/loop"] = redirect("/loop")
    assert refusal(web.url + "/loop") == ("The link is redirected too often.", False)
    assert web.requested.count("/loop") == safe_download.MAX_REDIRECTS + 1


@pytest.mark.parametrize("to", ["file:///etc/passwd", "ftp://127.0.0.1/x", "http://[", "javascript:1"])
def test_a_redirect_to_something_else_is_refused(web, to):
    web.pages["/go"] = redirect(to)
    assert refusal(web.url + "/go") == (safe_download.NOT_HTTP, False)


def test_the_body_of_a_redirect_is_not_read(web):
    sent = []

    def endless(handler):
        handler.send_response(302)
        handler.send_header("Location", "/x")
        handler.end_headers()
        for _ in range(2000):
            handler.wfile.write(b"x" * 65536)
            sent.append(1)

    web.pages["/go"] = endless
    assert fetched(web.url + "/go") == b"hello"
    assert len(sent) < 1000


def test_a_name_is_looked_up_once_for_each_connection(web, monkeypatch):
    """A name server that answers differently the second time (rebinding) is not asked a second time."""
    answers = [("93.184.216.34", False), ("127.0.0.1", True)]
    looked_up, connected = [], []

    def getaddrinfo(host, port, **kwargs):
        looked_up.append(host)
        address, _ = answers[min(len(looked_up), 2) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    def connect(self, address):
        connected.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(socket.socket, "connect", connect)
    assert refusal(f"http://evil.example:{web.port}/x", Guard())[1] is True
    assert looked_up == ["evil.example"]
    assert connected == ["93.184.216.34"]


def test_of_several_addresses_only_the_public_ones_are_tried(monkeypatch):
    connected = []

    def connect(self, address):
        connected.append(address[0])
        raise ConnectionRefusedError

    found = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80))
        for address in ("127.0.0.1", "93.184.216.34")
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: found)
    monkeypatch.setattr(socket.socket, "connect", connect)
    refusal("http://both.example/", Guard())
    assert connected == ["93.184.216.34"]


def test_a_proxy_of_the_environment_is_not_used(web, monkeypatch):
    monkeypatch.setenv("http_proxy", web.url)
    monkeypatch.setenv("HTTP_PROXY", web.url)
    assert refusal(f"http://10.0.0.1:{web.port}/x", Guard())[0] == MAY_NOT
    assert web.requested == []


def test_the_site_itself_may_be_visited(web, settings):
    settings.LOCAL_URL = web.url
    assert fetched(web.url + "/x", safe_download.guard()) == b"hello"
    other = LocalWeb()
    assert refusal(other.url + "/x", safe_download.guard())[0] == MAY_NOT  # another port is another site
    other.close()


@pytest.mark.parametrize(
    "allowed", [({"127.0.0.1"}, []), (set(), [ipaddress.ip_network("127.0.0.0/8")]), ({"localhost"}, [])]
)
def test_the_settings_open_doors_to_hosts_and_networks(web, settings, allowed):
    settings.ENGINE_FETCH_ALLOW = allowed
    host = "localhost" if "localhost" in allowed[0] else "127.0.0.1"
    assert fetched(f"http://{host}:{web.port}/x", safe_download.guard()) == b"hello"
    assert refusal(f"http://10.0.0.1:{web.port}/x", safe_download.guard())[0] == MAY_NOT


def test_a_file_that_is_too_large_is_refused_by_its_announced_size(web):
    web.pages["/large"] = b"x" * 2**20
    assert refusal(web.url + "/large", max_bytes=2**20 - 1)[1] is False
    assert len(fetched(web.url + "/large", max_bytes=2**20)) == 2**20


def test_a_file_that_does_not_announce_its_size_is_cut_off_at_the_limit(web):
    def endless(handler):
        handler.send_response(200)
        handler.end_headers()
        for _ in range(10_000):
            handler.wfile.write(b"x" * 65536)

    web.pages["/endless"] = endless
    sentence, is_temporary = refusal(web.url + "/endless", max_bytes=2**20)
    assert (sentence, is_temporary) == ("The file behind the link is larger than 1 MB.", False)


def test_what_was_packed_small_is_measured_unpacked(web):
    bomb = gzip.compress(b"\0" * 2**24)
    web.pages["/bomb"] = lambda handler: answer(handler, bomb, Content_Encoding="gzip")
    assert "larger" in refusal(web.url + "/bomb", max_bytes=2**20)[0]
    small = gzip.compress(b"hello" * 10)
    web.pages["/small"] = lambda handler: answer(handler, small, Content_Encoding="gzip")
    assert fetched(web.url + "/small") == b"hello" * 10


@pytest.mark.parametrize("part", ["head", "body", "silent", "endless head"])
def test_a_server_that_answers_drop_by_drop_is_left_at_the_deadline(web, part):
    def drip(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        if part == "body":
            handler.wfile.write(b"\r\n")
        for n in range(200):
            if part != "silent":
                handler.wfile.write(b"X-%d: y\r\n" % n if part == "endless head" else b"x")
            time.sleep(0.05)

    web.pages["/drip"] = drip
    started = time.monotonic()
    assert refusal(web.url + "/drip", seconds=0.7) == (safe_download.TOO_SLOW, True)
    assert time.monotonic() - started < 2


def test_a_download_that_breaks_off_is_no_whole_file(web):
    def short(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(b"half")
        handler.close_connection = True

    web.pages["/short"] = short
    assert refusal(web.url + "/short") == ("The download broke off.", True)


@pytest.mark.parametrize(
    ("status", "is_temporary"), [(404, False), (403, False), (401, False), (204, False), (500, True), (503, True), (429, True)]
)  # fmt: skip
def test_an_error_of_the_other_server_is_told_with_its_number(web, status, is_temporary):
    web.pages["/x"] = respond_status(status) if status != 204 else lambda handler: answer(handler, b"", 204)
    assert refusal(web.url + "/x") == (f"The link answers with an error (HTTP {status}).", is_temporary)


@pytest.mark.parametrize("announced", ["\xb2", "nan", "9" * 5000, "-5", "5, 5", "", "+5"])
def test_a_size_that_is_no_number_is_no_size(web, announced):
    def odd(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", announced)
        handler.end_headers()
        handler.wfile.write(b"hello")
        handler.close_connection = True

    web.pages["/odd"] = odd
    with contextlib.suppress(DownloadError):  # the reader below may take it for a broken answer
        assert fetched(web.url + "/odd") == b"hello"


@pytest.mark.parametrize("path", ["/\ud800", "/\0", "/x\r\nHost: y", "/%zz", "/é", "/x y", "/?\ud800#\udfff"])
def test_odd_characters_in_an_address_are_a_sentence_or_asked_for(web, path):
    with contextlib.suppress(DownloadError):
        fetched(web.url + path)
    assert len(web.requested) <= 1


def test_a_server_that_is_not_there_may_be_back_later(web):
    web.close()
    assert refusal(web.url + "/x") == ("The link's server does not answer.", True)


def test_a_server_that_speaks_no_tls_is_a_sentence(web):
    sentence, _ = refusal(web.url.replace("http:", "https:") + "/x")
    assert sentence.startswith("The link's server")


def test_chunked_answers_are_put_together(web):
    def chunked(handler):
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for piece in (b"he", b"llo"):
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        handler.wfile.write(b"0\r\n\r\n")

    web.pages["/chunked"] = chunked
    assert fetched(web.url + "/chunked") == b"hello"
