"""Nothing is lost: enqueues rows again whose work stopped, ends what cannot succeed, deletes what nobody needs.

A plain step for the poller's loop; each call looks at the rows and trusts no memory of its own.
"""

import logging
import shutil
import time
import uuid
from datetime import timedelta
from functools import partial
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from dashboard.jobs.base import LeaseLost
from dashboard.jobs.enqueue import enqueue_due
from dashboard.models import Lease
from engine.envelope import Code
from engine.models import EngineJob, JobStatus, Render, Rig

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 4  # a row that kills its worker must not kill it for ever
BUSY_SECONDS = 2.0
IDLE_SECONDS = 10.0
DEBRIS_SECONDS = 600
AT_ONCE = 200
UNFINISHED = (JobStatus.PENDING, JobStatus.IN_PROGRESSING)


def step() -> float:
    """One round; returns the seconds until the next is wanted."""
    started = time.monotonic()
    clear_debris()
    clear_old()
    waiting = [model for model in (Rig, Render) if model.objects.filter(state__in=UNFINISHED).exists()]
    for model in waiting:
        model.release_dead_leases()
        give_up(model)
        enqueue_due(model.objects.due(*UNFINISHED))
    # With a very long queue a round takes longer; it must not eat the machine that renders.
    return max(BUSY_SECONDS, 20 * (time.monotonic() - started)) if waiting else IDLE_SECONDS


def give_up(model: type[EngineJob]) -> None:
    """End rows that were tried too often or have waited too long."""
    too_late = timezone.now() - model.LONGEST_WAIT
    hopeless = Q(attempts__gte=MAX_ATTEMPTS) | Q(state=JobStatus.PENDING, state_since__lt=too_late)
    for job in model.objects.due(*UNFINISHED).filter(hopeless)[:AT_ONCE]:
        try:
            job.move(JobStatus.ERROR, error=Code.INTERNAL.sentence, error_code=Code.INTERNAL)
        except LeaseLost:
            continue  # somebody took it up just now
        log.error("%s %s was given up after %s attempts", model.__name__, job, job.attempts)


def clear_debris() -> None:
    """Remove the folders of workers that were killed: those whose lease nobody holds."""
    folders = [path for path in Path(settings.FILE_UPLOAD_TEMP_DIR).glob("engine-*") if _is_old(path)]
    for path in folders:
        try:
            lease = uuid.UUID(path.name.split("-")[1])
        except ValueError:
            continue  # not one of ours
        held = Q(lease=lease, lease_until__gt=timezone.now())
        if not any(model.objects.filter(held).exists() for model in (Rig, Render)):
            shutil.rmtree(path, ignore_errors=True)


def clear_old() -> None:
    """Forget videos that were finished (or failed) long ago: whoever asked has them, and their ids are unknown now.

    Avatars stay, because a video of one may be asked for at any time; only failed ones go.
    """
    if not settings.ENGINE_KEEP_DAYS or not Lease.acquire("old videos of the engine", uuid.uuid4(), 3600):
        return
    long_ago = timezone.now() - timedelta(days=settings.ENGINE_KEEP_DAYS)
    ended = Render.objects.filter(state__in=(JobStatus.FINISHED, JobStatus.ERROR), state_since__lt=long_ago)
    while old := list(ended.order_by("pk")[:AT_ONCE]):
        for render in old:
            names = [file.name for file in (render.video, render.mask, render.captions) if file]
            with transaction.atomic():
                # One that failed may have been asked for once more just now.
                if Render.objects.filter(pk=render.pk, state=render.state).delete()[0]:
                    transaction.on_commit(partial(_delete, names))
    Rig.objects.filter(state=JobStatus.ERROR, state_since__lt=long_ago, renders=None).delete()


def _delete(names: list[str]) -> None:
    for name in names:
        default_storage.delete(name)


def _is_old(path: Path) -> bool:
    try:
        return path.stat().st_mtime < time.time() - DEBRIS_SECONDS
    except FileNotFoundError:
        return False
