"""HTTP sessions for untrusted servers: a time limit for the whole exchange, and a hook for making connections.

The time-outs of requests and urllib3 start again with each byte, so a server that sends byte by byte could block a
process for ever. A `Deadline` cuts the connections instead, which to the reader looks like a broken connection.
"""

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable
from contextvars import ContextVar
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

# Connects to a host and port within a number of seconds. Raises OSError.
Connect = Callable[[str, int, float], socket.socket]

_running: ContextVar["Deadline | None"] = ContextVar("deadline", default=None)


class Deadline:
    """Within the `with` block, the connections of `open_session` are cut when `seconds` are over."""

    def __init__(self, seconds: float) -> None:
        self._ends_at = time.monotonic() + seconds
        # Duplicates, because TLS and "Connection: close" detach the socket itself.
        self._duplicates: list[socket.socket] = []
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> "Deadline":
        self._timer.start()
        self._token = _running.set(self)
        return self

    def __exit__(self, *exc: object) -> None:
        _running.reset(self._token)
        self._timer.cancel()
        with self._lock:
            for duplicate in self._duplicates:
                duplicate.close()
            self._duplicates.clear()

    @property
    def left(self) -> float:
        return self._ends_at - time.monotonic()

    @property
    def is_over(self) -> bool:
        return self.left <= 0

    def end(self) -> None:
        """Cut all connections now, as if the time was up. Any thread may call it."""
        self._ends_at = time.monotonic()
        self._cut()

    def watch(self, sock: socket.socket) -> None:
        """Cut this connection too when the time is up."""
        with self._lock:
            self._duplicates.append(socket.socket(fileno=os.dup(sock.fileno())))
        if self.is_over:
            self._cut()

    def _cut(self) -> None:
        with self._lock:
            for duplicate in self._duplicates:
                with contextlib.suppress(OSError):
                    duplicate.shutdown(socket.SHUT_RDWR)


if TYPE_CHECKING:

    class _Base(HTTPConnection):
        """What the mixin uses of urllib3's connections."""

        _dns_host: str

        def _new_conn(self) -> socket.socket: ...

else:
    _Base = object


class _WatchedMixin(_Base):
    """A connection that the running deadline watches, whether it is new or was kept open after an earlier answer."""

    connect_to: Connect | None = None
    watched_by: Deadline | None = None

    def _new_conn(self) -> socket.socket:
        deadline = _running.get()
        if self.connect_to is None:
            sock = super()._new_conn()
        else:
            sock = self.connect_to(self._dns_host, self.port or 0, self._connect_seconds(deadline))
        if deadline is not None:
            deadline.watch(sock)
        self.watched_by = deadline
        return sock

    def _connect_seconds(self, deadline: Deadline | None) -> float:
        seconds = self.timeout if isinstance(self.timeout, int | float) else 60.0
        if deadline is None:
            return seconds
        if deadline.is_over:
            raise TimeoutError
        return min(seconds, deadline.left)

    def request(self, *args: Any, **kwargs: Any) -> None:
        deadline = _running.get()
        if self.sock is not None and deadline is not None and self.watched_by is not deadline:
            deadline.watch(self.sock)
            self.watched_by = deadline
        super().request(*args, **kwargs)


class _Adapter(HTTPAdapter):
    def __init__(self, connect: Connect | None) -> None:
        self._connect = connect
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        attributes = {"connect_to": staticmethod(self._connect) if self._connect else None}
        plain = type("Connection", (_WatchedMixin, HTTPConnection), attributes)
        secure = type("SecureConnection", (_WatchedMixin, HTTPSConnection), attributes)
        self.poolmanager.pool_classes_by_scheme = {
            "http": type("Pool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
            "https": type("SecurePool", (HTTPSConnectionPool,), {"ConnectionCls": secure}),
        }


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """None, so that requests follows no redirect: it would read the whole body, and fail with odd addresses."""


def open_session(connect: Connect | None = None) -> requests.Session:
    """A session that follows no redirects, uses no proxies and keeps no cookies. `connect` makes all its connections."""
    session = _Session()
    session.trust_env = False  # a proxy from the environment would bypass `connect`
    session.cookies.set_policy(
        DefaultCookiePolicy(allowed_domains=[])
    )  # sent back, many of them break each request
    for scheme in ("http://", "https://"):
        session.mount(scheme, _Adapter(connect))
    return session
