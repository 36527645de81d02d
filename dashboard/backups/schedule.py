"""Backups by themselves: every BACKUP_EVERY into BACKUP_DIR, of which the newest BACKUP_KEEP are kept."""

import logging
import uuid
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from dashboard.backups.archive import BackupError
from dashboard.backups.create import create_backup
from dashboard.health.problems import Problem, register
from dashboard.jobs.enqueue import enqueue
from dashboard.models import Lease, User

log = logging.getLogger(__name__)

STEP_SECONDS = 60.0
RETRY_SECONDS = 3600.0  # after one that failed
PREFIX = "backup-"
FAILURE = "backup-failure"  # in the cache: why the last one failed


def list_backups() -> list[Path]:
    """Those that the schedule has made, the newest first."""
    return sorted(Path(settings.BACKUP_DIR).glob(f"{PREFIX}*.tar"), key=lambda path: path.name, reverse=True)


def step() -> float:
    """The poller's step: have the studio's worker make a backup that is due. The seconds until the next step."""
    if settings.BACKUP_EVERY and _is_due() and Lease.acquire("backup", uuid.uuid4(), RETRY_SECONDS):
        enqueue("dashboard.backups.schedule.make", cluster="studio")
    return STEP_SECONDS


def make() -> None:
    """Make a backup and delete the oldest. A task; a failure is kept for the pages and tried again in an hour."""
    if not _is_due():
        return  # a second message
    try:
        folder = Path(settings.BACKUP_DIR)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        backup = create_backup(folder / f"{PREFIX}{timezone.now():%Y-%m-%d-%H%M%S}.tar")
    except (BackupError, OSError) as error:
        log.exception("backup")
        cache.set(FAILURE, str(error), timeout=None)
        return
    cache.delete(FAILURE)
    log.info("backup of %s files, %s bytes", backup.files, backup.size)
    for old in list_backups()[settings.BACKUP_KEEP :]:
        old.unlink(missing_ok=True)


def _is_due() -> bool:
    newest = next(iter(list_backups()), None)
    return newest is None or newest.stat().st_mtime < (timezone.now() - _every()).timestamp()


def _every() -> timedelta:
    return timedelta(seconds=settings.BACKUP_EVERY)


@register
def check_backups() -> list[Problem]:
    """Backups that are wanted are made."""
    if not settings.BACKUP_EVERY:
        return []
    if reason := cache.get(FAILURE):
        return [Problem("backup", f"The last backup failed. {reason} It is tried again every hour.")]
    newest = next(iter(list_backups()), None)
    late = timezone.now() - 2 * _every() - timedelta(seconds=RETRY_SECONDS)
    if newest is None:
        is_late = User.objects.filter(date_joined__lt=late).exists()
    else:
        is_late = newest.stat().st_mtime < late.timestamp()
    sentence = f"No backup has been made for a long time. Look at {settings.BACKUP_DIR} and at the logs."
    return [Problem("backup", sentence)] if is_late else []
