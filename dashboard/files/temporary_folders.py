"""Temporary folders below DATA_DIR/tmp that say which process they belong to, so that those of dead ones can be deleted."""

import logging
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from dashboard.processes.running import is_running

log = logging.getLogger(__name__)

SWEEP_SECONDS = 30.0  # between two sweeps
GRACE_SECONDS = (
    60.0  # since anything was last written; a number may also be that of a process in another container
)
OLD_SECONDS = 24 * 3600.0  # for what has no number of a process: uploads in pieces, files of Django
_OWNER = re.compile(r"-pid([0-9]{1,9})-")


@contextmanager
def create(kind: str) -> Iterator[Path]:
    """A folder that is deleted at the end; `kind` begins its name."""
    root = Path(settings.FILE_UPLOAD_TEMP_DIR)
    root.mkdir(parents=True, exist_ok=True)
    prefix = f"{kind}-pid{os.getpid()}-"
    with tempfile.TemporaryDirectory(prefix=prefix, dir=root, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def sweep() -> float:
    """Called by the poller: delete what killed processes left behind. Returns the seconds until the next call."""
    for entry in Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir():
        try:
            if _is_leftover(entry):
                log.info("deleting %s, which a process left behind", entry.name)
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        except OSError:
            continue  # another process has just deleted it
    return SWEEP_SECONDS


def _is_leftover(entry: Path) -> bool:
    age = time.time() - _last_change(entry)
    if owner := _OWNER.search(entry.name):
        return age > GRACE_SECONDS and not is_running(int(owner[1]))
    return "upload" in entry.name and age > OLD_SECONDS


def _last_change(entry: Path) -> float:
    """When anything in it was last written, as time.time()."""
    files = entry.rglob("*") if entry.is_dir() else ()
    return max((path.stat().st_mtime for path in (entry, *files)), default=0.0)
