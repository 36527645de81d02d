"""Enqueues due rows of batches, marks finished batches, and deletes abandoned drafts."""

import uuid
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from dashboard.jobs.continue_on_error import do_each, run_each
from dashboard.jobs.enqueue import enqueue_due
from dashboard.jobs.provider_job import ACTIVE_STATES
from dashboard.models import Lease
from videos.batches import tasks
from videos.models import Batch, BatchItem, ItemState, Video

BUSY_SECONDS = 1.0
IDLE_SECONDS = 3.0
KEEP_DRAFTS = timedelta(days=7)


def step() -> float:
    """One pass; the seconds until the next."""
    run_each(BatchItem.release_dead_leases, _enqueue_due, _mark_finished, _delete_old_drafts)
    waiting = BatchItem.objects.filter(state__in=(ItemState.WAITING, ItemState.WORKING)).exists()
    return BUSY_SECONDS if waiting else IDLE_SECONDS


def _enqueue_due() -> None:
    due = BatchItem.objects.filter(pk__in=tasks.next_up()).due(ItemState.WAITING, ItemState.WORKING)
    enqueue_due(due)


def _delete_old_drafts() -> None:
    if Lease.acquire("old drafts", uuid.uuid4(), 3600):
        Batch.objects.filter(started_at=None, created_at__lt=timezone.now() - KEEP_DRAFTS).delete()


def _mark_finished() -> None:
    """A batch is finished when no row and no video of it is active; a retry reopens it."""
    items = BatchItem.objects.filter(batch=OuterRef("pk"), state__in=(ItemState.WAITING, ItemState.WORKING))
    videos = Video.objects.filter(batch=OuterRef("pk"), state__in=ACTIVE_STATES)
    running = Batch.objects.filter(started_at__isnull=False, done_at=None)
    ended = running.filter(~Exists(items), ~Exists(videos))
    _update_each(ended, done_at=timezone.now())
    reopened = Video.objects.filter(state__in=ACTIVE_STATES, batch__done_at__isnull=False).values("batch")
    _update_each(Batch.objects.filter(pk__in=reopened), done_at=None)


def _update_each(batches: QuerySet[Batch], **fields: object) -> None:
    """Update them one by one and only if they still match, so that one failure does not affect the others."""

    def update_one(pk: int) -> None:
        with transaction.atomic():
            batches.filter(pk=pk).update(**fields)

    do_each(list(batches.values_list("pk", flat=True)), update_one)
