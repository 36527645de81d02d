"""Rows whose stored files are gone: noticed when a file is served or a page is opened, and by a sweep of the poller.

Lists never look at the storage: they show what the rows say. What can be mended is mended by receivers of
`files_missing`; the pages say the rest and offer what is left.
"""

import logging
from pathlib import PurePosixPath

from django.apps import apps
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.db import models
from django.dispatch import Signal

from dashboard.files.bucket import is_bucket
from dashboard.jobs.continue_on_error import do_each
from dashboard.jobs.enqueue import enqueue
from dashboard.models import StoredFilesModel

log = logging.getLogger(__name__)

TASK = "dashboard.files.missing_files.check"
SWEEP_SECONDS = 10.0  # between two sweeps
MAX_ROWS = 25  # of each model in one sweep: a storage on the network answers for each file
NOTICE_SECONDS = 60  # a page may ask for the same missing file many times

# Sent for a row that has missing files: sender is its model, `row` the row. Mend only what can be made again.
files_missing = Signal()


def check_files(row: StoredFilesModel) -> list[str]:
    """Look whether the files of a row exist, and save what is found. Returns the names of the fields without."""
    missing = _find_missing(row)
    if missing:  # they may just have been replaced
        try:
            row.refresh_from_db()
        except type(row).DoesNotExist:
            return missing
        missing = _find_missing(row)
    if missing != row.missing_files:
        log.warning("%s %s: missing files: %s", type(row).__name__, row.pk, missing or "none any more")
        fields = {"missing_files": missing}
        if hasattr(row, "version"):
            fields["version"] = models.F("version") + 1  # type: ignore[assignment]  # an expression
        type(row)._base_manager.filter(pk=row.pk).update(**fields)
        row.missing_files = missing
    if missing:
        files_missing.send(type(row), row=row)
    return row.missing_files


def check_opened(row: StoredFilesModel) -> list[str]:
    """What is missing of a row whose page is opened. With a bucket a worker looks, and no page waits for its answers:
    it says what was found before. Returns the names of the fields without a file.
    """
    if not is_bucket(default_storage):
        return check_files(row)
    label = row._meta.label_lower
    if cache.add(f"opened:{label}:{row.pk}", 1, NOTICE_SECONDS):
        enqueue(TASK, label, row.pk)
    return row.missing_files


def check(label: str, pk: int) -> None:
    """A task: look whether the files of a row exist whose page was opened."""
    do_each(apps.get_model(label)._default_manager.filter(pk=pk), check_files)


def _find_missing(row: StoredFilesModel) -> list[str]:
    return [
        field.name
        for field in _file_fields(type(row))
        if (name := getattr(row, field.name).name) and not default_storage.exists(name)
    ]


def is_storage_there(name: str) -> bool:
    """Whether the folder of a stored file exists. Without it a whole disk may be missing, which comes back."""
    if is_bucket(default_storage):  # it has no folders, and an error instead where it cannot be reached
        return True
    return default_storage.exists(str(PurePosixPath(name).parent))


def notice(name: str) -> None:
    """A stored file was asked for and is gone: mark the row that it belongs to."""
    if not cache.add(f"missing-file:{name}"[:200], 1, NOTICE_SECONDS):
        return
    for model in _models():
        for field in _file_fields(model):
            do_each(model._base_manager.filter(**{field.name: name})[:1], check_files)


def sweep() -> float:
    """Called by the poller: look at some rows of each model in turn. Returns the seconds until the next call."""
    for model in _models():
        do_each(next_rows(model._base_manager.all(), MAX_ROWS), check_files)
    return SWEEP_SECONDS


def next_rows(rows: models.QuerySet, count: int) -> list:
    """The next `count` rows in the order of their keys, beginning again at the end."""
    key = f"missing-files-sweep:{rows.model._meta.label_lower}"
    found = list(rows.filter(pk__gt=cache.get(key, 0)).order_by("pk")[:count])
    cache.set(key, found[-1].pk if len(found) == count else 0, None)
    return found


def _models() -> list[type[StoredFilesModel]]:
    return [model for model in apps.get_models() if issubclass(model, StoredFilesModel)]


def _file_fields(model: type[models.Model]) -> list[models.FileField]:
    return [field for field in model._meta.concrete_fields if isinstance(field, models.FileField)]
