"""Checks that the processes of the background run. dashboard/apps.py imports this module, which registers them."""

import time
from datetime import timedelta

from django.conf import settings

from dashboard.health.problems import Problem, register
from dashboard.jobs import clock
from dashboard.models import Heartbeat

SILENT_SECONDS = 90
# What people notice when a process of this kind does not run.
NOT_RUNNING = {
    "worker": "Batches, thumbnails and audio are not being made",
    "generate": "New avatars and videos are not being started",
    "download": "Finished avatars and videos are not being brought in",
    "studio": "Downloads and backgrounds are not being made",
    "rig": "New portraits are not being prepared",
    "engine": "Videos are not being made",
    "poller": "What was ordered does not move on",
}
_imported_at = time.monotonic()


@register
def check_processes() -> list[Problem]:
    """Each process of the background has said lately that it runs."""
    if time.monotonic() - _imported_at < SILENT_SECONDS:
        return []  # they start together with this one
    lately = clock.now() - timedelta(seconds=SILENT_SECONDS)
    running = set(Heartbeat.objects.filter(seen_at__gt=lately).values_list("kind", flat=True))
    expected = NOT_RUNNING.keys() if settings.EMBEDDED else NOT_RUNNING.keys() - {"rig", "engine"}
    return [
        Problem(
            f"process-{kind}",
            f"{NOT_RUNNING[kind]} at the moment. This mends itself within a few minutes; if it stays, the server "
            "has to be restarted. Nothing is lost.",
            for_everybody=True,
            is_essential=True,
        )
        for kind in sorted(expected - running)
    ]
