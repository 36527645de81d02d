"""The fields of a request: read, checked and cleaned. Every function raises ApiError for a value that is not valid."""

import json
from typing import Any

from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, UnreadablePostError
from django.http.multipartparser import MultiPartParserError

from dashboard.net import safe_download
from engine.animator import direction
from engine.responses import ApiError, Code

MAX_BODY = 160 * 1024  # JSON may need six bytes for a character of a script
MAX_URL = 2000  # as in the models
MAX_REFERENCE = 200
MAX_SCRIPT = 20_000  # characters, about half an hour of speech
MAX_FACES = 100
DIRECTIONS = {
    "motion": direction.MOTIONS,
    "gaze": direction.GAZES,
    "blink": direction.BLINKS,
    "expression": direction.EXPRESSIONS,
}

Fields = dict[str, Any]

_UNREADABLE = (
    *(ValueError, RecursionError, UnreadablePostError, MultiPartParserError, OSError),
    *(BadRequest, RequestDataTooBig, SuspiciousOperation, LookupError),
)


def read_body(request: HttpRequest) -> Fields:
    """The fields of the body: JSON, whatever the content type says (curl says "form" by default), or a form."""
    try:
        fields = _parse_body(request)
    except _UNREADABLE:
        raise ApiError(Code.BROKEN_BODY) from None
    if not isinstance(fields, dict):
        raise ApiError(Code.BROKEN_BODY)
    return fields


def _parse_body(request: HttpRequest) -> Any:
    size = int(request.META.get("CONTENT_LENGTH") or 0)
    # A chunked body has no length, and Django, which does not support them, would read nothing.
    is_chunked = request.headers.get("Transfer-Encoding") and request.META.get("wsgi.input_terminated")
    chunked = request.META["wsgi.input"].read(MAX_BODY + 1) if is_chunked else b""
    if max(size, len(chunked)) > MAX_BODY:
        raise ApiError(Code.BODY_TOO_LARGE, f"The body is larger than {MAX_BODY // 1024} kB.")
    if is_chunked:
        return json.loads(chunked)
    body = request.body
    if request.content_type == "multipart/form-data":
        return request.POST.dict()
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        if request.content_type != "application/x-www-form-urlencoded":
            raise
        return request.POST.dict()


def read_text(fields: Fields, name: str, max_length: int) -> str:
    """A required field of printable text."""
    value = fields.get(name)
    if value is None or value == "":
        raise ApiError(Code.BROKEN_FIELD, f"The field {name} is missing.")
    if not isinstance(value, str):
        raise ApiError(Code.BROKEN_FIELD, f"The field {name} must be a string.")
    if len(value) > max_length:
        raise ApiError(Code.BROKEN_FIELD, f"The field {name} is longer than {max_length} characters.")
    if not value.isprintable():
        raise ApiError(Code.BROKEN_FIELD, f"The field {name} contains characters that cannot be used.")
    return value


def read_url(fields: Fields, name: str) -> str:
    """A required field with an http(s) address. Whether it may be accessed is checked when it is downloaded."""
    value = read_text(fields, name, MAX_URL).strip()
    try:
        safe_download.endpoint(value)
    except ValueError:
        raise ApiError(
            Code.BROKEN_FIELD, f"The field {name} must be an address that starts with http:// or https://."
        ) from None
    if " " in value:
        raise ApiError(Code.BROKEN_FIELD, f"The field {name} contains a space; write it as %20.")
    return value


def read_client_ref(fields: Fields) -> str | None:
    """The caller's reference for the call, if there is one."""
    if fields.get("client_ref") in (None, ""):
        return None
    return read_text(fields, "client_ref", MAX_REFERENCE)


def read_script(fields: Fields) -> str:
    """What the sound says, or "" if the caller does not know; line breaks and other whitespace become single spaces."""
    value = fields.get("script")
    if isinstance(value, str):
        value = " ".join("".join(c if c.isprintable() else " " for c in value).split())
    return read_text({"script": value}, "script", MAX_SCRIPT) if value not in (None, "") else ""


def read_face(fields: Fields) -> int | list[float] | None:
    """Which of several faces: a number (0 is the largest), or a box as in `faces`; None for the largest."""
    value = fields.get("face")
    if value in (None, ""):
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:9])
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MAX_FACES:
        return value
    if isinstance(value, list) and len(value) == 4:
        shares = [float(v) for v in value if isinstance(v, int | float) and 0 <= v <= 1]
        if len(shares) == 4:
            return shares
    raise ApiError(
        Code.BROKEN_FIELD,
        "The field face must be a number of the list faces, or [x, y, width, height] as shares of the picture.",
    )


def read_direction(fields: Fields) -> dict[str, Any]:
    """How the avatar is to move; only what was said, so {} is the natural movement."""
    found: dict[str, Any] = {}
    for name, words in DIRECTIONS.items():
        value = fields.get(name)
        if value in (None, ""):
            continue
        if value not in words:
            raise ApiError(Code.BROKEN_FIELD, f"The field {name} must be one of: {', '.join(words)}.")
        found[name] = value
    if (mouth := fields.get("mouth")) not in (None, ""):
        found["mouth"] = _read_mouth(mouth)
    return found


def _read_mouth(value: Any) -> float:
    low, high = direction.MOUTHS
    try:  # a form sends strings
        number = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else -1
    except (ValueError, OverflowError):
        number = -1
    if not low <= number <= high:
        raise ApiError(Code.BROKEN_FIELD, f"The field mouth must be a number from {low} to {high}.")
    return number


def read_number(request: HttpRequest, name: str, default: int, *, maximum: int) -> int:
    """A whole number of the query string."""
    raw = request.GET.get(name, "")
    if not raw:
        return default
    if not (raw.isascii() and raw.isdigit() and len(raw) < 10) or int(raw) > maximum:
        raise ApiError(Code.BROKEN_FIELD, f"{name} must be a whole number from 0 to {maximum}.")
    return int(raw)
