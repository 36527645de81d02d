"""The request as views get it, and reading numbers from it."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from dashboard.models import User

MAX_DIGITS = 18  # the longest number that surely fits a column of the database


class Request(HttpRequest):
    """A request of a signed-in person, as the middleware leaves it. For annotations only."""

    user: User
    htmx: HtmxDetails


def parse_id(value: object) -> int | None:
    """The key of a row as a person or a page sent it, or None when it cannot be one."""
    text = "" if value is None else str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS else None
