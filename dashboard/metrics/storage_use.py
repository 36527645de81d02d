"""How much is stored: measured a few times a day by a worker, because every file has to be looked at."""

import contextlib
import logging
import os
import uuid
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from dashboard.files.bucket import is_bucket
from dashboard.jobs.enqueue import enqueue
from dashboard.metrics.models import StorageUse
from dashboard.models import Lease

log = logging.getLogger(__name__)

STEP_SECONDS = 600.0
EVERY_SECONDS = 6 * 3600.0
KEEP_DAYS = 400
MAX_FOLDER = 80  # characters


def step() -> float:
    """The poller's step: have a worker measure every few hours. The seconds until the next step."""
    if Lease.acquire("storage-use", uuid.uuid4(), EVERY_SECONDS):
        enqueue("dashboard.metrics.storage_use.measure", cluster="studio")
    return STEP_SECONDS


def measure() -> None:
    """Add up the sizes of all stored files by folder, instead of what was measured earlier today. A task."""
    today = timezone.localdate()
    sizes: dict[str, int] = defaultdict(int)
    files: dict[str, int] = defaultdict(int)
    for name, size in _list_files():
        folder = "/".join(name.split("/")[:-1][:2])[:MAX_FOLDER]
        sizes[folder] += size
        files[folder] += 1
    rows = [
        StorageUse(day=today, folder=folder, size=sizes[folder], files=files[folder]) for folder in sizes
    ] or [StorageUse(day=today, folder="", size=0, files=0)]
    with transaction.atomic():
        StorageUse.objects.filter(day=today).delete()
        StorageUse.objects.bulk_create(rows, ignore_conflicts=True)
        StorageUse.objects.filter(day__lt=today - timedelta(days=KEEP_DAYS)).delete()
    log.info("%s files, %s bytes are stored", sum(files.values()), sum(sizes.values()))


def _list_files() -> Iterator[tuple[str, int]]:
    """Names and sizes of all stored files."""
    if is_bucket(default_storage):
        storage: Any = default_storage
        prefix = f"{storage.location}/" if storage.location else ""
        for item in storage.bucket.objects.filter(Prefix=prefix):
            yield item.key.removeprefix(prefix), item.size
        return
    root = Path(settings.MEDIA_ROOT)
    folders = [root]
    while folders:
        with contextlib.suppress(FileNotFoundError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(Path(entry.path))
                    continue
                with contextlib.suppress(FileNotFoundError):  # deleted meanwhile
                    yield Path(entry.path).relative_to(root).as_posix(), entry.stat().st_size
