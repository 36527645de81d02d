"""A provider that answers drop by drop holds nobody up."""

import socket
import threading
import time

import pytest

from dashboard.provider import client as clients
from dashboard.provider.answers import ProviderError
from dashboard.provider.client import Client

pytestmark = pytest.mark.slow

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
DRIPS = {
    "in the head": b"HTTP/1.1 200 OK\r\nX-Drops: " + b"." * 400,
    "in a body of a known length": HEAD + b"Content-Length: 400\r\n\r\n" + b" " * 400,
    "in a body that ends with the line": HEAD + b"Connection: close\r\n\r\n" + b" " * 400,
    "in chunks": HEAD + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\n \r\n" * 100,
    "in the size of a chunk": HEAD + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n" + b"0" * 400,
}


@pytest.fixture
def dripping():
    """A server that sends the first part at once and then a byte every 50 ms."""
    server = socket.create_server(("127.0.0.1", 0))
    content = [b""]

    def serve():
        while True:
            try:
                line, _ = server.accept()
            except OSError:
                return
            with line:
                line.recv(65536)
                head, gap, rest = content[0].partition(b"\r\n\r\n")
                line.sendall(head[:20] if not gap else head + gap)
                try:
                    for byte in head[20:] if not gap else rest:
                        line.sendall(bytes([byte]))
                        time.sleep(0.05)
                except OSError:
                    continue

    threading.Thread(target=serve, daemon=True).start()
    yield content, f"http://127.0.0.1:{server.getsockname()[1]}"
    server.close()


@pytest.mark.parametrize("where", DRIPS)
def test_an_answer_has_a_time_limit_as_a_whole(dripping, db, monkeypatch, settings, where):
    monkeypatch.setattr(clients, "READ_SECONDS", 0.6)
    content, url = dripping
    content[0] = DRIPS[where]
    started = time.monotonic()
    with pytest.raises(ProviderError) as caught:
        Client(url, "token").list_videos()
    assert time.monotonic() - started < 5  # drop by drop it would take twenty seconds
    assert caught.value.is_temporary
    assert "does not answer" in str(caught.value)
