"""Middleware about people: known devices, the list of sessions, two-step sign-in where it is demanded."""

import logging
from collections.abc import Callable

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from dashboard.accounts import sessions
from dashboard.accounts.sign_in_limits import KnownDevice
from dashboard.accounts.two_step import MISSING_KEY, has_two_step
from dashboard.request import Request

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


class TwoStepMiddleware:
    """Who must set up a second step (see two_step) can do that and sign out, and nothing else.

    What needs no session is not affected: the API, signed links, the health check.
    """

    OPEN = frozenset({"account_logout", "account_reauthenticate"})

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.two_step_missing = False  # type: ignore[attr-defined]  # pages have no navigation while it is
        return self.get_response(request)

    def process_view(
        self, request: Request, view: Callable[..., HttpResponseBase], *args: object
    ) -> HttpResponseBase | None:
        # Django's mark of what may be seen without signing in (login_not_required).
        if not getattr(view, "login_required", True) or not request.session.get(MISSING_KEY):
            return None
        if has_two_step(request.user):
            del request.session[MISSING_KEY]
            return None
        request.two_step_missing = True  # type: ignore[attr-defined]  # as above
        name = (request.resolver_match and request.resolver_match.url_name) or ""
        if name in self.OPEN or name.startswith("mfa_"):
            return None
        setup = reverse("mfa_index")
        return HttpResponseClientRedirect(setup) if request.htmx else redirect(setup)
