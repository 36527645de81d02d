"""One installation at a time uses a data folder.

`run/lock` is locked by `make run` and by supervisor, which inherits it; it says who that is. `run/children.lock` is
shared by all processes that supervisor started (start_child.py) and by what these fork: while it is locked, some of
them still run. The kernel ends both locks with the last process that has them, whatever ended it.
"""

import contextlib
import fcntl
import json
import os
import signal
import time
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

import psutil

LAUNCH_VARIABLE = "DASHBOARD_LAUNCH"  # in the environment of every process of one start
TERM_SECONDS = 6  # for orphans to end by themselves, then they are killed


@dataclass(frozen=True)
class Launch:
    """One start of the product."""

    pid: int
    address: str
    launch: str  # what LAUNCH_VARIABLE has


class DataFolderInUse(Exception):
    """Another start uses the data folder, or a process of an earlier one that could not be ended. `str`: how to end it."""


def lock_path(folder: Path) -> Path:
    return folder / "lock"


def children_lock_path(folder: Path) -> Path:
    return folder / "children.lock"


def acquire(folder: Path, address: str, wait_seconds: float) -> IO[str]:
    """Lock the data folder for this start, and end what is left of the one before. Keep the file open.

    `folder`: DATA_DIR/run. Waits for one that is just stopping. Raises DataFolderInUse.
    """
    file = lock_path(folder).open("a+")
    if not _lock(file, fcntl.LOCK_EX, wait_seconds):
        file.close()
        raise DataFolderInUse(_how_to_end(folder))
    if before := read(folder):
        _end_processes(before)
    with children_lock_path(folder).open("a") as children:
        if not _lock(children, fcntl.LOCK_EX, TERM_SECONDS):
            file.close()
            raise DataFolderInUse(f"End its processes first: fuser -k {children_lock_path(folder)}")
    launch = Launch(os.getpid(), address, uuid.uuid4().hex)
    file.truncate(0)
    file.write(json.dumps(asdict(launch)))
    file.flush()
    os.environ[LAUNCH_VARIABLE] = launch.launch
    return file


def read(folder: Path) -> Launch | None:
    """Who uses the data folder, or used it last."""
    try:
        return Launch(**json.loads(lock_path(folder).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def share_children_lock(folder: Path) -> None:
    """For a process of the product: hold the shared lock until it and all its forks have ended, also across `exec`."""
    number = os.open(children_lock_path(folder), os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(number, fcntl.LOCK_SH)
    os.set_inheritable(number, True)


def _how_to_end(folder: Path) -> str:
    pids = [str(process.pid) for process in find_processes(launch.launch)] if (launch := read(folder)) else []
    if launch and psutil.pid_exists(launch.pid):
        pids.insert(0, str(launch.pid))
    return f"Wait until it has stopped, or end it: kill -9 {' '.join(pids)}"


def _lock(file: IO[str], kind: int, wait_seconds: float) -> bool:
    deadline = time.monotonic() + wait_seconds
    while True:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(file, kind | fcntl.LOCK_NB)
            return True
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.1)


def _end_processes(launch: Launch) -> None:
    """End what is left of a start whose supervisor is gone. Its mark is in no other process, whatever its number."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        left = list(find_processes(launch.launch))
        for process in left:
            with contextlib.suppress(psutil.Error):
                process.send_signal(signal.SIGCONT)  # one that is stopped would not notice
                process.send_signal(number)
        psutil.wait_procs(left, TERM_SECONDS)


def find_processes(launch: str) -> Iterator[psutil.Process]:
    """The processes of one start, other than this one."""
    for process in psutil.process_iter():
        # Those of other people cannot be read, and those that are ending have nothing left to read.
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and process.environ().get(LAUNCH_VARIABLE) == launch:
                yield process
