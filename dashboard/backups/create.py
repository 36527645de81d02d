"""Making a backup while the product runs.

No row in it points to a file that is not in it. A copy of the database is made by SQLite's own backup, then every file
that its rows name is linked into a folder, where it stays whatever people delete meanwhile. If one was deleted between
the two, another copy of the database is made, in which no row names it any more. Stored files never change.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import connection
from django.db.models import FileField

from dashboard.backups import archive
from dashboard.backups.archive import BackupError
from dashboard.files import temporary_folders

MAX_COPIES = 5  # of the database
ELSEWHERE = (
    "This command backs up an SQLite database and files on this machine. Back up PostgreSQL with pg_dump, and the bucket "
    "with the tools of its service, the database first."
)


@dataclass(frozen=True)
class Backup:
    """What was made."""

    files: int
    size: int  # bytes
    missing: list[str]  # files that rows name and that were missing before


def create_backup(target: Path) -> Backup:
    """Write a backup of this installation to `target`. Raises BackupError."""
    check_supported()
    if not target.parent.is_dir():
        raise BackupError(f"The folder {target.parent} does not exist.")
    try:
        with temporary_folders.create("backup") as work:
            missing = _copy_consistently(work)
            files = {str(path.relative_to(work)): path for path in sorted(_list_files(work))}
            secrets = settings.SECRETS_DIR
            # A dot: drafts of secrets that are being made.
            kept = (path for path in _list_files(secrets) if not path.name.startswith("."))
            files |= {f"secrets/{path.relative_to(secrets)}": path for path in kept}
            size = sum(path.stat().st_size for path in files.values())
            if shutil.disk_usage(target.parent).free < size + settings.DISK_RESERVE_BYTES:
                raise BackupError(
                    f"There is no room for a backup of {size // 2**20:,} MB in {target.parent}. "
                    "Delete older ones, or choose another disk."
                )
            archive.write(target, files)
    except (OSError, sqlite3.Error) as error:
        raise BackupError(f"The backup could not be written: {error}.") from error
    return Backup(len(files), target.stat().st_size, missing)


def check_supported() -> None:
    """Raises BackupError where database or files are somewhere else."""
    if connection.vendor != "sqlite" or not isinstance(default_storage, FileSystemStorage):
        raise BackupError(ELSEWHERE)


def list_named_files(database: Path) -> set[str]:
    """The names of the stored files that the rows of a copy of the database point to."""
    names: set[str] = set()
    with closing(sqlite3.connect(database)) as copy:
        tables = {row[0] for row in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        for model in apps.get_models():
            for field in model._meta.concrete_fields:
                if isinstance(field, FileField) and model._meta.db_table in tables:
                    query = f'SELECT DISTINCT "{field.column}" FROM "{model._meta.db_table}"'  # noqa: S608
                    names |= {row[0] for row in copy.execute(query) if row[0]}
    return names


def _copy_consistently(work: Path) -> list[str]:
    """Fill the folder with the database and the files. Returns the names of those that were missing before."""
    database, media = work / archive.DATABASE, work / "media"
    missing: set[str] = set()
    for _ in range(MAX_COPIES):
        shutil.rmtree(media, ignore_errors=True)
        _copy_database(database)
        before, missing = missing, {name for name in list_named_files(database) if not _link(name, media)}
        # Still named by a copy that was made after they were looked for: nobody has just deleted them.
        if missing <= before:
            return sorted(missing)
    raise BackupError("Too many files were deleted while the backup was made. Try again.")


def _copy_database(target: Path) -> None:
    target.unlink(missing_ok=True)
    source = connection.settings_dict["NAME"]
    with (
        closing(sqlite3.connect(source, timeout=60)) as live,
        closing(sqlite3.connect(target)) as copy,
    ):
        live.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file
        if copy.execute("PRAGMA quick_check").fetchone()[0] != "ok":
            raise BackupError("The database is damaged. Restore the newest backup, and look at the disk.")


def _link(name: str, media: Path) -> bool:
    """Keep a stored file, by another name for the same content. False if there is none."""
    target = media / name
    target.parent.mkdir(parents=True, exist_ok=True)
    source = default_storage.path(name)
    try:
        try:
            os.link(source, target)
        except FileNotFoundError:
            raise
        except OSError:  # media files are on another disk, or on one without links
            shutil.copyfile(source, target)
    except FileNotFoundError:
        return False
    return True


def _list_files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())
