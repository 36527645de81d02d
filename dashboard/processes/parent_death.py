"""Processes that end when the process that started them does, however that ended."""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def end_with_parent(number: int = signal.SIGKILL) -> None:
    """Have the kernel send `number` to this process when its parent ends. It stays so across `exec`, not across a fork.

    Only Linux can do that. Elsewhere nothing happens here: the cluster looks itself whether its parent lives
    (cluster.py), and the next start ends what is left (data_lock.py).
    """
    if _libc is None:
        return
    parent = os.getppid()
    _libc.prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
    if os.getppid() != parent:  # it ended just before
        os.kill(os.getpid(), number)


def end_forks_with_parent() -> None:
    """From now on, every fork of this process, and their forks, are killed when their parent ends."""
    os.register_at_fork(after_in_child=end_with_parent)
