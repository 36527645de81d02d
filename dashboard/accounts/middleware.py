"""Middleware about people: known devices, the list of sessions."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from dashboard.accounts import sessions
from dashboard.accounts.sign_in_limits import KnownDevice


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
            sessions.note_activity(request)
        return response
