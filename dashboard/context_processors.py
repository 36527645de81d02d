"""Variables for every template."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from dashboard import notifications


def site(request: HttpRequest) -> dict[str, Any]:
    return {
        "has_mail": settings.HAS_MAIL,
        "embedded": settings.EMBEDDED,
        "news": notifications.for_page(request),
    }
