"""One request on stdin, one answer on stdout: {"ok": …}, {"refused": sentence} or {"full": true}, for the disk. Any other end means a broken file.

The limits are set before any decoder is imported.
"""

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

from dashboard.uploads.decoder import FileRefused
from dashboard.uploads.decoder.confinement import confine
from dashboard.uploads.decoder.full_disk import comes_from_full_disk
from dashboard.uploads.decoder.limits import restrict

JOBS = {
    "portrait": ("pictures", "convert_portrait"),
    "cutout": ("pictures", "convert_cutout"),
    "backdrop": ("pictures", "convert_backdrop"),
    "sheet": ("sheets", "read_rows"),
    "voice": ("sounds", "convert_voice"),
    "waveform": ("waveforms", "compute_waveform"),
    "cut": ("waveforms", "cut"),
    "join": ("join", "join"),
    "draft_speech": ("draft_speech", "speak"),
    "video": ("videos", "check_video"),
    "stills": ("videos", "extract_stills"),
    "sign": ("content_credentials", "sign"),
    "keep_credentials": ("content_credentials", "keep"),
    "read_credentials": ("content_credentials", "read"),
}


def main() -> None:
    # Libraries may print to stdout: that goes to stderr, and the answer to a copy of stdout.
    answer_to = os.dup(1)
    os.dup2(2, 1)
    request: dict[str, Any] = json.load(sys.stdin)
    sources = [Path(request[name]) for name in ("source", "mask") if request.get(name)]
    sources += [Path(path) for path in request.get("readable", [])]
    folders = [Path(request["work"]), *(Path(path) for path in request.get("writable", []))]
    confine([path for path in sources if path.exists()], folders)
    restrict(request["limits"])
    module, function = JOBS[request["job"]]
    try:
        job = getattr(importlib.import_module(f"dashboard.uploads.decoder.{module}"), function)
        answer = {"ok": job(request)}
    except FileRefused as error:
        answer = {"full": True} if comes_from_full_disk(error) else {"refused": str(error)}
    except OSError as error:
        if not comes_from_full_disk(error):
            raise
        answer = {"full": True}
    with os.fdopen(answer_to, "w") as stream:
        json.dump(answer, stream)
    # There is nothing to clean up, and some libraries crash when they try.
    sys.stderr.flush()
    os._exit(0)


main()
