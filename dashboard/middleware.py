"""Signed-in by default, a first visitor who is led to the set-up, and what pages may ask the browser for."""

from collections.abc import Callable

from django.contrib.auth import middleware as auth
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from dashboard.models import User


class LoginRequiredMiddleware(auth.LoginRequiredMiddleware):
    """Django's own; but a card that polls must not swap the sign-in page into itself."""

    def handle_no_permission(self, request: HttpRequest, view_func: Callable) -> HttpResponseBase:
        if request.htmx:
            back = request.htmx.current_url_abs_path or "/"
            return HttpResponseClientRedirect(redirect_to_login(back, self.get_login_url(view_func)).url)
        return super().handle_no_permission(request, view_func)


class SetupMiddleware:
    """As long as nobody has an account, the sign-in page is the set-up page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.is_set_up = False

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path == reverse("account_login") and not self.is_set_up:
            self.is_set_up = User.objects.exists()
            if not self.is_set_up:
                return redirect("setup")
        return self.get_response(request)


class PermissionsPolicyMiddleware:
    """Pages record voices; the camera and all else that a browser has is for nobody here.

    A phone's own camera and recorder, opened by a file field, need no permission of ours.
    """

    POLICY = "microphone=(self), camera=(), display-capture=(), geolocation=(), midi=(), payment=(), serial=(), usb=()"

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", self.POLICY)
        return response
