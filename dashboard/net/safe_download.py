"""Downloads from addresses that other people name, without becoming their tool.

http and https only; every name is resolved here, private, loopback and link-local addresses are refused, and
the connection is made to the very address that was checked (so a second look-up cannot answer differently).
Redirects open new connections and are checked in the same way. Time and size are limited: at the deadline the
connections are cut, so that nobody gains time by answering drop by drop.
"""

import contextlib
import ipaddress
import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import requests
import urllib3
from django.conf import settings

from dashboard.net.connections import Deadline, open_session

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

CONNECT_SECONDS = 10
READ_SECONDS = 30
MAX_REDIRECTS = 5
PORTS = {"http": 80, "https": 443}
TOO_SLOW = "The download took too long."
NOT_HTTP = "The link leads to something else than http or https."


class DownloadError(Exception):
    """It could not be downloaded; `str` says why in plain words, `is_temporary` whether trying again can help."""

    def __init__(self, sentence: str, *, is_temporary: bool = False) -> None:
        super().__init__(sentence)
        self.is_temporary = is_temporary


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

    def connect(self, host: str, port: int, timeout: float) -> socket.socket:
        host = host.lower().strip("[]").rstrip(".")
        trusted = (host, port) in self.endpoints or host in self.hosts
        problem: OSError = _Refused(f"no address for {host}")
        for family, kind, proto, address in _addresses(host, port):
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
            if ip.is_site_local or ip.is_reserved:
                return False
        return ip.is_global and not ip.is_multicast


def _addresses(host: str, port: int) -> list[tuple[int, int, int, tuple]]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:  # no name at all: a label that is empty or too long
        raise socket.gaierror(socket.EAI_NONAME, str(error)) from error
    return [(family, kind, proto, address) for family, kind, proto, _, address in found]


def site_endpoints() -> frozenset[tuple[str, int]]:
    return frozenset(endpoint(url) for url in (settings.LOCAL_URL, settings.PUBLIC_URL) if url)


def guard(*, also: Iterable[tuple[str, int]] = ()) -> Guard:
    """The guard that the settings ask for: the site itself, ENGINE_FETCH_ALLOW, and `also`."""
    names, networks = settings.ENGINE_FETCH_ALLOW
    return Guard(site_endpoints() | frozenset(also), frozenset(names), tuple(networks))


def download(
    url: str, target: "SupportsWrite[bytes]", *, max_bytes: int, seconds: float, guard: Guard
) -> int:
    """Write what `url` answers to `target` and return its size in bytes. Raises DownloadError."""
    try:
        endpoint(url)
    except ValueError:
        raise DownloadError("The link must be an address that starts with http:// or https://.") from None
    with Deadline(seconds) as deadline, open_session(guard.connect) as session:
        session.headers["Accept-Encoding"] = "identity"
        try:
            for _ in range(MAX_REDIRECTS + 1):
                with session.get(url, stream=True, timeout=(CONNECT_SECONDS, READ_SECONDS)) as response:
                    if not response.is_redirect:
                        return _save(response, target, max_bytes, deadline)
                    url = _redirected(url, response)
        except requests.RequestException as error:
            if deadline.is_over:
                raise DownloadError(TOO_SLOW, is_temporary=True) from error
            raise _explained(error) from error
        except ValueError as error:  # an address that the libraries below cannot write down
            raise DownloadError(NOT_HTTP) from error
    raise DownloadError("The link is redirected too often.")


def _redirected(url: str, response: requests.Response) -> str:
    """Where the answer leads on to."""
    with contextlib.suppress(ValueError):
        # Headers are read as Latin-1; what is in them is UTF-8, if it is anything.
        url = urljoin(url, response.headers["Location"].encode("latin-1").decode())
        endpoint(url)
        return url
    raise DownloadError(NOT_HTTP)


def _save(
    response: requests.Response, target: "SupportsWrite[bytes]", max_bytes: int, deadline: Deadline
) -> int:
    if response.status_code != 200:
        is_temporary = response.status_code in {408, 425, 429} or response.status_code >= 500
        raise DownloadError(
            f"The link answers with an error (HTTP {response.status_code}).", is_temporary=is_temporary
        )
    expected = _announced_bytes(response)
    if expected is not None and expected > max_bytes:
        raise DownloadError(_too_large(max_bytes))
    size = 0
    while chunk := _read(response, deadline):
        size += len(chunk)
        if size > max_bytes:
            raise DownloadError(_too_large(max_bytes))
        if deadline.is_over:
            break
        target.write(chunk)
    if deadline.is_over:  # a line that was cut looks like an end
        raise DownloadError(TOO_SLOW, is_temporary=True)
    if expected is not None and "Content-Encoding" not in response.headers and size != expected:
        raise DownloadError("The download broke off.", is_temporary=True)
    return size


def _announced_bytes(response: requests.Response) -> int | None:
    announced = response.headers.get("Content-Length", "")
    return int(announced) if re.fullmatch(r"[0-9]{1,18}", announced) else None


def _read(response: requests.Response, deadline: Deadline) -> bytes:
    try:
        return response.raw.read1(64 * 1024, decode_content=True)
    except (urllib3.exceptions.HTTPError, OSError) as error:
        if deadline.is_over:
            raise DownloadError(TOO_SLOW, is_temporary=True) from error
        raise DownloadError("The download broke off.", is_temporary=True) from error


def _too_large(max_bytes: int) -> str:
    return f"The file behind the link is larger than {max_bytes // 2**20} MB."


def _explained(error: requests.RequestException) -> DownloadError:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, _Refused):
            return DownloadError("The link leads to an address that this server may not visit.")
        if isinstance(cause, socket.gaierror):
            return DownloadError("The link's server could not be found.", is_temporary=True)
        reason = getattr(cause, "reason", None)
        nested = next((arg for arg in cause.args if isinstance(arg, BaseException)), None)
        following = (
            reason if isinstance(reason, BaseException) else cause.__cause__ or cause.__context__ or nested
        )
        cause = following if following is not cause else None
    if isinstance(error, requests.exceptions.InvalidSchema | requests.exceptions.InvalidURL):
        return DownloadError(NOT_HTTP)
    if isinstance(error, requests.exceptions.SSLError):
        return DownloadError("The link's server has no valid certificate.")
    return DownloadError("The link's server does not answer.", is_temporary=True)
