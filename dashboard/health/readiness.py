"""Whether this installation can do its work: for load balancers and container platforms, at /health/ready."""

import logging
import os
import threading
import time
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection
from django_q.models import OrmQ

from dashboard.files.bucket import is_bucket
from dashboard.health.redis_connection import connect_redis
from dashboard.jobs import clock
from dashboard.models import Heartbeat

log = logging.getLogger(__name__)

SEEN_SECONDS = 60
CACHE_SECONDS = 3.0  # anybody may ask, and some of it costs a request to another server
CONNECT_SECONDS = 3

_lock = threading.Lock()
_answers: dict[str, str] = {}
_until = 0.0


def check_readiness() -> dict[str, str]:
    """What is needed, each with "ok" or a few words about what is wrong; at most CACHE_SECONDS old."""
    global _answers, _until
    with _lock:
        if time.monotonic() >= _until:
            _answers = {name: _call(name, check) for name, check in _list_checks().items()}
            _until = time.monotonic() + CACHE_SECONDS
        return dict(_answers)


def forget_readiness() -> None:
    """Look again at the next call of `check_readiness`."""
    global _until
    _until = 0.0


def _list_checks() -> dict[str, Callable[[], str]]:
    checks = {"database": _check_database, "broker": _check_broker, "storage": _check_storage}
    kinds = {"worker": "worker", **({"engine": "renderer"} if settings.EMBEDDED else {})}
    return checks | {name: lambda kind=kind: _check_process(kind) for kind, name in kinds.items()}


def _call(name: str, check: Callable[[], str]) -> str:
    try:
        return check() or "ok"
    except Exception as error:  # whatever a driver raises: it is not ready
        # Only here: a message may name hosts and accounts, and anybody may ask.
        log.warning("not ready: %s: %s", name, error)
        return "does not answer"


def _check_database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return ""


def _check_broker() -> str:
    if not settings.REDIS_URL:
        OrmQ.objects.exists()
        return ""
    with connect_redis(CONNECT_SECONDS) as server:
        server.ping()
    return ""


def _check_storage() -> str:
    if is_bucket(default_storage):
        default_storage.exists("ready")  # raises unless the bucket answers and lets us in
        return ""
    folder = settings.MEDIA_ROOT if settings.MEDIA_ROOT.exists() else settings.DATA_DIR
    return "" if os.access(folder, os.R_OK | os.W_OK | os.X_OK) else "cannot be written"


def _check_process(kind: str) -> str:
    lately = clock.now() - timedelta(seconds=SEEN_SECONDS)
    is_seen = Heartbeat.objects.filter(kind=kind, seen_at__gt=lately).exists()
    return "" if is_seen else "none was seen in the last minute"
