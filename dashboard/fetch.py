"""Downloads from addresses that other people name, without becoming their tool.

http and https only; every name is resolved here, private, loopback and link-local addresses are refused, and
the connection is made to the very address that was checked (so a second look-up cannot answer differently).
Redirects open new connections and are checked in the same way. Time and size are limited.
"""

import ipaddress
import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import requests
import urllib3
from django.conf import settings
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

CONNECT_SECONDS = 10
READ_SECONDS = 30
MAX_REDIRECTS = 5
PORTS = {"http": 80, "https": 443}


class FetchError(Exception):
    """It could not be downloaded; `str` says why in plain words, `passing` whether trying again can help."""

    def __init__(self, sentence: str, *, passing: bool = False) -> None:
        super().__init__(sentence)
        self.passing = passing


class _Refused(OSError):
    """An address that must not be connected to."""


def endpoint(url: str) -> tuple[str, int]:
    """Host and port of an address. Raises ValueError."""
    parts = urlsplit(url)
    if not parts.hostname or parts.scheme not in PORTS:
        raise ValueError(url)
    return parts.hostname.lower(), parts.port or PORTS[parts.scheme]


@dataclass(frozen=True)
class Guard:
    """Which addresses may be connected to, beside those of the public internet."""

    endpoints: frozenset[tuple[str, int]] = frozenset()
    hosts: frozenset[str] = frozenset()
    networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = field(default=())

    def connect(self, host: str, port: int, timeout: float | None) -> socket.socket:
        host = host.lower().strip("[]").rstrip(".")
        trusted = (host, port) in self.endpoints or host in self.hosts
        problem: OSError = _Refused(f"no address for {host}")
        for family, kind, proto, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            ip = ipaddress.ip_address(address[0].partition("%")[0])
            if not trusted and not self.allows(ip):
                problem = _Refused(f"{host} is not on the public internet")
                continue
            sock = socket.socket(family, kind, proto)
            try:
                sock.settimeout(timeout)
                sock.connect(address)
            except OSError as error:
                sock.close()
                problem = error
            else:
                return sock
        raise problem

    def allows(self, ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
        if any(ip in network for network in self.networks):
            return True
        if isinstance(ip, ipaddress.IPv6Address):
            # An IPv4 address in IPv6 clothes (mapped, 6to4, NAT64) is judged by what it carries.
            inner = ip.ipv4_mapped or ip.sixtofour
            if ip in ipaddress.ip_network("64:ff9b::/96"):
                inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
            if inner is not None:
                return self.allows(inner)
        return ip.is_global and not ip.is_multicast


def site_endpoints() -> frozenset[tuple[str, int]]:
    return frozenset(endpoint(url) for url in (settings.LOCAL_URL, settings.PUBLIC_URL) if url)


def guard(*, also: Iterable[tuple[str, int]] = ()) -> Guard:
    """The guard that the settings ask for: the site itself, ENGINE_FETCH_ALLOW, and `also`."""
    names, networks = settings.ENGINE_FETCH_ALLOW
    return Guard(site_endpoints() | frozenset(also), frozenset(names), tuple(networks))


class _Adapter(HTTPAdapter):
    """Makes every connection of a session through the guard."""

    def __init__(self, guard: Guard) -> None:
        self.guard = guard
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        guard = self.guard  # the classes below close over it

        class _Plain(HTTPConnection):
            def _new_conn(self) -> socket.socket:
                return guard.connect(self._dns_host, self.port, CONNECT_SECONDS)

        class _Secure(HTTPSConnection):
            def _new_conn(self) -> socket.socket:
                return guard.connect(self._dns_host, self.port, CONNECT_SECONDS)

        class _PlainPool(HTTPConnectionPool):
            ConnectionCls = _Plain

        class _SecurePool(HTTPSConnectionPool):
            ConnectionCls = _Secure

        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}


def download(url: str, target: BinaryIO, *, max_bytes: int, seconds: float, guard: Guard) -> int:
    """Write what `url` answers to `target` and return its size in bytes. Raises FetchError."""
    deadline = time.monotonic() + seconds
    try:
        endpoint(url)
    except ValueError:
        raise FetchError("The link must be an address that starts with http:// or https://.") from None
    with requests.Session() as session:
        session.trust_env = False  # a proxy from the environment would connect for us, unguarded
        session.max_redirects = MAX_REDIRECTS
        for scheme in ("http://", "https://"):
            session.mount(scheme, _Adapter(guard))
        try:
            with session.get(url, stream=True, timeout=(CONNECT_SECONDS, READ_SECONDS)) as response:
                return _save(response, target, max_bytes, deadline)
        except requests.RequestException as error:
            raise _explained(error) from error


def _save(response: requests.Response, target: BinaryIO, max_bytes: int, deadline: float) -> int:
    if response.status_code != 200:
        passing = response.status_code in {408, 425, 429} or response.status_code >= 500
        raise FetchError(f"The link answers with an error (HTTP {response.status_code}).", passing=passing)
    expected = response.headers.get("Content-Length", "")
    if expected.isdigit() and int(expected) > max_bytes:
        raise FetchError(_too_large(max_bytes))
    size = 0
    # read1 returns what is there: a server that drips its answer cannot outwait the deadline.
    while chunk := _read(response):
        size += len(chunk)
        if size > max_bytes:
            raise FetchError(_too_large(max_bytes))
        if time.monotonic() > deadline:
            raise FetchError("The download took too long.", passing=True)
        target.write(chunk)
    if expected.isdigit() and "Content-Encoding" not in response.headers and size != int(expected):
        raise FetchError("The download broke off.", passing=True)
    return size


def _read(response: requests.Response) -> bytes:
    try:
        return response.raw.read1(64 * 1024, decode_content=True)
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise FetchError("The download broke off.", passing=True) from error


def _too_large(max_bytes: int) -> str:
    return f"The file behind the link is larger than {max_bytes // 2**20} MB."


def _explained(error: requests.RequestException) -> FetchError:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, _Refused):
            return FetchError("The link leads to an address that this server may not visit.")
        if isinstance(cause, socket.gaierror):
            return FetchError("The link's server could not be found.", passing=True)
        reason = getattr(cause, "reason", None)
        nested = next((arg for arg in cause.args if isinstance(arg, BaseException)), None)
        following = (
            reason if isinstance(reason, BaseException) else cause.__cause__ or cause.__context__ or nested
        )
        cause = following if following is not cause else None
    if isinstance(error, requests.TooManyRedirects):
        return FetchError("The link is redirected too often.")
    if isinstance(error, requests.exceptions.InvalidSchema | requests.exceptions.InvalidURL):
        return FetchError("The link leads to something else than http or https.")
    if isinstance(error, requests.exceptions.SSLError):
        return FetchError("The link's server has no valid certificate.")
    return FetchError("The link's server does not answer.", passing=True)
