"""The time by which leases are given and end: one clock for all machines, that of the database.

With SQLite all processes are on one machine and use its clock.
"""

import threading
import time
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

# How far two processes may differ in what they think the database's time is.
TOLERANCE = timedelta(seconds=1)
MEASURE_SECONDS = 60.0  # a host's own clock is trusted to run evenly for so long
_measured = threading.local()


def now() -> datetime:
    """The present time of the database."""
    if connection.vendor == "sqlite":
        return timezone.now()
    since: float | None = getattr(_measured, "since", None)
    if since is None or time.monotonic() - since > MEASURE_SECONDS:
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            _measured.at = cursor.fetchone()[0]
        _measured.since = since = time.monotonic()
    at: datetime = _measured.at
    return at + timedelta(seconds=time.monotonic() - since)
