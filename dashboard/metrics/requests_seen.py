"""How many requests there were, and how long they took: counted by each web process in a file of its own.

prometheus-client adds up the files of all processes of this machine. The setting of its folder
(PROMETHEUS_MULTIPROC_DIR) is made in dashboard/settings.py, before prometheus-client is imported.
"""

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path

from django.http import HttpRequest, HttpResponseBase
from prometheus_client import CollectorRegistry, Histogram, multiprocess

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
PARTS = {"v1": "api", "media": "media", "static": "static", "health": "monitoring", "metrics": "monitoring"}
FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"

_own = CollectorRegistry()
_seconds = Histogram(
    "dashboard_http_request_seconds",
    "Requests by their duration until the answer begins.",
    labelnames=["part", "method", "status"],
    buckets=(0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120),
    registry=_own,
)


class MetricsMiddleware:
    """Counts every request. Before all other middleware, so that their answers are counted too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        start = time.perf_counter()
        response = self.get_response(request)
        # Few different labels, whatever strangers send: each is a row in the memory of Prometheus.
        part = PARTS.get(request.path.split("/", 2)[1], "pages") if "/" in request.path else "pages"
        method = request.method if request.method in METHODS else "other"
        _seconds.labels(part, method, response.status_code).observe(time.perf_counter() - start)
        return response


def new_registry() -> CollectorRegistry:
    """With the requests that all web processes of this machine have counted."""
    if not os.environ.get(FOLDER_VARIABLE):
        return _own
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)
    return registry


def delete_counts(folder: Path) -> None:
    """Before the web processes start: what those of an earlier start counted."""
    for path in folder.glob("*.db"):
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
