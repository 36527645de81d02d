"""Limits of a process that decodes files of strangers; set before any decoder is imported."""

import contextlib
import resource
import signal

OPEN_FILES = 64


def restrict(limits: dict[str, int]) -> None:
    """Limit this process: `memory` and `file` in bytes, `seconds` of clock and of processor time."""
    seconds = limits["seconds"]
    for what, soft, hard in (
        (resource.RLIMIT_AS, limits["memory"], limits["memory"]),
        (resource.RLIMIT_CPU, seconds, seconds + 1),
        (resource.RLIMIT_FSIZE, limits["file"], limits["file"]),
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_NOFILE, OPEN_FILES, OPEN_FILES),
    ):
        ceiling = resource.getrlimit(what)[1]
        if ceiling != resource.RLIM_INFINITY:
            soft, hard = min(soft, ceiling), min(hard, ceiling)
        # Not every system knows every limit (macOS has none on address space); the others still hold.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(what, (soft, hard))
    # The parent enforces its time limit only while it lives.
    signal.alarm(seconds)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
