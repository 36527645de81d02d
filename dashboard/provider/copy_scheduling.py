"""Whose result is downloaded next: the tasks of the cluster `download`.

What people ordered comes first. All else runs in the background: what a sync found, and what was tried before, which may
be as slow again. It never takes the last worker, so that neither thousands of imports nor a few slow servers keep a new
result waiting.
"""

from django.apps import apps
from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from dashboard.jobs.enqueue import MAX_ROWS, enqueue_due
from dashboard.jobs.leased_job import Job, JobQuerySet
from dashboard.jobs.provider_job import ProviderJob, ProviderState
from dashboard.processes.heartbeat import count_workers

LOCK = "downloads"  # of who decides whether a row may be downloaded now
TRIED_BEFORE = Q(attempts__gt=0)
IMPORTED = Q(made_by=None)


def enqueue_copies(model: type[ProviderJob], *, max_rows: int = MAX_ROWS) -> int:
    """Enqueue the results to copy now: for the poller, and whenever a worker has become free. Returns how many."""
    due = model.all_objects.due(ProviderState.COPYING)
    found = enqueue_due(due.exclude(TRIED_BEFORE | IMPORTED), max_rows=max_rows)
    free = count_free()
    for rows in (due.filter(TRIED_BEFORE).exclude(IMPORTED), due.filter(IMPORTED)):
        enqueued = enqueue_due(rows, max_rows=max(min(free, max_rows - found), 0))
        free, found = free - enqueued, found + enqueued
    return found


def may_copy(model: type[ProviderJob], pk: int) -> bool:
    """Whether the result of this row may be downloaded now; otherwise the poller enqueues it again.

    Asked with LOCK held, until the row is claimed.
    """
    in_background = model.all_objects.filter(TRIED_BEFORE | IMPORTED, pk=pk)
    return count_free() > 0 or not in_background.exists()


def count_free() -> int:
    """How many workers, of all machines, the background may take in addition to those that it has."""
    now = timezone.now()
    running = sum(
        rows.filter(lease_until__gt=now).count()
        for model in apps.get_models()
        if issubclass(model, Job) and (rows := _background_downloads(model)) is not None
    )
    return max(count_workers("download", settings.DOWNLOAD_WORKERS) - 1 - running, 0)


def _background_downloads(model: type[Job]) -> JobQuerySet | None:
    """Rows of this model that are downloaded in the background when they have a lease."""
    find = getattr(model, "background_downloads", None)
    return find() if find is not None else None
