"""One request on stdin, one answer on stdout: {"ok": …} or {"refused": sentence}; anything else is a broken file.

The limits are set before any decoder is imported.
"""

import importlib
import json
import os
import sys
from typing import Any

from dashboard.uploads.decoder import FileRefused
from dashboard.uploads.decoder.limits import restrict

JOBS = {
    "portrait": ("pictures", "portrait"),
    "cutout": ("pictures", "cutout"),
    "backdrop": ("pictures", "backdrop"),
    "sheet": ("sheets", "rows"),
    "voice": ("sounds", "voice"),
    "shape": ("waves", "shape"),
    "cut": ("waves", "cut"),
    "film": ("films", "film"),
    "stills": ("films", "stills"),
}


def main() -> None:
    # Libraries print where they like: what they say to stdout goes to stderr.
    answer_to = os.dup(1)
    os.dup2(2, 1)
    request: dict[str, Any] = json.load(sys.stdin)
    restrict(request["limits"])
    module, function = JOBS[request["job"]]
    try:
        job = getattr(importlib.import_module(f"dashboard.uploads.decoder.{module}"), function)
        answer = {"ok": job(request)}
    except FileRefused as error:
        answer = {"refused": str(error)}
    with os.fdopen(answer_to, "w") as stream:
        json.dump(answer, stream)
    # Nothing to tidy up, and some libraries crash while they try.
    sys.stderr.flush()
    os._exit(0)


main()
