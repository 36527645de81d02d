"""Processes of the background say that they run, by a row each."""

import logging
import time
from datetime import timedelta

from django.core.cache import caches
from django.db import DatabaseError, close_old_connections
from django.db.models import Sum

from dashboard.jobs import clock
from dashboard.models import Heartbeat
from dashboard.processes.instance import get_instance, name_process
from dashboard.processes.running import is_running

log = logging.getLogger(__name__)

BEAT_SECONDS = 5.0
LATELY_SECONDS = 30  # since the last heartbeat of a cluster that runs


class HeartbeatWriter:
    """The row of one process, or of one cluster under its main process."""

    def __init__(self, kind: str, pid: int, workers: int = 0) -> None:
        self.kind, self.workers = kind, workers
        self.instance = name_process(pid)
        self.next = 0.0

    def beat(self, finished: int = 0) -> bool:
        """Say that it runs, unless that was just said. Returns whether it was said now."""
        if time.monotonic() < self.next:
            return False
        self.next = time.monotonic() + BEAT_SECONDS
        rows = Heartbeat.objects.filter(instance=self.instance, kind=self.kind)
        try:
            if not rows.update(seen_at=clock.now(), finished=finished):
                _delete_ended(self.kind)
                begun = {"kind": self.kind, "instance": self.instance, "workers": self.workers}
                Heartbeat.objects.create(**begun, finished=finished)
        except DatabaseError as error:  # locked, or the disk is full: the work goes on
            log.warning("the heartbeat could not be written: %s", error)
            close_old_connections()  # one that is broken: no request ends here, which would do it
            return False
        return True

    def end(self) -> None:
        """Say that it ends now."""
        Heartbeat.objects.filter(instance=self.instance, kind=self.kind).delete()


def have_begun(kinds: set[str]) -> bool:
    """Whether a process of each of these kinds runs on this machine and has said so."""
    rows = Heartbeat.objects.filter(kind__in=kinds, instance__startswith=f"{get_instance()} ")
    return {row.kind for row in rows if is_running(row.pid)} == kinds


def count_workers(kind: str, on_this_machine: int) -> int:
    """The workers of all clusters of this kind that run, on all machines; before any has begun, those of this one."""
    key = f"workers:{kind}"
    found: int | None = caches["memory"].get(key)
    if found is None:
        lately = clock.now() - timedelta(seconds=LATELY_SECONDS)
        running = Heartbeat.objects.filter(kind=kind, seen_at__gt=lately)
        found = running.aggregate(workers=Sum("workers"))["workers"] or 0
        caches["memory"].set(key, found, BEAT_SECONDS)
    return found or on_this_machine


def _delete_ended(kind: str) -> None:
    """Delete the rows of this machine's processes of this kind that ended without saying so."""
    for row in Heartbeat.objects.filter(kind=kind, instance__startswith=f"{get_instance()} "):
        if not is_running(row.pid):
            row.delete()
