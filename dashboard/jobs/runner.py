"""What every task does around its work: claim the row, count attempts, reschedule or fail."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from dashboard.files import disk
from dashboard.jobs import clock
from dashboard.jobs.leased_job import Job, LeaseLost, backoff
from dashboard.jobs.locks import hold_lock
from dashboard.jobs.patient_writes import write_when_possible
from dashboard.logs.context import ref, set_id
from dashboard.metrics import totals

log = logging.getLogger(__name__)

J = TypeVar("J", bound=Job)


class JobFailed(Exception):
    """The job cannot be done. `str`: a sentence for people; `fields` are saved with it."""

    def __init__(self, sentence: str, *, state: str = "", **fields: Any) -> None:
        super().__init__(sentence)
        self.state = state  # instead of the phase's `failed`
        self.fields = fields


class JobDelayed(Exception):
    """The attempt failed and is repeated later. `str`: a sentence for people, if it was the last one.

    `seconds`: instead of the usual delay. `is_free`: does not count as an attempt. `waiting`: a sentence for people
    until then.
    """

    def __init__(
        self,
        sentence: str,
        *,
        seconds: float | None = None,
        is_free: bool = False,
        waiting: str = "",
        **fields: Any,
    ) -> None:
        super().__init__(sentence)
        self.seconds = seconds
        self.is_free = is_free
        self.waiting = waiting
        self.fields = fields


class NoRoom(JobDelayed):
    """The disk is full, or cannot be written: the job waits until it can, however long that takes."""

    def __init__(self, obstacle: str) -> None:
        super().__init__(
            obstacle, seconds=disk.RETRY_SECONDS, is_free=True, waiting=f"{obstacle} {disk.WAITING}"
        )


@dataclass(frozen=True)
class Phase:
    """The part of a job that one task does."""

    due: tuple[str, ...]  # states to claim; `working` is one of them, for a process that died
    working: str
    waiting: str  # the state until the next attempt
    failed: str
    lease_seconds: float
    max_attempts: int
    sentence: str  # for people, after an unexpected error
    first_delay: float = 5  # seconds
    keeps_error: bool = False  # save the sentence of a failed attempt: pages say it until the next one


@dataclass(frozen=True)
class Turn:
    """Who may start now, where only some rows may at the same time: decided for one row after the other.

    All tasks that share the places use the same lock, so that two of them never take the last one.
    """

    lock: str
    find_due: Callable[[], tuple[str, ...]]  # the states from which the row may be claimed now


def run(
    model: type[J], pk: int, phase: Phase, work: Callable[[J], None], *, turn: Turn | None = None
) -> bool:
    """Claim the row and let `work` bring it to its next state. Returns whether the row could be claimed.

    `work` raises JobFailed or JobDelayed when it cannot; any other exception counts as JobDelayed, and one that comes
    from a full disk as NoRoom.
    """
    job = _claim(model, pk, phase, turn)
    if job is None:
        return False  # done, claimed by another worker, or not its turn
    if job.attempts == 1:
        wait = clock.now() - job.try_after
        totals.count_wait(f"{job._meta.model_name} {phase.working}", wait.total_seconds())
    start = time.monotonic()
    with set_id(ref, job.log_ref):
        _run_claimed(job, phase, work)
        seconds = time.monotonic() - start
        log.info("%s %s: %s to %s in %.1f s", model.__name__, pk, phase.working, job.state, seconds)
    return True


def _claim(model: type[J], pk: int, phase: Phase, turn: Turn | None) -> J | None:
    if turn is None:
        return model.claim(pk, *phase.due, to=phase.working, seconds=phase.lease_seconds)
    with hold_lock(turn.lock):
        return model.claim(pk, *turn.find_due(), to=phase.working, seconds=phase.lease_seconds)


def _run_claimed(job: J, phase: Phase, work: Callable[[J], None]) -> None:
    name, pk = type(job).__name__, job.pk
    try:
        if job.attempts > phase.max_attempts:  # each attempt killed its process
            raise JobFailed(phase.sentence)
        if obstacle := disk.find_obstacle():
            raise NoRoom(obstacle)
        work(job)
    except LeaseLost:
        log.info("%s %s: the lease was lost", name, pk)
    except JobFailed as error:
        _fail(job, phase, error)
    except JobDelayed as error:
        _reschedule(job, phase, error)
    except Exception as error:
        if obstacle := disk.explain_error(error):
            log.warning("%s %s: %s", name, pk, error)
            _reschedule(job, phase, NoRoom(obstacle))
            return
        log.exception("%s %s", name, pk)
        _reschedule(job, phase, JobDelayed(phase.sentence))


def _reschedule(job: Job, phase: Phase, delay: JobDelayed) -> None:
    if job.attempts >= phase.max_attempts and not delay.is_free:
        _fail(job, phase, JobFailed(str(delay), **delay.fields))
        return
    attempts = max(job.attempts - 1, 0) if delay.is_free else job.attempts
    seconds = backoff(job.attempts, first=phase.first_delay) if delay.seconds is None else delay.seconds
    error = delay.waiting or (str(delay) if phase.keeps_error else "")
    _save_outcome(
        job, lambda: job.reschedule(phase.waiting, seconds, attempts=attempts, progress=0, error=error)
    )


def _fail(job: Job, phase: Phase, failure: JobFailed) -> None:
    _save_outcome(job, lambda: job.move(failure.state or phase.failed, error=str(failure), **failure.fields))


def _save_outcome(job: Job, write: Callable[[], None]) -> None:
    """Nobody else sees to the row while this process lives and has the lease: so it does not give up soon."""
    try:
        write_when_possible(write)
    except LeaseLost:
        log.info("%s %s: the lease was lost", type(job).__name__, job.pk)
