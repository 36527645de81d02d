"""Has the studio make one file in a child process, and watches over it (videos/studio does the work)."""

import json
import logging
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from django.conf import settings

from dashboard.files.stored_files import DISK_FULL
from dashboard.jobs.runner import JobFailed
from dashboard.uploads import sandbox

log = logging.getLogger(__name__)

LIMITS = sandbox.Limits(memory=6 * 2**30, seconds=20_000, file=16 * 2**30)
BEAT = 5.0  # seconds
STALLED = 300.0  # seconds without any progress; the last stretch of a large file has none


class Died(Exception):
    """It ended without an answer; trying again may help."""


def make(request: dict[str, Any], folder: Path, alive: Callable[[int], None]) -> int:
    """Have `request` made; the size of the file in bytes. Raises JobFailed, Died, and whatever `alive` raises.

    `alive` gets the percentage again and again. The child never outlives this call, nor this process.
    """
    with (folder / "complaints.txt").open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-E", "-s", "-W", "ignore", "-m", "videos.studio"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            cwd=settings.BASE_DIR,
            env=sandbox.environment(folder),
        )
    try:
        _send(process, request | {"limits": asdict(LIMITS)})
        answer = _listen(process, alive)
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            pipe.close()
    if "ok" in answer:
        return answer["ok"]["size"]
    if "refused" in answer:
        raise JobFailed(answer["refused"])
    if "full" in answer:
        raise JobFailed(DISK_FULL)
    last = (folder / "complaints.txt").read_bytes()[-500:].decode(errors="replace").strip()
    raise Died(f"{request['kind']}: ended with {process.returncode}: {last}")


def _send(process: subprocess.Popen, request: dict[str, Any]) -> None:
    """The pipe stays open: that it closes tells the child that we are gone."""
    try:
        process.stdin.write(json.dumps(request).encode() + b"\n")
        process.stdin.flush()
    except BrokenPipeError as error:
        raise Died("it ended before it was asked") from error


def _listen(process: subprocess.Popen, alive: Callable[[int], None]) -> dict[str, Any]:
    """Its last word, {} if it has none."""
    lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(process.stdout, lines), daemon=True).start()
    percent, moved = 0, time.monotonic()
    while True:
        try:
            line = lines.get(timeout=BEAT)
        except queue.Empty:
            line = b"{}"
        if line is None:
            return {}
        said = json.loads(line)
        if said and "progress" not in said:
            return said
        if said.get("progress", percent) > percent:
            percent, moved = said["progress"], time.monotonic()
        elif time.monotonic() - moved > STALLED:
            raise Died("it came to a standstill")
        alive(percent)


def _read(pipe: IO[bytes], lines: "queue.SimpleQueue[bytes | None]") -> None:
    for line in pipe:
        lines.put(line)
    lines.put(None)
