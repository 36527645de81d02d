"""A django-q2 cluster that recovers when one of its processes is killed.

Two cases are not handled by django-q2 itself (observed with 1.11): after `kill -9` of the main process its children
keep running beside the next cluster; and an idle worker that is killed keeps the lock of the queue, after which the
cluster takes tasks and never runs them. So a new cluster kills what is left of the one before, and a cluster that lost
an idle worker ends itself, and supervisor starts it again. Jobs that were running continue when their lease expires.
"""

import contextlib
import logging
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from django.conf import settings
from django_q import cluster

log = logging.getLogger(__name__)


class Worker(Protocol):
    """A worker process as django-q2 makes it."""

    exitcode: int | None
    timer: Any  # its `value` is negative while the worker is idle


class Sentinel(cluster.Sentinel):
    def reincarnate(self, process: Worker) -> None:
        """Called by django-q2 for a worker that has ended."""
        if process in self.pool and _was_killed(process) and process.timer.value < 0:
            log.error("an idle worker was killed: restarting the cluster")
            _kill_group(os.getpgid(0))
        super().reincarnate(process)


def _was_killed(process: Worker) -> bool:
    return process.exitcode is not None and process.exitcode < 0


def run(name: str) -> None:
    """Run the cluster until SIGTERM. `name`: "worker", or one of Q_CLUSTER's ALT_CLUSTERS."""
    if os.getpgid(0) != os.getpid():
        os.setpgid(0, 0)  # its own group, so that its processes can be found and killed
    pid_file = settings.DATA_DIR / "run" / f"cluster-{name}.pid"
    _kill_predecessor(name, pid_file)
    pid_file.parent.mkdir(parents=True, exist_ok=True)
    pid_file.write_text(str(os.getpid()))
    cluster.Sentinel = Sentinel
    cluster.Cluster().start()


def _kill_predecessor(name: str, pid_file: Path) -> None:
    try:
        group = int(pid_file.read_text())
    except (FileNotFoundError, ValueError):
        return
    # Another process may have this number by now, in a container even another cluster: check the command.
    if group != os.getpid() and any(
        f"manage.py cluster {name}" in command for command in _list_commands(group)
    ):
        log.warning("killing what is left of the previous cluster (group %s)", group)
        _kill_group(group)


def _list_commands(group: int) -> Iterator[str]:
    """The command lines of a process group."""
    proc = Path("/proc")
    if (proc / "self" / "cmdline").exists():  # small containers have no `ps`
        for entry in proc.glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if os.getpgid(int(entry.name)) == group:
                    yield (
                        (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
                    )
        return
    listing = subprocess.run(["ps", "-A", "-o", "pgid=,args="], capture_output=True, text=True, check=False)  # noqa: S607
    for line in listing.stdout.splitlines():
        number, _, command = line.strip().partition(" ")
        if number == str(group):
            yield command


def _kill_group(group: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
