"""Middleware: no unusable characters, no orders without room for them, sign-in and permissions, set-up at the first visit, the permissions policy."""

import re
from collections.abc import Callable, Iterable

from django.contrib.auth import middleware as auth
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from dashboard import permissions
from dashboard.files import disk
from dashboard.models import User
from dashboard.request import Request
from dashboard.shortcuts import respond_no_room, respond_sentence
from dashboard.uploads.handlers import max_file_bytes

# NUL, which databases and file systems refuse, and lone surrogates, which cannot be encoded as UTF-8.
_UNUSABLE = re.compile("[\0\ud800-\udfff]")


class UnusableText(BadRequest):
    """An address or a form contains characters that cannot be stored."""


class UsableTextMiddleware:
    """Refuses text that cannot be stored, before any view reads it. Raises UnusableText.

    In one place, because many values are read from `request.GET` and `request.POST` without a form to validate them.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # Cookies are dropped instead: the browser would send them again with every request.
        request.COOKIES = {name: text for name, text in request.COOKIES.items() if not _UNUSABLE.search(text)}
        _check([request.path])
        _check_query(request.GET)
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], *args: object
    ) -> None:
        if getattr(view, "reads_own_body", False):
            return
        try:
            form, files = request.POST, request.FILES
        except LookupError as error:  # a file name in an unknown encoding
            raise UnusableText from error
        _check_query(form)
        _check(file.name or "" for _, several in files.lists() for file in several)


def _check_query(query: QueryDict) -> None:
    for name, values in query.lists():
        _check([name, *values])


def _check(texts: Iterable[str]) -> None:
    if any(_UNUSABLE.search(text) for text in texts):
        raise UnusableText


class RoomMiddleware:
    """While nothing can be stored, orders and uploads (`disk.needs_room`) are refused at once, with a sentence."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], *args: object
    ) -> HttpResponseBase | None:
        if request.method != "POST" or not getattr(view, "needs_room", False):
            return None
        obstacle = disk.find_obstacle()
        if not obstacle:
            return None
        # Read, and not stored: a browser that is cut off while it sends never sees the answer.
        left = max_file_bytes()
        while left > 0 and (data := request.read(2**16)):
            left -= len(data)
        return respond_no_room(request, obstacle)


class LoginRequiredMiddleware(auth.LoginRequiredMiddleware):
    """Django's own, except that a polling part of a page sends the whole page to the sign-in."""

    def handle_no_permission(  # type: ignore[override]  # htmx reads the redirect from a header
        self, request: Request, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseBase:
        if request.htmx:
            back = request.htmx.current_url_abs_path or "/"
            return HttpResponseClientRedirect(redirect_to_login(back, self.get_login_url(view_func)).url)
        return super().handle_no_permission(request, view_func)


class PermissionMiddleware:
    """Asks dashboard.permissions before each view that needs a sign-in: 403 with a sentence for who may not."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: Request, view: Callable[..., HttpResponseBase], *args: object
    ) -> HttpResponseBase | None:
        # Django's mark of what may be seen without signing in (login_not_required).
        if not getattr(view, "login_required", True):
            return None
        try:
            permissions.check(request, view)
        except PermissionDenied as refusal:
            if not request.htmx:
                raise
            return respond_sentence(str(refusal), status=403)
        return None


class SetupMiddleware:
    """While nobody has an account, the sign-in page redirects to the set-up."""

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
    """Pages may use the microphone and nothing else.

    The camera and the recorder that a phone opens for a file field need no permission.
    """

    POLICY = "microphone=(self), camera=(), display-capture=(), geolocation=(), midi=(), payment=(), serial=(), usb=()"

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", self.POLICY)
        return response
