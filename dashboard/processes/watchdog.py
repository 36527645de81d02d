"""Ends processes of this machine that stand still; supervisor starts them again.

The poller looks at all clusters, and the common workers look at the poller. What counts is what a watchdog has seen
itself, look by look: a clock that was set forward, or a machine that stood still, makes nobody late.
"""

import logging
import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psutil
from django.conf import settings
from django.utils import timezone
from django_q.models import OrmQ

from dashboard.models import Heartbeat
from dashboard.processes.data_lock import LAUNCH_VARIABLE
from dashboard.processes.instance import get_instance, name_process
from dashboard.processes.supervisor import LOCAL_POLLER

log = logging.getLogger(__name__)

LOOK_SECONDS = 10.0
POLLERS = {"poller", LOCAL_POLLER}
SILENT_LOOKS = 7  # in a row without a heartbeat
SILENT_LOOKS_OF_POLLER = 30  # one round of its steps may take that long
MORE_SECONDS = 60  # than the time-out of a task


@dataclass
class Watched:
    """What was seen of one process."""

    row: Heartbeat
    silent_looks: int = 0
    idle_looks: int = 0  # with taken work, and nothing finished


class Watchdog:
    def __init__(self, own_pid: int) -> None:
        self.own = name_process(own_pid)
        self.own_seen_at: datetime | None = None
        self.watched: dict[str, Watched] = {}
        self.next = 0.0

    def look(self) -> None:
        """Look at all processes, unless that was just done."""
        if time.monotonic() < self.next:
            return
        self.next = time.monotonic() + LOOK_SECONDS
        rows = {
            row.instance: row for row in Heartbeat.objects.filter(instance__startswith=f"{get_instance()} ")
        }
        own = rows.pop(self.own, None)
        if own is None or own.seen_at == self.own_seen_at:
            return  # nobody can write at present: the others are not to blame
        self.own_seen_at = own.seen_at
        before, self.watched = self.watched, {}
        for row in rows.values():
            seen = self.watched[row.instance] = _compare(before.get(row.instance), row)
            if reason := _find_fault(seen):
                log.error("restarting %s (process %s): %s", row.kind, row.pid, reason)
                _kill(row.pid)
                row.delete()


def step() -> float:
    """Called by the poller; returns the seconds until the next call."""
    _of_the_poller.look()
    return LOOK_SECONDS


_of_the_poller = Watchdog(os.getpid())


def _compare(before: Watched | None, row: Heartbeat) -> Watched:
    if before is None:
        return Watched(row)
    silent = before.row.seen_at == row.seen_at
    idle = before.row.finished == row.finished and _has_taken_work(row)
    return Watched(
        row,
        silent_looks=before.silent_looks + 1 if silent else 0,
        idle_looks=before.idle_looks + 1 if idle else 0,
    )


def _find_fault(seen: Watched) -> str:
    is_poller = seen.row.kind in POLLERS
    if seen.silent_looks >= (SILENT_LOOKS_OF_POLLER if is_poller else SILENT_LOOKS):
        return "it does not say any more that it runs"
    if seen.idle_looks * LOOK_SECONDS > _settings_of(seen.row.kind)["timeout"] + MORE_SECONDS:
        return "it has taken work and finished none"
    return ""


def _settings_of(cluster: str) -> dict[str, Any]:
    base: dict[str, Any] = dict(settings.Q_CLUSTER)
    special: dict[str, Any] = base["ALT_CLUSTERS"].get(cluster, {})
    return base | special


def _has_taken_work(row: Heartbeat) -> bool:
    """Whether the cluster has taken a message that is not done. Those that one before it took do not count.

    Redis gives messages away and keeps no count; there, only leases and heartbeats say that something stands still.
    """
    if row.kind in POLLERS or settings.REDIS_URL:
        return False
    base: dict[str, Any] = dict(settings.Q_CLUSTER)
    key = row.kind if row.kind in base["ALT_CLUSTERS"] else base["name"]
    # A message is locked for `retry` seconds when it is taken.
    taken_since_start = row.since + timedelta(seconds=_settings_of(row.kind)["retry"])
    return OrmQ.objects.filter(key=key, lock__gt=max(timezone.now(), taken_since_start)).exists()


def _kill(pid: int) -> None:
    """Kill a process of the same start and its group. Another process that has got its number is left alone."""
    launch = os.environ.get(LAUNCH_VARIABLE)
    with suppress(psutil.Error, OSError):
        if launch and psutil.Process(pid).environ().get(LAUNCH_VARIABLE) == launch:
            os.killpg(pid, signal.SIGKILL)  # supervisor and clusters make groups with this number
