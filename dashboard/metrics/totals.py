"""Counts and sums of what happens seldom, in rows: exact over all processes, also those that nobody asks for metrics.

Nothing is counted without METRICS_TOKEN.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import F

from dashboard.metrics.models import Total

log = logging.getLogger(__name__)

PROVIDER_ERRORS = "provider_errors"  # label: the call and the status
QUEUE_WAITS, QUEUE_WAIT_SECONDS = "queue_waits", "queue_wait_seconds"  # label: the kind of job and its phase
RENDER_SECONDS, RENDERED_VIDEO_SECONDS = "render_seconds", "rendered_video_seconds"


def add(name: str, amount: float = 1.0, label: str = "") -> None:
    """Add to a total. An error of the database is only logged: the work that is counted goes on."""
    if not settings.METRICS_TOKEN:
        return
    rows = Total.objects.filter(name=name, label=label)
    try:
        with transaction.atomic():
            if not rows.update(value=F("value") + amount):
                Total.objects.get_or_create(name=name, label=label)
                rows.update(value=F("value") + amount)
    except DatabaseError as error:
        log.warning("%s was not counted: %s", name, error)


def count_wait(kind: str, seconds: float) -> None:
    """A job of this kind waited for a worker for so long."""
    add(QUEUE_WAITS, label=kind)
    add(QUEUE_WAIT_SECONDS, max(seconds, 0.0), label=kind)


@contextmanager
def measure_render() -> Iterator[None]:
    """Count the seconds that are spent inside, unless that fails."""
    start = time.monotonic()
    yield
    add(RENDER_SECONDS, time.monotonic() - start)
