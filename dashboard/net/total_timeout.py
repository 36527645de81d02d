"""A time limit for an answer as a whole.

The libraries' own limits begin anew with each byte: a server that answers drop by drop could hold a process for
ever. When the time is up the line is cut, which the reader takes for a broken connection.
"""

import contextlib
import os
import socket
import threading
from collections.abc import Iterator

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


class Line:
    """The connection under an answer. A copy, because TLS and "Connection: close" take the socket itself away."""

    def __init__(self, sock: socket.socket) -> None:
        self.copy = socket.socket(fileno=os.dup(sock.fileno()))

    @contextlib.contextmanager
    def cut_after(self, seconds: float) -> Iterator[None]:
        """End the connection when the block takes longer than that."""
        timer = threading.Timer(seconds, self.cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def cut(self) -> None:
        with contextlib.suppress(OSError):
            self.copy.shutdown(socket.SHUT_RDWR)


class _Limited:
    """The head of an answer within the read time-out, all lines of it together."""

    def getresponse(self):
        if self.sock is None or not isinstance(self.timeout, int | float):
            return super().getresponse()
        line = Line(self.sock)
        with line.cut_after(self.timeout):
            response = super().getresponse()
        response.line = line
        return response


class _Plain(_Limited, HTTPConnection):
    pass


class _Secure(_Limited, HTTPSConnection):
    pass


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


class PatientAdapter(HTTPAdapter):
    """For a session whose read time-out limits how long the head of an answer may take."""

    def init_poolmanager(self, *args: object, **kwargs: object) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}


def body(response: requests.Response, most: int, seconds: float) -> bytes:
    """The body of a streamed answer, at most `most` bytes, within `seconds`. Raises as urllib3 does."""
    line = getattr(response.raw, "line", None)
    if line is None:
        return response.raw.read(most, decode_content=True)
    with contextlib.closing(line.copy), line.cut_after(seconds):
        return response.raw.read(most, decode_content=True)
