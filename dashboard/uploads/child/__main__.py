"""One request on stdin, one answer on stdout: {"ok": …} or {"refused": sentence}; anything else is a broken file.

The limits are set before any decoder is imported.
"""

import contextlib
import importlib
import json
import os
import resource
import signal
import sys
from typing import Any

from dashboard.uploads.child import Refused

JOBS = {
    "portrait": ("pictures", "portrait"),
    "picture": ("pictures", "facts"),
    "thumbnail": ("pictures", "thumbnail"),
    "cutout": ("pictures", "cutout"),
    "sheet": ("sheets", "rows"),
    "shape": ("waves", "shape"),
    "cut": ("waves", "cut"),
    "voice": ("sounds", "voice"),
    "video": ("films", "facts"),
    "poster": ("films", "poster"),
    "film_cutout": ("films", "cutout"),
}
OPEN_FILES = 64


def restrict(limits: dict[str, int]) -> None:
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
    # The parent's time limit is worth nothing when the parent is killed.
    signal.alarm(seconds)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)


def main() -> None:
    # Libraries print where they like: what they say to stdout goes to stderr.
    answer_to = os.dup(1)
    os.dup2(2, 1)
    request: dict[str, Any] = json.load(sys.stdin)
    restrict(request["limits"])
    module, function = JOBS[request["job"]]
    try:
        job = getattr(importlib.import_module(f"dashboard.uploads.child.{module}"), function)
        answer = {"ok": job(request)}
    except Refused as error:
        answer = {"refused": str(error)}
    with os.fdopen(answer_to, "w") as stream:
        json.dump(answer, stream)
    # Nothing to tidy up, and some libraries crash while they try.
    sys.stderr.flush()
    os._exit(0)


main()
