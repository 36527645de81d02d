"""Enqueues texts again that are due, and deletes samples and what failed long ago."""

from datetime import timedelta

from django.utils import timezone

from dashboard.jobs.continue_on_error import do_each, run_each
from dashboard.jobs.enqueue import enqueue_due
from dashboard.jobs.local_job import LocalState
from videos.models import Speech
from videos.voices.speech.tasks import PHASE, remove

IDLE_SECONDS = 3.0
KEEP_SAMPLES = timedelta(hours=1)
KEEP_FAILED = timedelta(days=7)
MAX_DELETED = 100  # in one step


def step() -> float:
    """One pass; the seconds until the next."""
    run_each(Speech.release_dead_leases, _enqueue_due, _delete_old)
    return IDLE_SECONDS


def _enqueue_due() -> None:
    due = Speech.objects.due(*PHASE.due)
    for rows in (due.filter(speaker__startswith="draft:"), due.exclude(speaker__startswith="draft:")):
        enqueue_due(rows)


def _delete_old() -> None:
    now = timezone.now()
    samples = Speech.objects.filter(is_sample=True, created_at__lt=now - KEEP_SAMPLES)
    failed = Speech.objects.filter(state=LocalState.FAILED, state_since__lt=now - KEEP_FAILED)
    do_each([*samples[:MAX_DELETED], *failed[:MAX_DELETED]], remove)
