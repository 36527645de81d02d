"""Each request has an id: in the log, and in the header X-Request-ID of the answer."""

import re
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from dashboard.logs.context import HEADER, request_id, set_id

_ACCEPTED = re.compile(r"[0-9A-Za-z._-]{8,64}", re.ASCII)


class RequestIdMiddleware:
    """Takes the id that a proxy or a worker has given to the request, or makes one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get(HEADER, "")
        current = given if _ACCEPTED.fullmatch(given) else uuid.uuid4().hex
        with set_id(request_id, current):
            response = self.get_response(request)
        response.headers[HEADER] = current
        return response
