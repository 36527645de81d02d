"""Middleware about people: known devices, the list of sessions."""

import logging
from collections.abc import Callable

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponseBase

from dashboard.accounts import sessions
from dashboard.accounts.sign_in_limits import KnownDevice

log = logging.getLogger(__name__)


class KnownDeviceMiddleware:
    """Where somebody has just signed in, the browser gets a cookie that says so (see sign_in_limits)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if user := getattr(request, "device_of", None):
            KnownDevice.read(request).add(user, response)
        return response


class SessionActivityMiddleware:
    """Keeps the list of sessions. After the view, so that signing in and out are seen."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.session.accessed:  # the API and the health check have no session
            try:
                sessions.note_activity(request)
            except DatabaseError as error:  # locked, or its disk is full: what was asked for is done
                log.warning("a session could not be noted: %s", error)
        return response
