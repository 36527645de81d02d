"""Deleting stored files: their names are written down in the transaction that deletes or changes their row.

So nobody who is killed after the commit leaves files behind. Files in the data folder are deleted as soon as it is
committed. Those in a bucket are deleted by a worker, many with one request; nobody waits for that.
"""

import logging
from collections.abc import Iterable
from datetime import timedelta
from functools import partial

from django.core.cache import cache
from django.core.files.storage import default_storage
from django.db import transaction

from dashboard.files.bucket import is_bucket
from dashboard.files.models import DeletedFile
from dashboard.jobs import clock
from dashboard.jobs.enqueue import enqueue

log = logging.getLogger(__name__)

TASK = "dashboard.files.deletion.delete_next"
MAX_FILES = 1000  # at a time: a bucket takes no more in one request
STEP_SECONDS = 3.0
LEFT_SECONDS = 10  # then the process that should have deleted them in the data folder did not
REPEAT_SECONDS = 60.0  # until another task, after one that failed or was killed
RUNNING = "deleting-files"


def delete_names_on_commit(names: Iterable[str]) -> None:
    """Delete stored files when the transaction that deletes or changes their row has been committed."""
    rows = DeletedFile.objects.bulk_create([DeletedFile(name=name) for name in names if name])
    if rows and deletes_at_once():
        transaction.on_commit(partial(_delete, rows), robust=True)


def deletes_at_once() -> bool:
    """Whether the process that deletes a row deletes its files too."""
    return not is_bucket(default_storage)


def delete_names(names: Iterable[str]) -> set[str]:
    """Delete stored files now, many with one request to a bucket. Returns those that could not be deleted."""
    names = list(names)
    if is_bucket(default_storage):
        parts = [names[start : start + MAX_FILES] for start in range(0, len(names), MAX_FILES)]
        return {name for part in parts for name in default_storage.delete_many(part)}  # type: ignore[attr-defined]
    kept = set()
    for name in names:
        try:
            default_storage.delete(name)
        except OSError as error:
            log.warning("%s could not be deleted: %s", name, error)
            kept.add(name)
    return kept


def is_to_be_deleted(name: str) -> bool:
    """Whether a file of this name is still to be deleted: then no new one may be stored under it."""
    return DeletedFile.objects.filter(name=name).exists()


def step() -> float:
    """Called by the poller: have a worker delete what is to go. Returns the seconds until the next call."""
    rows = DeletedFile.objects.all()
    if deletes_at_once():
        rows = rows.filter(created_at__lt=clock.now() - timedelta(seconds=LEFT_SECONDS))
    if rows.exists() and cache.add(RUNNING, 1, REPEAT_SECONDS):
        enqueue(TASK)
    return STEP_SECONDS


def delete_next() -> None:
    """A task: delete all files that are to go. Two at once do no harm."""
    last = 0
    while rows := list(DeletedFile.objects.filter(pk__gt=last).order_by("pk")[:MAX_FILES]):
        _delete(rows)
        last = rows[-1].pk
    cache.delete(RUNNING)


def _delete(rows: list[DeletedFile]) -> None:
    kept = delete_names(row.name for row in rows)
    DeletedFile.objects.filter(pk__in=[row.pk for row in rows if row.name not in kept]).delete()
