"""What all five endpoints share: method, token, rate limit, and that every answer is an envelope."""

import functools
import logging
from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from dashboard.request import reads_own_body
from engine import throttle
from engine.auth import authenticate
from engine.models import Scope, Token
from engine.responses import ApiError, Code, failure, success

log = logging.getLogger(__name__)

View = Callable[[HttpRequest, Token | None], Any]


def endpoint(method: str) -> Callable[[View], Callable[[HttpRequest], HttpResponse]]:
    """Decorate a function that gets the request and its token and returns `data` or raises ApiError."""

    def decorate(view: View) -> Callable[[HttpRequest], HttpResponse]:
        @csrf_exempt
        @reads_own_body
        @login_not_required
        @functools.wraps(view)
        def wrapper(request: HttpRequest) -> HttpResponse:
            headers: dict[str, str] = {}
            response: HttpResponse
            try:
                response = success(_call_view(request, method, view, headers))
            except ApiError as error:
                response = failure(error)
            except Exception:
                # This is the boundary of the API: the caller gets an envelope, the log gets the traceback.
                log.exception("%s %s failed", request.method, request.path)
                response = failure(ApiError(Code.INTERNAL))
            for name, value in headers.items():
                response[name] = value
            response["Cache-Control"] = "no-store"  # answers contain signed links
            return response

        return wrapper

    return decorate


def _call_view(request: HttpRequest, method: str, view: View, headers: dict[str, str]) -> Any:
    """Check method, token and rate limit, and call the view; adds the rate limit to `headers`."""
    if request.method != method and (request.method, method) != ("HEAD", "GET"):
        allowed = "GET, HEAD" if method == "GET" else method
        raise ApiError(Code.WRONG_METHOD, f"Use {method} for this address.", headers={"Allow": allowed})
    token = authenticate(request)
    if token is not None:
        # What changes something is a POST: that a token for reading must not do.
        if not token.may(Scope.MAKE if method == "POST" else Scope.READ):
            raise ApiError(Code.READ_ONLY)
        allowance = throttle.count_request(token)
        headers.update(allowance.headers)
        if allowance.is_exceeded:
            raise ApiError(Code.TOO_MANY_REQUESTS)
    return view(request, token)


@csrf_exempt
@reads_own_body
@login_not_required
def unknown_path(request: HttpRequest) -> HttpResponse:
    """The answer for any other path of the API."""
    return failure(ApiError(Code.UNKNOWN_PATH))


def unknown_host(request: HttpRequest) -> HttpResponse:
    """The answer to a request with a host name that is not in ALLOWED_HOSTS."""
    sentence = "This server does not accept that host name. Its owner can add it to ALLOWED_HOSTS."
    return failure(ApiError(Code.UNKNOWN_PATH, sentence))


def unusable_text(request: HttpRequest) -> HttpResponse:
    """The answer to a request whose address contains characters that cannot be stored."""
    if not request.path.isprintable():
        return failure(ApiError(Code.UNKNOWN_PATH))
    sentence = "The address contains characters that cannot be used."
    return failure(ApiError(Code.BROKEN_FIELD, sentence))
