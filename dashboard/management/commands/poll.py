"""The poller: calls each step of POLLER_STEPS again and again, in one process of the site at a time."""

import logging
import os
import signal
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import close_old_connections
from django.utils.module_loading import import_string

from dashboard.models import Lease
from dashboard.processes.heartbeat import HeartbeatWriter

log = logging.getLogger(__name__)

LEASE_SECONDS = 60  # longer than a step may take
ERROR_SECONDS = 10.0  # until the next call of a step that failed


class Command(BaseCommand):
    help = "Watches the jobs at the provider, and enqueues jobs whose message was lost."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        me = uuid.uuid4()
        heartbeat = HeartbeatWriter("poller", os.getpid())
        due: dict[str, float] = dict.fromkeys(settings.POLLER_STEPS, 0.0)
        steps: dict[str, Callable[[], float]] = {name: import_string(name) for name in due}
        while not stop.is_set():
            close_old_connections()
            heartbeat.beat()
            if acquire_lease(me):
                for name, step in steps.items():
                    if time.monotonic() >= due[name]:
                        due[name] = time.monotonic() + run_step(name, step)
            stop.wait(max(0.2, min(due.values()) - time.monotonic(), 0.0))
        heartbeat.end()
        Lease.release("poller", me)


def acquire_lease(me: uuid.UUID) -> bool:
    try:
        return Lease.acquire("poller", me, LEASE_SECONDS)
    except Exception:
        log.exception("poller")
        time.sleep(1)
        return False


def run_step(name: str, step: Callable[[], float]) -> float:
    """Call a step once. Returns the seconds until its next call, also when it fails."""
    try:
        return step()
    except Exception:
        log.exception("%s", name)
        return ERROR_SECONDS
