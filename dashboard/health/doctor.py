"""Looks over an installation for `manage.py doctor`: rows and files that do not fit, jobs, queue, disk, clock."""

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage
from django.db.models import FileField, Model, Q
from django.utils import timezone
from django_q.models import OrmQ

from dashboard.backups.schedule import check_backups
from dashboard.health.checks import check_database, check_disk
from dashboard.jobs.enqueue import enqueue_job
from dashboard.jobs.leased_job import LATEST_LEASE, Job
from dashboard.jobs.local_job import LocalJob
from dashboard.models import Lease

SETTLED_SECONDS = 3600  # a file is written before its row names it
OVERDUE = timedelta(minutes=10)
CLOCK_TOLERANCE = timedelta(minutes=5)
OLD_MESSAGE = timedelta(hours=1)
ASIDE = "files-without-rows"


@dataclass(frozen=True)
class Finding:
    """Something that is wrong. `repair` mends it; without one, `advice` says what a person can do."""

    area: str
    what: str
    repair: Callable[[], object] | None = None
    advice: str = ""


def examine() -> Iterator[Finding]:
    """All findings, area by area."""
    yield from _examine_problems()
    yield from _examine_files()
    yield from _examine_jobs()
    yield from _examine_queue()
    yield from _examine_clock()


def _examine_problems() -> Iterator[Finding]:
    for check in (check_database, check_disk, check_backups):
        for problem in check():
            yield Finding(problem.key, problem.sentence)


# ---------------------------------------------------------------- files and rows


def _examine_files() -> Iterator[Finding]:
    named: set[str] = set()
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, FileField):
                rows = model._base_manager.exclude(**{field.name: ""}).exclude(**{field.name: None})
                for row in rows.iterator():
                    name = getattr(row, field.name).name
                    named.add(name)
                    if not default_storage.exists(name) and not (isinstance(row, LocalJob) and row.is_active):
                        yield _miss(row, field.name, name)
    if isinstance(default_storage, FileSystemStorage):
        yield from _find_files_without_rows(Path(settings.MEDIA_ROOT), named)


def _miss(row: Model, field: str, name: str) -> Finding:
    what = f"{row._meta.label} {row.pk}: its {field} is missing ({name})"
    if isinstance(row, LocalJob) and row.is_ready:
        return Finding("files", what, partial(_make_again, row))
    return Finding(
        "files", what, advice="Restore it from a backup, or delete what it belongs to on its page."
    )


def _make_again(row: LocalJob) -> None:
    row.retry()
    enqueue_job(row)


def _find_files_without_rows(root: Path, named: set[str]) -> Iterator[Finding]:
    settled = time.time() - SETTLED_SECONDS
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        if path.is_file() and name not in named and path.stat().st_mtime < settled:
            yield Finding("files", f"No row names {name}", partial(_move_aside, path, name))


def _move_aside(path: Path, name: str) -> None:
    """It stays on the disk until a person deletes the folder: nobody else knows what it was."""
    target = Path(settings.DATA_DIR) / ASIDE / name
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.move(path, target)


# ---------------------------------------------------------------- jobs, queue, clock


def _jobs() -> list[type[Job]]:
    return [model for model in apps.get_models() if issubclass(model, Job)]


def _examine_jobs() -> Iterator[Finding]:
    long_ago = timezone.now() - OVERDUE
    for model in _jobs():
        for row in model._base_manager.filter(lease__isnull=False, lease_until__lt=long_ago):
            what = (
                f"{model._meta.label} {row.pk}: nobody goes on with it since {row.lease_until:%Y-%m-%d %H:%M}"
            )
            yield Finding("jobs", what, partial(enqueue_job, row))


def _examine_queue() -> Iterator[Finding]:
    if "orm" not in settings.Q_CLUSTER:
        return
    for message in OrmQ.objects.filter(lock__lt=timezone.now() - OLD_MESSAGE).iterator():
        # The row that it names is the truth: the poller sends another.
        what = f"A message waits since {message.lock:%Y-%m-%d %H:%M} ({message.key})"
        yield Finding("queue", what, message.delete)


def _examine_clock() -> Iterator[Finding]:
    now = timezone.now()
    later = now + LATEST_LEASE
    for model in _jobs():
        rows = model._base_manager.filter(Q(lease_until__gt=later) | Q(try_after__gt=later))
        if count := rows.count():
            what = f"{count} rows of {model._meta.label} wait for a time far ahead: the clock was put back"
            yield Finding("clock", what, partial(rows.update, lease_until=None, lease=None, try_after=now))
        ahead = model._base_manager.filter(created_at__gt=now + CLOCK_TOLERANCE)
        if count := ahead.count():
            what = f"{count} rows of {model._meta.label} were made in the future: the clock was put back"
            yield Finding("clock", what, partial(ahead.update, created_at=now))
    leases = Lease.objects.filter(until__gt=now + timedelta(days=8))
    if leases.exists():
        yield Finding("clock", "A lease ends in more than a week: the clock was put back", leases.delete)
