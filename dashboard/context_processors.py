"""Variables for every template."""

from functools import partial
from typing import Any

from django.conf import settings

from dashboard import notifications
from dashboard.accounts import two_step
from dashboard.health.problems import Problem, find_problems
from dashboard.request import Request


def site(request: Request) -> dict[str, Any]:
    return {
        "has_mail": settings.HAS_MAIL,
        # Called by the templates that need it: pages about errors may have no usable host.
        "supports_passkeys": lambda: two_step.supports_passkeys(request),
        "embedded": settings.EMBEDDED,
        "news": notifications.lazy_news(request),
        # A function: a template that calls it asks, and the many small parts of pages do not.
        "site_problems": partial(_list_problems, request),
    }


def _list_problems(request: Request) -> list[Problem]:
    return [problem for problem in find_problems() if problem.is_for(request.user)]
