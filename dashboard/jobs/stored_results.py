"""Files that a task stores before it moves its row, where a run of it has the same names as every other.

A run that stood still may find that another one has taken its row over, and has finished it: then what is stored under
these names is the result, and is left alone.
"""

from collections.abc import Iterable
from pathlib import Path

from django.db import DatabaseError
from django.db.models.fields.files import FieldFile

from dashboard.files.stored_files import delete_files, store_file
from dashboard.jobs.leased_job import Job, LeaseLost


def store_result(job: Job, field: FieldFile, source: Path, name: str) -> None:
    """Store `source` and set the field; the row is not saved. Replaces what a killed run left. Raises LeaseLost."""
    job.check_lease()
    store_file(field, source, name)


def delete_result(job: Job, fields: Iterable[FieldFile]) -> None:
    """Delete what this run has stored and cannot finish.

    While another run works on the row, that one replaces it; what a row names stays.
    """
    try:
        job.check_lease()
    except LeaseLost:
        row = type(job)._base_manager.filter(pk=job.pk).first()
        if row is not None and row.lease not in (None, job.lease):
            return
    except DatabaseError:  # nobody can tell whose they are: the next run replaces them
        return
    # A time-out may come just after the row was saved.
    delete_files([field for field in fields if not _is_named(field)])


def _is_named(field: FieldFile) -> bool:
    """Whether the row of the file names it."""
    row = field.instance
    return type(row)._base_manager.filter(pk=row.pk, **{field.field.name: field.name or ""}).exists()
