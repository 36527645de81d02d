"""Read settings from the environment. An invalid value raises ImproperlyConfigured with one sentence."""

import ipaddress
import os
import zoneinfo
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

_UNITS = {"m": 60, "h": 3600, "d": 24 * 3600}


def text(name: str, default: str = "") -> str:
    """The value without surrounding space; an empty value counts as unset."""
    return os.environ.get(name, "").strip() or default


def secret(name: str) -> str:
    """The value of NAME, or the content of the file that NAME_FILE names, as container platforms hand over secrets."""
    path = text(f"{name}_FILE")
    if not path:
        return text(name)
    if text(name):
        raise ImproperlyConfigured(f"Set {name} or {name}_FILE, not both.")
    try:
        value = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not a text"
        raise ImproperlyConfigured(f"{name}_FILE names {path}, which cannot be read: {reason}.") from error
    if not value:
        raise ImproperlyConfigured(f"{name}_FILE names {path}, which is empty.")
    return value


def number(name: str, default: int, *, minimum: int = 0, maximum: int | None = None) -> int:
    """A whole number within limits."""
    raw = text(name)
    if not raw:
        return default
    try:
        value = int(raw)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {raw!r}.") from None
    if value < minimum:
        raise ImproperlyConfigured(f"{name} must be at least {minimum}, not {value}.")
    if maximum is not None and value > maximum:
        raise ImproperlyConfigured(f"{name} must be at most {maximum}, not {value}.")
    return value


def duration(name: str, default: str = "") -> int:
    """Seconds of a length of time like 30m, 24h or 7d; 0 where none is set."""
    raw = text(name, default).lower()
    if not raw:
        return 0
    number, unit = raw[:-1], raw[-1:]
    if not (number.isascii() and number.isdigit() and int(number) and unit in _UNITS):
        raise ImproperlyConfigured(f"{name} must be like 30m, 24h or 7d, not {raw!r}.")
    return int(number) * _UNITS[unit]


def choice(name: str, default: str, *choices: str) -> str:
    """One of the choices, in upper case."""
    value = text(name, default).upper()
    if value not in choices:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(choices)}, not {value!r}.")
    return value


def time_zone(name: str, default: str) -> str:
    """The name of a time zone."""
    value = text(name, default).removeprefix(":")
    if os.path.isabs(value):  # some systems have the path of a file, which Django cannot use
        return default
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ImproperlyConfigured(f"{name} must be a time zone like Europe/Berlin, not {value!r}.") from None
    return value


def flag(name: str, default: bool = False) -> bool:
    """Yes or no."""
    raw = text(name).lower()
    if not raw:
        return default
    if raw in {"1", "true", "yes", "on"}:
        return True
    if raw in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} must be yes or no, not {raw!r}.")


def items(name: str) -> list[str]:
    """A comma-separated list."""
    return [part.strip() for part in text(name).split(",") if part.strip()]


def url(name: str, *, path: bool = True) -> str:
    """An http(s) address without a trailing slash, or an empty string. `path`: whether it may have a path."""
    raw = text(name).rstrip("/")
    if not raw:
        return ""
    try:
        parts = urlsplit(raw)
        host = parts.hostname
        parts.port  # noqa: B018 - asking for it is what checks it
    except ValueError:
        host = None
    if not host or parts.scheme not in {"http", "https"}:
        raise ImproperlyConfigured(f"{name} must be an address like https://example.com, not {raw!r}.")
    if parts.query or parts.fragment or parts.username:
        raise ImproperlyConfigured(f"{name} must be a plain address without ?, # or a user name.")
    if parts.path and not path:
        raise ImproperlyConfigured(f"{name} must end with the host: this site cannot live under a path.")
    return raw


def host(url: str) -> str:
    """The host of an address, as ALLOWED_HOSTS has it."""
    name = urlsplit(url).hostname or ""
    return f"[{name}]" if ":" in name else name


def hosts_and_networks(name: str) -> tuple[set[str], list[ipaddress.IPv4Network | ipaddress.IPv6Network]]:
    """Split a list such as `media.local,10.0.0.0/8` into host names and networks."""
    names: set[str] = set()
    networks = []
    for item in items(name):
        try:
            networks.append(ipaddress.ip_network(item))
        except ValueError:
            if "/" in item or " " in item:
                raise ImproperlyConfigured(
                    f"{name}: {item!r} is neither a host name nor a network."
                ) from None
            names.add(item.lower())
    return names, networks
