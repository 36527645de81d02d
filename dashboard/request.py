"""The request as views get it, and reading numbers from it."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from dashboard.models import User

View = TypeVar("View", bound=Callable[..., Any])

MAX_DIGITS = 18  # the longest number that surely fits a column of the database


class Request(HttpRequest):
    """A request of a signed-in person, as the middleware leaves it. For annotations only."""

    user: User
    htmx: HtmxDetails


def reads_own_body(view: View) -> View:
    """Decorator: the view reads the body of its requests by itself, and dashboard.middleware.UsableTextMiddleware does not."""
    view.reads_own_body = True  # type: ignore[attr-defined]  # as Django's own csrf_exempt
    return view


def parse_id(value: object) -> int | None:
    """The key of a row as a person or a page sent it, or None when it cannot be one."""
    text = "" if value is None else str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS else None
