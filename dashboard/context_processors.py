"""Variables for every template."""

from typing import Any

from django.conf import settings

from dashboard import notifications
from dashboard.request import Request


def site(request: Request) -> dict[str, Any]:
    return {
        "has_mail": settings.HAS_MAIL,
        "embedded": settings.EMBEDDED,
        "news": notifications.lazy_news(request),
    }
