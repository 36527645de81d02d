"""Files that belong to rows: stored before their row is saved, deleted after it is deleted."""

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from django.core.files import File
from django.db.models import FileField
from django.db.models.fields.files import FieldFile

from dashboard.files.deletion import delete_names_on_commit, is_to_be_deleted


class HasFiles(Protocol):
    """A row with stored files."""

    @property
    def files(self) -> list[FieldFile]: ...


def store_file(field: FieldFile, source: Path, name: str) -> None:
    """Store `source` and set the field; the row is not saved. Replaces what a killed run of the same task left."""
    stored = field.field.generate_filename(field.instance, name)
    if is_to_be_deleted(stored):
        name = f"{Path(name).stem}-{uuid.uuid4().hex[:8]}{Path(name).suffix}"
    else:
        field.storage.delete(stored)
    with source.open("rb") as file:
        field.save(name, File(file), save=False)


def delete_files(files: Iterable[FieldFile]) -> None:
    """Delete stored files now."""
    for file in files:
        if file.name:
            file.storage.delete(file.name)


def delete_on_commit(files: Iterable[FieldFile]) -> None:
    """Delete stored files when the transaction that deletes or changes their row has been committed."""
    delete_names_on_commit(file.name or "" for file in files)


def get_size(file: FieldFile) -> int | None:
    """The size of a file in bytes, as its row says; None if the file is gone.

    The storage is asked only once, because it may be on a network: a stored file is never written again.
    """
    row: Any = file.instance
    name = file.name or ""
    if name not in row.file_sizes:
        try:
            size = file.size
        except OSError:
            return None
        fields = [field for field in row._meta.concrete_fields if isinstance(field, FileField)]
        present = {getattr(row, field.name).name for field in fields}
        row.file_sizes = {key: kept for key, kept in row.file_sizes.items() if key in present} | {name: size}
        type(row)._base_manager.filter(pk=row.pk).update(file_sizes=row.file_sizes)
    return int(row.file_sizes[name])


@contextmanager
def delete_on_error(row: HasFiles) -> Iterator[None]:
    """Delete the row's files if the block raises: without a saved row nothing else would ever delete them."""
    try:
        yield
    except BaseException:
        delete_files(row.files)
        raise
