"""The engine's step of the poller: enqueues jobs again that were interrupted, fails those that cannot succeed, and
deletes old files.

It keeps no state of its own; every step looks at the rows.
"""

import logging
import shutil
import time
import uuid
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from dashboard.files.stored_files import delete_on_commit
from dashboard.jobs.enqueue import enqueue_due
from dashboard.jobs.leased_job import LeaseLost
from dashboard.models import Lease
from engine.models import EngineJob, JobStatus, Render, Rig
from engine.responses import Code

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 4  # a job that kills its worker must not do so for ever
BUSY_SECONDS = 2.0
IDLE_SECONDS = 10.0
CLEAN_SECONDS = 60.0
MIN_WORKSPACE_AGE = 600  # seconds
BATCH_SIZE = 200
UNFINISHED = (JobStatus.PENDING, JobStatus.IN_PROGRESSING)


def step() -> float:
    """Do one round; returns the seconds until the next one."""
    started = time.monotonic()
    delete_expired()
    busy: list[type[EngineJob]] = [
        model for model in (Rig, Render) if model.objects.filter(state__in=UNFINISHED).exists()
    ]
    for model in busy:
        model.release_dead_leases()
        fail_hopeless(model)
        enqueue_due(model.objects.due(*UNFINISHED))
    # With a very long queue a round takes longer; it must not use up the machine that renders.
    return max(BUSY_SECONDS, 20 * (time.monotonic() - started)) if busy else IDLE_SECONDS


def clean_machine() -> float:
    """Called on each machine: delete what killed workers left there. Returns the seconds until the next call."""
    delete_abandoned_workspaces()
    return CLEAN_SECONDS


def fail_hopeless(model: type[EngineJob]) -> None:
    """Fail jobs that were tried too often or have waited too long."""
    too_late = timezone.now() - model.MAX_WAIT
    hopeless = Q(attempts__gte=MAX_ATTEMPTS) | Q(state=JobStatus.PENDING, state_since__lt=too_late)
    for job in model.objects.due(*UNFINISHED).filter(hopeless)[:BATCH_SIZE]:
        try:
            job.move(JobStatus.ERROR, error=Code.INTERNAL.sentence, error_code=Code.INTERNAL)
        except LeaseLost:
            continue  # a worker has just claimed it
        log.error("%s %s failed after %s attempts", model.__name__, job, job.attempts)


def delete_abandoned_workspaces() -> None:
    """Delete the folders of killed workers: those whose lease has expired."""
    folders = [path for path in Path(settings.FILE_UPLOAD_TEMP_DIR).glob("engine-*") if _is_old(path)]
    for path in folders:
        try:
            lease = uuid.UUID(path.name.split("-")[1])
        except ValueError:
            continue  # not a workspace
        held = Q(lease=lease, lease_until__gt=timezone.now())
        if not any(model.objects.filter(held).exists() for model in (Rig, Render)):
            shutil.rmtree(path, ignore_errors=True)


def delete_expired() -> None:
    """Once an hour, delete videos that ended more than ENGINE_KEEP_DAYS ago; their ids are unknown from then on.

    Finished avatars stay, because a video of them may be requested at any time; failed ones are deleted too.
    """
    if not settings.ENGINE_KEEP_DAYS or not Lease.acquire("old videos of the engine", uuid.uuid4(), 3600):
        return
    long_ago = timezone.now() - timedelta(days=settings.ENGINE_KEEP_DAYS)
    ended = Render.objects.filter(state__in=(JobStatus.FINISHED, JobStatus.ERROR), state_since__lt=long_ago)
    while expired := list(ended.order_by("pk")[:BATCH_SIZE]):
        for render in expired:
            with transaction.atomic():
                # A failed one may just have been requested again.
                if Render.objects.filter(pk=render.pk, state=render.state).delete()[0]:
                    delete_on_commit([render.video, render.mask, render.captions])
    Rig.objects.filter(state=JobStatus.ERROR, state_since__lt=long_ago, renders=None).delete()


def _is_old(path: Path) -> bool:
    try:
        return path.stat().st_mtime < time.time() - MIN_WORKSPACE_AGE
    except FileNotFoundError:
        return False
