"""The poller: calls each step of POLLER_STEPS again and again, in one process of the site at a time."""

import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import close_old_connections
from django.utils.module_loading import import_string

from dashboard.processes.heartbeat import HeartbeatWriter
from dashboard.processes.held_lease import HeldLease

log = logging.getLogger(__name__)

STANDBY_SECONDS = 3.0  # between two tries to take over from another machine's poller
ERROR_SECONDS = 10.0  # until the next call of a step that failed


class Command(BaseCommand):
    help = "Watches the jobs at the provider, and enqueues jobs whose message was lost."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        lease = HeldLease("poller")
        heartbeat = HeartbeatWriter("poller", os.getpid())
        due: dict[str, float] = dict.fromkeys(settings.POLLER_STEPS, 0.0)
        steps: dict[str, Callable[[], float]] = {name: import_string(name) for name in due}
        while not stop.is_set():
            close_old_connections()
            heartbeat.beat()
            if not acquire(lease):
                stop.wait(STANDBY_SECONDS)
                continue
            for name, step in steps.items():
                if time.monotonic() >= due[name]:
                    due[name] = time.monotonic() + run_step(name, step)
            stop.wait(max(0.2, min(due.values()) - time.monotonic(), 0.0))
        heartbeat.end()
        lease.release()


def acquire(lease: HeldLease) -> bool:
    try:
        return lease.acquire()
    except Exception:
        log.exception("poller")
        return False


def run_step(name: str, step: Callable[[], float]) -> float:
    """Call a step once. Returns the seconds until its next call, also when it fails."""
    try:
        return step()
    except Exception:
        log.exception("%s", name)
        return ERROR_SECONDS
