"""Restoring a backup into the data folder of an installation that does not run.

What was there is moved aside. Work that was going on when the backup was made goes on; nothing is ordered a second
time: our own engine was restored to the same moment, and from another provider an order that was waiting is looked up
first (dashboard.provider.generate_once), because it may have been sent after the backup.
"""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.db import DatabaseError, connections
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone
from django_q.models import OrmQ

from dashboard.backups import archive
from dashboard.backups.archive import BackupError
from dashboard.backups.create import check_supported
from dashboard.files import disk, temporary_folders
from dashboard.forgotten import listing
from dashboard.jobs.leased_job import Job
from dashboard.jobs.provider_job import ProviderJob, ProviderState
from dashboard.models import Lease
from dashboard.processes import data_lock

OURS = ("db.sqlite3", "db.sqlite3-wal", "db.sqlite3-shm", *archive.FOLDERS)


@dataclass(frozen=True)
class Restored:
    made_at: str
    files: int
    aside: Path | None  # where what was there is now


def restore_backup(source: Path, *, replace: bool) -> Restored:
    """Restore the backup. Raises BackupError: nothing was changed."""
    check_supported()
    folder = Path(settings.DATA_DIR)
    try:
        with data_lock.acquire(_run_folder(folder), "a restore", wait_seconds=0):
            if not replace and _is_in_use(folder):
                raise BackupError(
                    f"There is an installation in {folder} already. With --replace it is moved aside first."
                )
            if not disk.has_room(source.stat().st_size):
                raise BackupError(f"There is not enough room in {folder}.")
            with temporary_folders.create("restore") as work:
                manifest = archive.extract(source, work)
                _check_version(work / archive.DATABASE)
                forgotten = _list_forgotten()
                aside = _swap(work, folder)
            _settle()
            # People who were forgotten after the backup was made do not come back with it.
            listing.load(forgotten)
            call_command("forget", again=True, stdout=StringIO())
    except data_lock.DataFolderInUse as error:
        raise BackupError(f"The product is running in {folder}. Stop it first. {error}") from None
    except OSError as error:
        raise BackupError(f"The backup could not be restored: {error}.") from error
    return Restored(manifest["made_at"], len(manifest["files"]), aside)


def _run_folder(folder: Path) -> Path:
    run = folder / "run"
    run.mkdir(mode=0o700, exist_ok=True)
    return run


def _is_in_use(folder: Path) -> bool:
    """Whether there is data. Secrets alone are made by every command, this one too."""
    database, media = folder / "db.sqlite3", folder / "media"
    return (database.exists() and database.stat().st_size > 0) or (media.exists() and any(media.iterdir()))


def _check_version(database: Path) -> None:
    """Raises BackupError for a backup that a newer version has made."""
    known = MigrationLoader(None).disk_migrations
    with closing(sqlite3.connect(database)) as copy:
        applied = set(copy.execute("SELECT app, name FROM django_migrations"))
    ours = {app for app, _ in known}
    if any(app in ours and (app, name) not in known for app, name in applied):
        raise BackupError(
            "This backup was made by a newer version of this product. Install that version first."
        )


def _swap(work: Path, folder: Path) -> Path | None:
    """Move what is there aside and the restored data to its place. Returns where the old data is."""
    connections.close_all()
    aside = folder / f"before-restore-{timezone.now():%Y-%m-%d-%H%M%S}"
    for name in OURS:
        if (folder / name).exists():
            aside.mkdir(mode=0o700, exist_ok=True)
            (folder / name).rename(aside / name)
    for name in (*archive.FOLDERS, archive.DATABASE):  # the database last: with it, the installation is there
        if (work / name).exists():
            (work / name).rename(folder / name)
    return aside if aside.exists() else None


def _list_forgotten() -> list[dict[str, Any]]:
    """The list of the database that is replaced; empty where there is none yet, or none that can be read."""
    try:
        return listing.dump()
    except DatabaseError:
        return []


def _settle() -> None:
    """Bring the restored rows to the present: nobody works on them, and what may have been sent is looked up."""
    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)
    cache.clear()
    OrmQ.objects.all().delete()  # the poller sends what is missing
    Lease.objects.all().delete()
    for model in apps.get_models():
        if issubclass(model, Job):
            model._base_manager.exclude(lease=None).update(lease=None, lease_until=None)
        if issubclass(model, ProviderJob) and not settings.EMBEDDED:
            waiting = model._base_manager.filter(
                state__in=(ProviderState.WAITING, ProviderState.SENDING), asked_at=None
            )
            waiting.update(asked_at=timezone.now())
