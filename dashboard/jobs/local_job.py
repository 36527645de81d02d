"""Rows that are jobs done on this side: finishing a video, fetching a sound. One frame for all of them."""

import logging
from collections.abc import Callable
from typing import TypeVar

from django.db import models

from dashboard.jobs.base import Job, LeaseLost, backoff

log = logging.getLogger(__name__)

J = TypeVar("J", bound="LocalJob")

TRIES = 4
FAILED = "This could not be made. Try again, or tell the owner of this site."


class LocalState(models.TextChoices):
    """What a job of our own is doing.

    ::

        waiting ──▶ working ──▶ ready       working: a task holds a lease; whoever dies loses it
           ▲        │  │  ▲       │
           ├────────┘  │  └─ again after a lost lease
           │           ▼          │
           └──────── failed       ▼         ready to waiting: what was made is gone, make it again
           └──────────────────────┘
    """

    WAITING = "waiting"
    WORKING = "working"
    READY = "ready"
    FAILED = "failed"


class Refused(Exception):
    """It cannot be done, now or later; `str` is the sentence for a person."""


class NotNow(Exception):
    """It did not work this time and is tried again; `str` is the sentence if it never does."""


class LocalJob(Job):
    TRANSITIONS = {
        LocalState.WAITING: {LocalState.WORKING, LocalState.FAILED},
        LocalState.WORKING: {
            LocalState.WORKING,
            LocalState.WAITING,
            LocalState.READY,
            LocalState.FAILED,
        },
        LocalState.READY: {LocalState.WAITING},
        LocalState.FAILED: {LocalState.WAITING},
    }

    state = models.CharField(max_length=16, choices=LocalState.choices, default=LocalState.WAITING)

    class Meta:
        abstract = True
        indexes = [models.Index(fields=["state", "try_after"], name="%(class)s_due")]

    @property
    def is_active(self) -> bool:
        return self.state in (LocalState.WAITING, LocalState.WORKING)

    @property
    def is_ready(self) -> bool:
        return self.state == LocalState.READY

    @property
    def is_failed(self) -> bool:
        return self.state == LocalState.FAILED

    def again(self) -> None:
        """A person wants it once more. Raises ForbiddenTransition, LeaseLost."""
        self.move(LocalState.WAITING, attempts=0, progress=0, error="")


def work(model: type[J], pk: int, do: Callable[[J], None], *, seconds: float) -> None:
    """Claim a row for `seconds` and let `do` end it with `move(READY)`; what `do` raises puts it off or ends it."""
    job = model.claim(pk, LocalState.WAITING, LocalState.WORKING, to=LocalState.WORKING, seconds=seconds)
    if job is None:
        return  # done already, or somebody is at it
    try:
        if job.attempts > TRIES:  # every try killed the process that made it
            job.fail(job.error or FAILED, state=LocalState.FAILED)
            return
        do(job)
    except LeaseLost:
        log.info("%s %s was taken over, or is gone", model.__name__, pk)
    except Refused as error:
        _end(job, str(error), for_good=True)
    except NotNow as error:
        _end(job, str(error), for_good=job.attempts >= TRIES)
    except Exception:
        log.exception("%s %s", model.__name__, pk)
        _end(job, FAILED, for_good=job.attempts >= TRIES)


def _end(job: LocalJob, sentence: str, *, for_good: bool) -> None:
    try:
        if for_good:
            job.fail(sentence, state=LocalState.FAILED)
        else:
            job.put_off(LocalState.WAITING, backoff(job.attempts), progress=0)
    except LeaseLost:
        log.info("%s %s was taken over, or is gone", type(job).__name__, job.pk)
