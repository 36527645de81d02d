"""What all five endpoints have in common: method, token, limits, fields, and that nothing but the envelope comes out."""

import functools
import json
import logging
from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.views.decorators.csrf import csrf_exempt

from dashboard.net.safe_download import endpoint as host_and_port
from engine import throttle
from engine.auth import token_of
from engine.envelope import ApiError, Code, failure, success
from engine.models import Token

log = logging.getLogger(__name__)

MAX_BODY = 160 * 1024  # a script in JSON may take six bytes a character
MAX_URL = 2000  # as long as the models hold
MAX_REFERENCE = 200
MAX_SCRIPT = 20_000  # about half an hour of speech

View = Callable[[HttpRequest, Token | None], Any]


def endpoint(method: str) -> Callable[[View], Callable[[HttpRequest], HttpResponse]]:
    """Makes a view of a function that gets the request and its token and returns `data` or raises ApiError."""

    def decorate(view: View) -> Callable[[HttpRequest], HttpResponse]:
        @csrf_exempt
        @login_not_required
        @functools.wraps(view)
        def wrapper(request: HttpRequest) -> HttpResponse:
            headers: dict[str, str] = {}
            try:
                response = success(_called(request, method, view, headers))
            except ApiError as error:
                response = failure(error)
            except Exception:
                # The edge of the API: whatever it is, the caller gets the envelope and the log the rest.
                log.exception("%s %s failed", request.method, request.path)
                response = failure(ApiError(Code.INTERNAL))
            for name, value in headers.items():
                response[name] = value
            response["Cache-Control"] = "no-store"  # the answers carry links that are permissions
            return response

        return wrapper

    return decorate


def _called(request: HttpRequest, method: str, view: View, headers: dict[str, str]) -> Any:
    if request.method != method and (request.method, method) != ("HEAD", "GET"):
        allowed = "GET, HEAD" if method == "GET" else method
        raise ApiError(Code.WRONG_METHOD, f"Use {method} for this address.", headers={"Allow": allowed})
    token = token_of(request)
    if token is not None:
        allowance = throttle.count(token)
        headers.update(allowance.headers)
        if allowance.is_spent:
            raise ApiError(Code.TOO_MANY_REQUESTS)
    return view(request, token)


@csrf_exempt
@login_not_required
def unknown(request: HttpRequest) -> HttpResponse:
    """Everything else below the API's path."""
    return failure(ApiError(Code.UNKNOWN_PATH))


def unknown_host(request: HttpRequest) -> HttpResponse:
    """For who calls by a name that is not ours."""
    sentence = "This server does not go by that host name. Its owner can add it to ALLOWED_HOSTS."
    return failure(ApiError(Code.UNKNOWN_PATH, sentence))


def unusable_text(request: HttpRequest) -> HttpResponse:
    """For who sends characters in an address that cannot be kept."""
    if not request.path.isprintable():
        return failure(ApiError(Code.UNKNOWN_PATH))
    sentence = "The address contains characters that cannot be used."
    return failure(ApiError(Code.BROKEN_FIELD, sentence))


# ---------------------------------------------------------------- fields


def fields_of(request: HttpRequest) -> dict[str, Any]:
    """The fields of the body: JSON whatever the content type says (curl says "form" by default), or a form."""
    try:
        size = int(request.META.get("CONTENT_LENGTH") or 0)
        # A body in chunks has no length, and Django, which does not know them, would read nothing at all.
        chunked = request.headers.get("Transfer-Encoding") and request.META.get("wsgi.input_terminated")
        body = request.META["wsgi.input"].read(MAX_BODY + 1) if chunked else b""
        if max(size, len(body)) > MAX_BODY:
            raise ApiError(Code.BODY_TOO_LARGE, f"The body is larger than {MAX_BODY // 1024} kB.")
        if chunked:
            return _object(json.loads(body))
        body = request.body
        if request.content_type == "multipart/form-data":
            return request.POST.dict()
        try:
            fields = json.loads(body)
        except (ValueError, RecursionError):
            if request.content_type != "application/x-www-form-urlencoded":
                raise
            fields = request.POST.dict()
    except (
        *(ValueError, RecursionError, UnreadablePostError, MultiPartParserError, OSError),
        *(BadRequest, RequestDataTooBig, SuspiciousOperation, LookupError),
    ):
        raise ApiError(Code.BROKEN_BODY) from None
    return _object(fields)


def _object(fields: Any) -> dict[str, Any]:
    if not isinstance(fields, dict):
        raise ApiError(Code.BROKEN_BODY)
    return fields


def text(fields: dict[str, Any], name: str, most: int) -> str:
    """A field that must be there, as clean text."""
    value = fields.get(name)
    if value is None or value == "":
        raise ApiError(Code.BROKEN_FIELD, f"The field {name} is missing.")
    if not isinstance(value, str):
        raise ApiError(Code.BROKEN_FIELD, f"The field {name} must be a string.")
    if len(value) > most:
        raise ApiError(Code.BROKEN_FIELD, f"The field {name} is longer than {most} characters.")
    if not value.isprintable():
        raise ApiError(Code.BROKEN_FIELD, f"The field {name} contains characters that cannot be used.")
    return value


def url(fields: dict[str, Any], name: str) -> str:
    """A field that must be an http(s) address. Whether it may be visited is seen when it is."""
    value = text(fields, name, MAX_URL).strip()
    try:
        host_and_port(value)
    except ValueError:
        raise ApiError(
            Code.BROKEN_FIELD, f"The field {name} must be an address that starts with http:// or https://."
        ) from None
    if " " in value:
        raise ApiError(Code.BROKEN_FIELD, f"The field {name} contains a space; write it as %20.")
    return value


def reference(fields: dict[str, Any]) -> str | None:
    """The caller's own name for the call, if there is one."""
    if fields.get("client_ref") in (None, ""):
        return None
    return text(fields, "client_ref", MAX_REFERENCE)


def script(fields: dict[str, Any]) -> str:
    """What is said in the sound, if the caller knows it; lines and other blanks become single spaces."""
    value = fields.get("script")
    if isinstance(value, str):
        value = " ".join("".join(c if c.isprintable() else " " for c in value).split())
    return text({"script": value}, "script", MAX_SCRIPT) if value not in (None, "") else ""


def face(fields: dict[str, Any]) -> int | list[float] | None:
    """Which of several faces: a number (0 is the largest), or a box as in `faces`."""
    value = fields.get("face")
    if value in (None, ""):
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:9])
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 100:
        return value
    is_box = isinstance(value, list) and len(value) == 4
    if is_box and all(isinstance(v, int | float) and 0 <= v <= 1 for v in value):
        return [float(v) for v in value]
    raise ApiError(
        Code.BROKEN_FIELD,
        "The field face must be a number of the list faces, or [x, y, width, height] as shares of the picture.",
    )


def number(request: HttpRequest, name: str, default: int, *, most: int) -> int:
    """A whole number of the query."""
    raw = request.GET.get(name, "")
    if not raw:
        return default
    if not (raw.isascii() and raw.isdigit() and len(raw) < 10) or int(raw) > most:
        raise ApiError(Code.BROKEN_FIELD, f"{name} must be a whole number from 0 to {most}.")
    return int(raw)
