"""Text that can be kept, signed-in by default, a first visitor who is led to the set-up, and what pages may ask the browser for."""

import re
from collections.abc import Callable, Iterable

from django.contrib.auth import middleware as auth
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from dashboard.models import User

# NUL, which databases and file systems refuse, and halves of surrogate pairs, which cannot be written as UTF-8.
_UNUSABLE = re.compile("[\0\ud800-\udfff]")


class UnusableText(BadRequest):
    """An address or a form has characters in it that cannot be kept."""


class UsableTextMiddleware:
    """Views, queries and file names meet no text that cannot be kept. Raises UnusableText.

    In one place, because much is read from `request.GET` and `request.POST` without a form that would check it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # A cookie would come again and again.
        request.COOKIES = {name: text for name, text in request.COOKIES.items() if not _UNUSABLE.search(text)}
        _check([request.path])
        _check_query(request.GET)
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable, *args: object) -> None:
        if getattr(view, "csrf_exempt", False):
            return  # the API reads its bodies itself
        try:
            form, files = request.POST, request.FILES
        except LookupError as error:  # a file's name in an encoding that does not exist
            raise UnusableText from error
        _check_query(form)
        _check(file.name for _, several in files.lists() for file in several)


def _check_query(query: QueryDict) -> None:
    for name, values in query.lists():
        _check([name, *values])


def _check(texts: Iterable[str]) -> None:
    if any(_UNUSABLE.search(text) for text in texts):
        raise UnusableText


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
