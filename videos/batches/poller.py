"""Enqueues rows of batches again, notes which batches are done, clears drafts that nobody came back to."""

import uuid
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from dashboard.jobs.enqueue import enqueue_due
from dashboard.jobs.isolation import do_each, run_each
from dashboard.jobs.provider_job import ACTIVE_STATES
from dashboard.models import Lease
from videos.batches import tasks
from videos.models import Batch, BatchItem, ItemState, Video

BUSY_SECONDS = 1.0
IDLE_SECONDS = 3.0
KEEP_DRAFTS = timedelta(days=7)


def step() -> float:
    """One look; the seconds until the next."""
    run_each(BatchItem.release_dead_leases, _enqueue_due, _note_ends, _delete_old_drafts)
    waiting = BatchItem.objects.filter(state__in=(ItemState.WAITING, ItemState.WORKING)).exists()
    return BUSY_SECONDS if waiting else IDLE_SECONDS


def _enqueue_due() -> None:
    due = BatchItem.objects.filter(pk__in=tasks.next_up()).due(ItemState.WAITING, ItemState.WORKING)
    enqueue_due(due)


def _delete_old_drafts() -> None:
    if Lease.acquire("old drafts", uuid.uuid4(), 3600):
        Batch.objects.filter(started_at=None, created_at__lt=timezone.now() - KEEP_DRAFTS).delete()


def _note_ends() -> None:
    """A batch is done when nothing of it is left to be made; "Try again" anywhere opens it again."""
    items = BatchItem.objects.filter(batch=OuterRef("pk"), state__in=(ItemState.WAITING, ItemState.WORKING))
    videos = Video.objects.filter(batch=OuterRef("pk"), state__in=ACTIVE_STATES)
    running = Batch.objects.filter(started_at__isnull=False, done_at=None)
    ended = running.filter(~Exists(items), ~Exists(videos))
    _set_each(ended, done_at=timezone.now())
    again = Video.objects.filter(state__in=ACTIVE_STATES, batch__done_at__isnull=False).values("batch")
    _set_each(Batch.objects.filter(pk__in=again), done_at=None)


def _set_each(batches: QuerySet[Batch], **fields: object) -> None:
    """One by one, and only where it is still true: they are few, and one of them must not hold up the others."""

    def set_one(pk: int) -> None:
        with transaction.atomic():
            batches.filter(pk=pk).update(**fields)

    do_each(list(batches.values_list("pk", flat=True)), set_one)
