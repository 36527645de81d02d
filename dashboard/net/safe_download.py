"""Downloads from addresses that other people choose, safe against server-side request forgery.

Only http and https; private, loopback and link-local addresses are refused, and the connection is made to the address
that was checked (so that a second DNS query cannot give another one). Redirects are checked in the same way. Size and
total time are limited: at the deadline the connections are cut, also while data is arriving. watched_download.py adds
a lowest speed, and a question that is asked while data is arriving.
"""

import contextlib
import ipaddress
import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
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
    """A download failed. `str`: a sentence for people; `is_temporary`: whether trying again can help."""

    def __init__(self, sentence: str, *, is_temporary: bool = False) -> None:
        super().__init__(sentence)
        self.is_temporary = is_temporary


class TooLarge(DownloadError):
    """The file is larger than `max_bytes`: as was announced, or as it turned out."""


class _AddressRefused(OSError):
    """An address that must not be connected to."""


def endpoint(url: str) -> tuple[str, int]:
    """Host and port of an address. Raises ValueError."""
    parts = urlsplit(url)
    if not parts.hostname or parts.scheme not in PORTS:
        raise ValueError(url)
    return parts.hostname.lower(), parts.port or PORTS[parts.scheme]


@dataclass(frozen=True)
class Guard:
    """The addresses that may be connected to, besides those of the public internet."""

    endpoints: frozenset[tuple[str, int]] = frozenset()
    hosts: frozenset[str] = frozenset()
    networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = field(default=())

    def connect(self, host: str, port: int, timeout: float) -> socket.socket:
        """A connection to an address of the host that is allowed. Raises OSError."""
        host = host.lower().strip("[]").rstrip(".")
        trusted = (host, port) in self.endpoints or host in self.hosts
        problem: OSError = _AddressRefused(f"no address for {host}")
        for family, kind, proto, address in _resolve(host, port):
            ip = ipaddress.ip_address(address[0].partition("%")[0])
            if not trusted and not self.allows(ip):
                problem = _AddressRefused(f"{host} is not on the public internet")
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
        """Whether this address may be connected to."""
        if any(ip in network for network in self.networks):
            return True
        if isinstance(ip, ipaddress.IPv6Address):
            # An IPv4 address inside an IPv6 one (mapped, 6to4, NAT64) counts as that IPv4 address.
            inner = ip.ipv4_mapped or ip.sixtofour
            if ip in ipaddress.ip_network("64:ff9b::/96"):
                inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
            if inner is not None:
                return self.allows(inner)
            if ip.is_site_local or ip.is_reserved:
                return False
        return ip.is_global and not ip.is_multicast


def _resolve(host: str, port: int) -> list[tuple[int, int, int, tuple[Any, ...]]]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:  # an invalid name: a label that is empty or too long
        raise socket.gaierror(socket.EAI_NONAME, str(error)) from error
    return [(family, kind, proto, address) for family, kind, proto, _, address in found]


def site_endpoints() -> frozenset[tuple[str, int]]:
    """Host and port of this site itself, and of the bucket that it leads to."""
    urls = [settings.LOCAL_URL, settings.INTERNAL_URL, settings.PUBLIC_URL, *settings.BUCKET_ORIGINS]
    return frozenset(endpoint(url) for url in urls if url)


def guard(*, also: Iterable[tuple[str, int]] = ()) -> Guard:
    """The guard of the settings: the site itself, ENGINE_FETCH_ALLOW, and `also`."""
    names, networks = settings.ENGINE_FETCH_ALLOW
    return Guard(site_endpoints() | frozenset(also), frozenset(names), tuple(networks))


def download(
    url: str, target: "SupportsWrite[bytes]", *, max_bytes: int, seconds: float, guard: Guard
) -> int:
    """Write the content of `url` to `target`. Returns its size in bytes. Raises DownloadError."""
    with Deadline(seconds) as deadline:
        return follow(url, target, max_bytes, deadline, guard)


def follow(url: str, target: "SupportsWrite[bytes]", max_bytes: int, deadline: Deadline, guard: Guard) -> int:
    """`download` with a deadline that has been entered. Raises DownloadError."""
    try:
        endpoint(url)
    except ValueError:
        raise DownloadError("The link must be an address that starts with http:// or https://.") from None
    with open_session(guard.connect) as session:
        session.headers["Accept-Encoding"] = "identity"
        try:
            for _ in range(MAX_REDIRECTS + 1):
                with session.get(url, stream=True, timeout=(CONNECT_SECONDS, READ_SECONDS)) as response:
                    if not response.is_redirect:
                        return _save(response, target, max_bytes, deadline)
                    url = _resolve_redirect(url, response)
        except requests.RequestException as error:
            if deadline.is_over:
                raise DownloadError(TOO_SLOW, is_temporary=True) from error
            raise _explain(error) from error
        except ValueError as error:  # an address that the libraries cannot encode
            raise DownloadError(NOT_HTTP) from error
    raise DownloadError("The link is redirected too often.")


def _resolve_redirect(url: str, response: requests.Response) -> str:
    """The address that the answer redirects to. Raises DownloadError."""
    with contextlib.suppress(ValueError):
        # requests decodes headers as Latin-1; addresses in them are UTF-8.
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
    expected = _read_content_length(response)
    if expected is not None and expected > max_bytes:
        raise TooLarge(_too_large(max_bytes))
    size = 0
    while chunk := _read(response, deadline):
        size += len(chunk)
        if size > max_bytes:
            raise TooLarge(_too_large(max_bytes))
        if deadline.is_over:
            break
        target.write(chunk)
    if deadline.is_over:  # a connection that was cut looks like the end of the file
        raise DownloadError(TOO_SLOW, is_temporary=True)
    if expected is not None and "Content-Encoding" not in response.headers and size != expected:
        raise DownloadError("The download broke off.", is_temporary=True)
    return size


def _read_content_length(response: requests.Response) -> int | None:
    value = response.headers.get("Content-Length", "")
    return int(value) if re.fullmatch(r"[0-9]{1,18}", value) else None


def _read(response: requests.Response, deadline: Deadline) -> bytes:
    try:
        return response.raw.read1(64 * 1024, decode_content=True)
    except (urllib3.exceptions.HTTPError, OSError) as error:
        if deadline.is_over:
            raise DownloadError(TOO_SLOW, is_temporary=True) from error
        raise DownloadError("The download broke off.", is_temporary=True) from error


def _too_large(max_bytes: int) -> str:
    return f"The file behind the link is larger than {max_bytes // 2**20} MB."


def _explain(error: requests.RequestException) -> DownloadError:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, _AddressRefused):
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
