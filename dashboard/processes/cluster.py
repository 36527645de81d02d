"""A django-q2 cluster that recovers when one of its processes is killed or stands still.

django-q2 itself (1.11) starts one process in the place of each that died, which is not enough: a process that was
killed may have held the lock of a queue, and nobody gets it any more. Then tasks are taken and never run, or run and
never acknowledged. So a cluster that lost any process to a signal ends as a whole, and so does one in which nothing
moves; supervisor starts it again. Jobs that were running continue from their rows.

The sentinel is the process of the cluster that guards the others. Whether it still does so is watched from outside
(watchdog.py).
"""

import logging
import os
import signal
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Protocol

import psutil
from django.apps import apps
from django.conf import settings
from django.db import DatabaseError
from django_q import cluster, conf
from django_q.signals import post_execute, pre_execute
from redis.exceptions import RedisError

from dashboard.jobs.leased_job import Job
from dashboard.processes.heartbeat import HeartbeatWriter
from dashboard.processes.parent_death import end_forks_with_parent
from dashboard.processes.progress import Progress, Seen
from dashboard.processes.watchdog import Watchdog

log = logging.getLogger(__name__)

WATCHING = "worker"  # the cluster that watches the poller, which watches all clusters


class Process(Protocol):
    """A process of the cluster as django-q2 makes it."""

    pid: int
    exitcode: int | None
    timer: Any  # of workers: seconds left for the task, 0 when they are over, negative while there is none

    def is_alive(self) -> bool: ...


class Cycle:
    """What django-q2's sentinel makes and saves twice a second, its statistics: we call our own function instead."""

    def __init__(self, sentinel: "Sentinel") -> None:
        self.sentinel = sentinel

    def save(self) -> None:
        self.sentinel.on_cycle()


class Sentinel(cluster.Sentinel):
    name_of_cluster = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.main_pid = os.getppid()
        numbers = get_context("fork")
        # Without locks: only whether they change counts, and a killed process would keep a lock.
        self.started = numbers.RawValue("L", 0)
        self.finished = numbers.RawValue("L", 0)
        pre_execute.connect(self._count_started)  # called in a worker
        post_execute.connect(self._count_finished)  # called in the monitor
        self.heartbeat = HeartbeatWriter(self.name_of_cluster, self.main_pid, conf.Conf.WORKERS)
        self.progress = Progress()
        self.watchdog = Watchdog(self.main_pid) if self.name_of_cluster == WATCHING else None
        self.queue = conf.Conf.CLUSTER_NAME
        super().__init__(*args, **kwargs)  # runs until the cluster ends

    def _count_started(self, **kwargs: object) -> None:
        self.started.value += 1

    def _count_finished(self, **kwargs: object) -> None:
        self.finished.value += 1

    def reincarnate(self, process: Process) -> None:
        """Called by django-q2 for a process that has ended."""
        if process.exitcode is not None and process.exitcode < 0:
            self.end_cluster(f"a process was killed by signal {-process.exitcode}", culprit=process)
        super().reincarnate(process)

    def on_cycle(self) -> None:
        """Called by django-q2 twice a second, also while the cluster starts and stops."""
        if os.getppid() != self.main_pid:
            self.end_cluster("its main process is gone")
        if not self.start_event.is_set():
            return
        if self.heartbeat.beat(finished=self.finished.value) and not self.stop_event.is_set():
            with suppress(DatabaseError, RedisError):  # locked, or away: the next look is soon
                self._look_around()

    def _look_around(self) -> None:
        if self.progress.is_stalled(self._look()):
            self.end_cluster("its queue does not move")
        if self.watchdog:
            self.watchdog.look()

    def _look(self) -> Seen:
        timers = [process.timer.value for process in self.pool]
        return Seen(
            counts=(self.started.value, self.finished.value),
            results_wait=not self.result_queue.empty(),
            tasks_wait=not self.task_queue.empty(),
            worker_is_idle=any(timer == -1 for timer in timers),
            queue=self.queue,
        )

    def end_cluster(self, reason: str, culprit: Process | None = None) -> None:
        """Kill all processes of the cluster, this one too."""
        log.error("restarting the cluster: %s", reason)
        others = [process.pid for process in self.pool if process is not culprit and process.is_alive()]
        with suppress(DatabaseError):
            for model in apps.get_models():
                if issubclass(model, Job):
                    model.release_interrupted(others)
        _kill_group(os.getpgid(0))


def run(name: str) -> None:
    """Run the cluster until SIGTERM. `name`: "worker", or one of Q_CLUSTER's ALT_CLUSTERS."""
    if os.getpgid(0) != os.getpid():
        os.setpgid(0, 0)  # its own group, so that its processes can be found and killed
    end_forks_with_parent()
    pid_file = settings.DATA_DIR / "run" / f"cluster-{name}.pid"
    _kill_predecessor(name, pid_file)
    pid_file.parent.mkdir(parents=True, exist_ok=True)
    pid_file.write_text(str(os.getpid()))
    Sentinel.name_of_cluster = name
    cluster.Sentinel = Sentinel
    cluster.Stat = Cycle
    cluster.Cluster().start()


def _kill_predecessor(name: str, pid_file: Path) -> None:
    try:
        group = int(pid_file.read_text())
    except (FileNotFoundError, ValueError):
        return
    # Another process may have this number by now, in a container even another cluster: check the command.
    if group != os.getpid() and _has_command(group, f"manage.py cluster {name}"):
        log.warning("killing what is left of the previous cluster (group %s)", group)
        _kill_group(group)


def _has_command(group: int, command: str) -> bool:
    """Whether a process of this group has this in its command line."""
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if os.getpgid(process.pid) == group and command in " ".join(process.cmdline()):
                return True
    return False


def _kill_group(group: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
