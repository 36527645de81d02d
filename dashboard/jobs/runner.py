"""What every task does around its work: claim the row, hold the lease, count attempts, put off, fail."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from dashboard.jobs.base import Job, LeaseLost, backoff

log = logging.getLogger(__name__)

J = TypeVar("J", bound=Job)


class JobFailed(Exception):
    """It cannot be done, now or later. `str` is the sentence for a person; `fields` go into the row with it."""

    def __init__(self, sentence: str, *, state: str = "", **fields: Any) -> None:
        super().__init__(sentence)
        self.state = state  # another one than the phase's `failed`
        self.fields = fields


class JobDelayed(Exception):
    """It did not work this time and is tried again; `str` is the sentence if it never works.

    `seconds` instead of the usual delay; with `is_free` this try does not count.
    """

    def __init__(
        self, sentence: str, *, seconds: float | None = None, is_free: bool = False, **fields: Any
    ) -> None:
        super().__init__(sentence)
        self.seconds = seconds
        self.is_free = is_free
        self.fields = fields


@dataclass(frozen=True)
class Phase:
    """A part of a job's life that one task does."""

    due: tuple[str, ...]  # states that it takes up, `working` among them: its holder may have died
    working: str
    waiting: str  # the state to wait in until the next attempt
    failed: str
    lease_seconds: float
    max_attempts: int
    sentence: str  # for a person, when something went wrong that nobody foresaw
    first_delay: float = 5  # seconds


def run(model: type[J], pk: int, phase: Phase, work: Callable[[J], None]) -> None:
    """Claim the row and let `work` bring it to its next state.

    `work` raises JobFailed or JobDelayed when it cannot; any other exception counts as JobDelayed.
    """
    job = model.claim(pk, *phase.due, to=phase.working, seconds=phase.lease_seconds)
    if job is None:
        return  # done already, or somebody is at it
    try:
        if job.attempts > phase.max_attempts:  # every try killed the process that made it
            raise JobFailed(job.error or phase.sentence)
        work(job)
    except LeaseLost:
        log.info("%s %s was taken over, or is gone", model.__name__, pk)
    except JobFailed as error:
        _end(job, phase, error)
    except JobDelayed as error:
        _put_off(job, phase, error)
    except Exception:
        log.exception("%s %s", model.__name__, pk)
        _put_off(job, phase, JobDelayed(phase.sentence))


def _put_off(job: Job, phase: Phase, delay: JobDelayed) -> None:
    if job.attempts >= phase.max_attempts and not delay.is_free:
        _end(job, phase, JobFailed(str(delay), **delay.fields))
        return
    attempts = max(job.attempts - 1, 0) if delay.is_free else job.attempts
    seconds = backoff(job.attempts, first=phase.first_delay) if delay.seconds is None else delay.seconds
    try:
        job.reschedule(phase.waiting, seconds, attempts=attempts, progress=0)
    except LeaseLost:
        log.info("%s %s was taken over, or is gone", type(job).__name__, job.pk)


def _end(job: Job, phase: Phase, failure: JobFailed) -> None:
    try:
        job.move(failure.state or phase.failed, error=str(failure), **failure.fields)
    except LeaseLost:
        log.info("%s %s was taken over, or is gone", type(job).__name__, job.pk)
