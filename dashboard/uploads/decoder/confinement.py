"""What a child process that opens files of strangers may do at all: no network, no programs, no files but its own.

Two ways of Linux, each through a package: landlock for files, seccomp for system calls. Where the kernel or libseccomp
lacks one of them (and on macOS), the other limits still hold; `confine` tells which are in force. Call it before a
decoder is imported and before a thread is started, because both hold for this thread and what comes of it.
"""

import contextlib
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

# Our code, without the data folder, which may be beside it.
ROOT = Path(__file__).resolve().parents[3]
CODE = ("dashboard", "videos", "avatars", "engine", "static")
SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/etc", "/opt", "/nix", "/proc", "/sys", "/dev")

# The child computes; it has no business with the network, other programs, other processes or the kernel.
FORBIDDEN_CALLS = (
    *("socket", "socketpair", "connect", "bind", "listen", "accept", "accept4", "sendto", "sendmsg"),
    *("execve", "execveat", "ptrace", "process_vm_readv", "process_vm_writev", "kill", "tkill", "pidfd_open"),
    *("mount", "umount2", "pivot_root", "chroot", "unshare", "setns", "io_uring_setup", "bpf", "userfaultfd"),
    *("perf_event_open", "keyctl", "add_key", "request_key", "init_module", "finit_module", "delete_module"),
    *(
        "kexec_load",
        "reboot",
        "swapon",
        "swapoff",
        "open_by_handle_at",
        "name_to_handle_at",
        "setuid",
        "setgid",
    ),
)


def confine(readable: Iterable[Path], writable: Iterable[Path]) -> list[str]:
    """Confine this process for good; `readable` are files, `writable` are folders. Returns what is in force."""
    in_force = []
    if sys.platform == "linux":
        # In this order: loading libseccomp may start a program (ldconfig) and needs files.
        forbid_calls = _prepare_calls()
        if _confine_files(readable, writable):
            in_force.append("files")
        if forbid_calls:
            forbid_calls.load()
            in_force.append("calls")
    return in_force


def _confine_files(readable: Iterable[Path], writable: Iterable[Path]) -> bool:
    import landlock

    try:
        rules = landlock.Ruleset()
    except (landlock.LandlockError, OSError):  # a kernel without it, or one where it is switched off
        return False
    may_read = landlock.FSAccess.READ_FILE | landlock.FSAccess.READ_DIR | landlock.FSAccess.EXECUTE
    folders = [*SYSTEM, sys.prefix, sys.base_prefix, *(str(ROOT / name) for name in CODE)]
    folders += os.environ.get("LD_LIBRARY_PATH", "").split(":")
    for folder in {os.path.realpath(folder) for folder in folders if folder}:
        if os.path.isdir(folder):
            rules.allow(folder, rules=may_read)
    for path in readable:
        rules.allow(str(path), rules=landlock.FSAccess.READ_FILE)
    for path in writable:
        rules.allow(str(path))
    with contextlib.suppress(OSError):
        rules.allow("/dev/null", rules=landlock.FSAccess.READ_FILE | landlock.FSAccess.WRITE_FILE)
    rules.apply()
    return True


def _prepare_calls() -> Any:  # of pyseccomp, which may be missing
    try:
        import pyseccomp
    except (ImportError, RuntimeError, OSError):  # without libseccomp
        return None
    import errno

    calls = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    for name in FORBIDDEN_CALLS:
        with contextlib.suppress(ValueError, OSError):  # this architecture has no such call
            calls.add_rule(pyseccomp.ERRNO(errno.EPERM), name)
    return calls
