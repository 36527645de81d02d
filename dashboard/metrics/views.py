"""/metrics, for Prometheus."""

import hmac

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from dashboard.metrics.collectors import DatabaseCollector
from dashboard.metrics.requests_seen import new_registry
from dashboard.request import Request


@login_not_required
@require_safe
@never_cache
def metrics(request: Request) -> HttpResponse:
    """Everything that is measured, for whoever has METRICS_TOKEN; nothing is here without that setting."""
    if not settings.METRICS_TOKEN:
        raise Http404("METRICS_TOKEN is not set.")
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    # As bytes: a header may have characters that compare_digest refuses.
    is_known = hmac.compare_digest(token.strip().encode(), settings.METRICS_TOKEN.encode())
    if scheme.lower() != "bearer" or not is_known:
        return HttpResponse(
            "This needs METRICS_TOKEN as a bearer token.\n",
            status=401,
            content_type="text/plain",
            headers={"WWW-Authenticate": "Bearer"},
        )
    rows = CollectorRegistry()
    rows.register(DatabaseCollector())
    text = generate_latest(new_registry()) + generate_latest(rows)
    return HttpResponse(text, content_type=CONTENT_TYPE_LATEST)
