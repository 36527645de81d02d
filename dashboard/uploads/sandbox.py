"""Runs one decoding job in a child process with limits.

A decoder is a large piece of C code that reads files of strangers. So it runs in a process of its own, with limits on
memory, processor time, clock time and file size, an empty environment and a folder that is deleted afterwards.
"""

import errno
import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files import File

from dashboard.files import disk, temporary_folders
from dashboard.uploads import UploadError

log = logging.getLogger(__name__)

# A picture of 50 megapixels takes up to 0.6 GB while it is being read.
MAX_CHILDREN = min(3, max(2, os.cpu_count() or 2))
WAIT_SECONDS = 90
COPY_BYTES = 1024 * 1024

# Of this process: what they protect is the memory and the cores of this machine.
_slots = threading.BoundedSemaphore(MAX_CHILDREN)


@dataclass(frozen=True)
class Limits:
    memory: int  # bytes of address space
    seconds: int  # on the clock; processor time is limited to the same
    file: int  # bytes of the largest file it may write


@contextmanager
def work_folder() -> Iterator[Path]:
    """A folder for one upload, deleted afterwards."""
    with temporary_folders.create("upload") as folder:
        yield folder


def to_path(source: File | Path, work: Path, *, max_bytes: int) -> Path:
    """The path of an upload on disk, written into `work` if it has none. Raises UploadError for its size."""
    if isinstance(source, Path):
        check_size(source.stat().st_size, max_bytes)
        return source
    check_size(source.size, max_bytes)
    if hasattr(source, "temporary_file_path"):
        return Path(source.temporary_file_path())
    path = work / "source"
    with path.open("wb") as file:
        for chunk in source.chunks(COPY_BYTES):
            file.write(chunk)
    return path


def check_size(size: int, max_bytes: int) -> None:
    """Raises UploadError for what is empty or too large."""
    if size == 0:
        raise UploadError("This file is empty.")
    if size > max_bytes:
        raise UploadError(f"This file is {_megabytes(size)} MB large. The limit is {max_bytes // 2**20} MB.")


def _megabytes(size: int) -> str:
    return f"{size / 2**20:.1f}" if size < 100 * 2**20 else f"{size / 2**20:.0f}"


def run(
    job: str, source: Path, work: Path, limits: Limits, *, unreadable: str, **options: Any
) -> dict[str, Any]:
    """The child's answer to `job`. Raises UploadError when the file is refused, or the child dies (`unreadable`).

    Raises OSError when there is no room on the disk.
    """
    request = {"job": job, "source": str(source), "work": str(work), "limits": asdict(limits), **options}
    if not _slots.acquire(timeout=WAIT_SECONDS):
        raise UploadError("Too many files are being read right now. Try again in a minute.")
    try:
        answer = _run_child(request, work, limits)
    finally:
        _slots.release()
    if "ok" not in answer and ("full" in answer or disk.find_obstacle()):
        # Not the file's fault: no decoder works without room for its results.
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if "refused" in answer:
        raise UploadError(answer["refused"])
    if "ok" not in answer:
        raise UploadError(unreadable)
    result: dict[str, Any] = answer["ok"]
    return result


def _run_child(request: dict[str, Any], work: Path, limits: Limits) -> dict[str, Any]:
    errors = work / "errors.txt"
    with errors.open("wb") as stderr:
        try:
            done = subprocess.run(
                [sys.executable, "-E", "-s", "-W", "ignore", "-m", "dashboard.uploads.decoder"],
                input=json.dumps(request).encode(),
                stdout=subprocess.PIPE,
                stderr=stderr,
                cwd=settings.BASE_DIR,
                env=environment(work),
                timeout=limits.seconds + 5,  # the child's own alarm comes first
                check=False,
            )
        except subprocess.TimeoutExpired:
            log.info("%s: killed after %s s", request["job"], limits.seconds)
            return {}
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        answer = None
    if done.returncode or not isinstance(answer, dict):
        last = errors.read_bytes()[-300:].decode(errors="replace").strip()
        log.info("%s: the child ended with %s: %s", request["job"], done.returncode, last)
        return {}
    return answer


def environment(work: Path) -> dict[str, str]:
    """The environment of a decoding child, without any of our settings; `work` is its home."""
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "SYSTEMROOT") if name in os.environ}
    return {
        **kept,
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": str(work),
        "TMPDIR": str(work),
        # Thread pools reserve address space that the limit would count.
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "2",
    }
