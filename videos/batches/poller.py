"""Enqueues rows of batches again, notes which batches are done, clears drafts that nobody came back to."""

import uuid
from datetime import timedelta

from django.db.models import Exists, OuterRef
from django.utils import timezone

from dashboard.jobs.base import ACTIVE
from dashboard.jobs.enqueue import enqueue_due
from dashboard.models import Lease
from videos.batches import tasks
from videos.models import Batch, BatchItem, ItemState, Video

BUSY_SECONDS = 1.0
IDLE_SECONDS = 3.0
KEEP_DRAFTS = timedelta(days=7)


def step() -> float:
    """One look; the seconds until the next."""
    BatchItem.release_dead()
    due = BatchItem.objects.filter(pk__in=tasks.next_up()).due(ItemState.WAITING, ItemState.WORKING)
    enqueue_due(due)
    _note_ends()
    if Lease.acquire("old drafts", uuid.uuid4(), 3600):
        Batch.objects.filter(started_at=None, created_at__lt=timezone.now() - KEEP_DRAFTS).delete()
    waiting = BatchItem.objects.filter(state__in=(ItemState.WAITING, ItemState.WORKING)).exists()
    return BUSY_SECONDS if waiting else IDLE_SECONDS


def _note_ends() -> None:
    """A batch is done when nothing of it is left to be made; "Try again" anywhere opens it again."""
    items = BatchItem.objects.filter(batch=OuterRef("pk"), state__in=(ItemState.WAITING, ItemState.WORKING))
    videos = Video.objects.filter(batch=OuterRef("pk"), state__in=ACTIVE)
    running = Batch.objects.filter(started_at__isnull=False, done_at=None)
    running.filter(~Exists(items), ~Exists(videos)).update(done_at=timezone.now())
    again = Video.objects.filter(state__in=ACTIVE, batch__done_at__isnull=False).values("batch")
    Batch.objects.filter(pk__in=again).update(done_at=None)
