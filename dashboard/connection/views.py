"""The page, and the test of one service."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from dashboard.connection import (  # noqa: F401 - all but services register what the page shows
    background_service,
    mail_service,
    provider_service,
    services,
    storage_service,
)
from dashboard.permissions import Permission, requires
from dashboard.request import Request


@require_safe
@never_cache
@requires(Permission.SEE_CONNECTION)
def show(request: Request) -> HttpResponse:
    rows = [_describe(service) for service in services.list_services()]
    return render(request, "connection/page.html", {"rows": rows})


@require_safe
@never_cache
@requires(Permission.SEE_CONNECTION)
def state(request: Request, key: str) -> HttpResponse:
    """Polled while a test is going on."""
    return _render_service(request, _find(key))


@require_POST
@never_cache
@requires(Permission.SEE_CONNECTION)
def test(request: Request, key: str) -> HttpResponse:
    service = _find(key)
    services.run_test(service, request.user)
    return _render_service(request, service) if request.htmx else redirect("connection")


def _find(key: str) -> services.Service:
    service = services.find_service(key)
    if service is None:
        raise Http404("There is no such service.")
    return service


def _render_service(request: Request, service: services.Service) -> HttpResponse:
    return render(request, "connection/_service.html", {"row": _describe(service), "is_answer": True})


def _describe(service: services.Service) -> dict[str, Any]:
    # The result first: what a test has found changes the report.
    result = services.follow_test(service)
    return {"service": service, "result": result, "report": services.describe(service)}
