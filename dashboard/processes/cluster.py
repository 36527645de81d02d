"""A django-q2 cluster that comes back from every kind of death.

Two things that django-q2 leaves to its surroundings (observed with 1.11): after `kill -9` of the main process
its children live on and work beside the next cluster; and an idle worker that is killed dies holding the lock of
the queue, after which the cluster takes tasks and never runs them. Here a new cluster ends what is left of the
one before, and one that lost an idle worker ends itself, to be started afresh by the supervisor. What was being
done goes on when its lease has expired.
"""

import contextlib
import logging
import os
import signal
import subprocess
from collections.abc import Iterator
from multiprocessing import Process
from pathlib import Path

from django.conf import settings
from django_q import cluster

log = logging.getLogger(__name__)


class Sentinel(cluster.Sentinel):
    def reincarnate(self, process: Process) -> None:
        if process in self.pool and _was_killed(process) and process.timer.value < 0:
            log.error("an idle worker was killed: starting the whole cluster again")
            _end_group(os.getpgid(0))
        super().reincarnate(process)


def _was_killed(process: Process) -> bool:
    return process.exitcode is not None and process.exitcode < 0


def run(name: str) -> None:
    """Run the cluster until SIGTERM. `name`: "worker", or one of Q_CLUSTER's ALT_CLUSTERS."""
    if os.getpgid(0) != os.getpid():
        os.setpgid(0, 0)  # its own group, so that what is left of it can be found and ended
    pid_file = settings.DATA_DIR / "run" / f"cluster-{name}.pid"
    _end_predecessor(name, pid_file)
    pid_file.parent.mkdir(parents=True, exist_ok=True)
    pid_file.write_text(str(os.getpid()))
    cluster.Sentinel = Sentinel
    cluster.Cluster().start()


def _end_predecessor(name: str, pid_file: Path) -> None:
    try:
        group = int(pid_file.read_text())
    except (FileNotFoundError, ValueError):
        return
    # The number may belong to somebody else by now, in a container even to one of the clusters that start beside
    # this one: only a group that runs this very command is ours.
    if group != os.getpid() and any(f"manage.py cluster {name}" in command for command in _commands(group)):
        log.warning("ending what is left of the cluster before (group %s)", group)
        _end_group(group)


def _commands(group: int) -> Iterator[str]:
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


def _end_group(group: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
