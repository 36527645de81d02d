"""Runs videos.studio in a child process, and stops it when it makes no progress."""

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

from dashboard.files import disk
from dashboard.jobs.runner import JobFailed, NoRoom
from dashboard.uploads import sandbox

log = logging.getLogger(__name__)

LIMITS = sandbox.Limits(memory=6 * 2**30, seconds=20_000, file=16 * 2**30)
HEARTBEAT_SECONDS = 5.0
STALL_SECONDS = 300.0  # without any progress; finishing a large file reports none
LOG_NAME = "stderr.txt"


class StudioCrashed(Exception):
    """The process ended without an answer, or stalled; a retry may help."""


def run(request: dict[str, Any], folder: Path, report_progress: Callable[[int], None]) -> int:
    """Make the file that `request` describes (see videos.studio.make_file); returns its size in bytes.

    `report_progress` gets the percentage every few seconds; an exception that it raises ends the process. The process
    never outlives this call or this process. Raises JobFailed, NoRoom and StudioCrashed.
    """
    with (folder / LOG_NAME).open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-E", "-s", "-W", "ignore", "-m", "videos.studio"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            cwd=settings.BASE_DIR,
            env=sandbox.environment(folder),
        )
    if process.stdin is None or process.stdout is None:
        raise AssertionError("both are pipes")
    with process.stdin as stdin, process.stdout as stdout:
        try:
            _send(stdin, request | {"limits": asdict(LIMITS)})
            answer = _wait_for_answer(stdout, report_progress)
        finally:
            process.kill()
            process.wait()
    if "ok" in answer:
        return int(answer["ok"]["size"])
    if "refused" in answer:
        raise JobFailed(answer["refused"])
    if "full" in answer:
        raise NoRoom(disk.FULL)
    last = (folder / LOG_NAME).read_bytes()[-500:].decode(errors="replace").strip()
    raise StudioCrashed(f"{request['kind']}: exit code {process.returncode}: {last}")


def _send(stdin: IO[bytes], request: dict[str, Any]) -> None:
    """The pipe stays open: when it closes, the child knows that this process is gone."""
    try:
        stdin.write(json.dumps(request).encode() + b"\n")
        stdin.flush()
    except BrokenPipeError as error:
        raise StudioCrashed("the process ended before it received the request") from error


def _wait_for_answer(stdout: IO[bytes], report_progress: Callable[[int], None]) -> dict[str, Any]:
    """The final message of the process; {} if it ends without one."""
    lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
    threading.Thread(target=_read_lines, args=(stdout, lines), daemon=True).start()
    percent, last_progress = 0, time.monotonic()
    while True:
        try:
            line = lines.get(timeout=HEARTBEAT_SECONDS)
        except queue.Empty:
            line = b"{}"
        if line is None:
            return {}
        message: dict[str, Any] = json.loads(line)
        if message and "progress" not in message:
            return message
        if message.get("progress", percent) > percent:
            percent, last_progress = message["progress"], time.monotonic()
        elif time.monotonic() - last_progress > STALL_SECONDS:
            raise StudioCrashed("no progress")
        report_progress(percent)


def _read_lines(pipe: IO[bytes], lines: "queue.SimpleQueue[bytes | None]") -> None:
    for line in pipe:
        lines.put(line)
    lines.put(None)
