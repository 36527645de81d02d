"""The poller: calls each step of POLLER_STEPS again and again, in one process of the site at a time.

The steps in LOCAL_POLLER_STEPS are for one machine: also a poller that waits for its turn calls them, and one that was
started with --local calls no others.
"""

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import close_old_connections
from django.utils.module_loading import import_string

from dashboard.processes.heartbeat import HeartbeatWriter
from dashboard.processes.held_lease import HeldLease
from dashboard.processes.supervisor import LOCAL_POLLER

log = logging.getLogger(__name__)

STANDBY_SECONDS = 3.0  # between two tries to take over from another machine's poller
ERROR_SECONDS = 10.0  # until the next call of a step that failed


class Steps:
    """Functions that are each called when their time has come."""

    def __init__(self, names: Sequence[str]) -> None:
        self.functions: dict[str, Callable[[], float]] = {name: import_string(name) for name in names}
        self.due = dict.fromkeys(names, 0.0)

    def call_due(self) -> None:
        for name, function in self.functions.items():
            if time.monotonic() >= self.due[name]:
                self.due[name] = time.monotonic() + run_step(name, function)

    def seconds_to_next(self) -> float:
        return min(self.due.values()) - time.monotonic()


class Command(BaseCommand):
    help = "Watches the jobs at the provider, and enqueues jobs whose message was lost."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--local", action="store_true", help="only what concerns this machine alone")

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        lease = None if options["local"] else HeldLease("poller")
        heartbeat = HeartbeatWriter(LOCAL_POLLER if options["local"] else "poller", os.getpid())
        local, common = Steps(settings.LOCAL_POLLER_STEPS), Steps(settings.POLLER_STEPS)
        while not stop.is_set():
            close_old_connections()
            heartbeat.beat()
            local.call_due()
            seconds = STANDBY_SECONDS
            if lease and acquire(lease):
                common.call_due()
                seconds = min(common.seconds_to_next(), local.seconds_to_next())
            stop.wait(max(0.2, seconds))
        heartbeat.end()
        if lease:
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
