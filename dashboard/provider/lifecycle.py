"""What avatars and videos have in common as jobs of the provider: send, copy the result, retry, sync, delete.

The apps pass what differs as small functions: which call to make, what to save of the answer, how to copy the files.
"""

import uuid
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.db import IntegrityError, transaction

from dashboard.files.stored_files import delete_on_commit
from dashboard.jobs import runner
from dashboard.jobs.continue_on_error import do_each
from dashboard.jobs.enqueue import MAX_ROWS, enqueue_job
from dashboard.jobs.leased_job import Job, LeaseLost, backoff
from dashboard.jobs.patient_writes import write_when_possible
from dashboard.jobs.provider_job import ProviderJob, ProviderState
from dashboard.jobs.runner import JobDelayed, JobFailed, Phase, Turn
from dashboard.models import Tombstone
from dashboard.provider import copy_scheduling
from dashboard.provider.answers import ProviderError
from dashboard.provider.client import count_free_requests
from dashboard.provider.generate_once import (
    OutcomeUnknown,
    find_unknown,
    generate_once,
    has_unanswered_calls,
)
from dashboard.provider.parsing import RemoteAvatar, RemoteVideo

J = TypeVar("J", bound=ProviderJob)
AnyJob = TypeVar("AnyJob", bound=Job)
R = TypeVar("R", RemoteAvatar, RemoteVideo)

MAX_ATTEMPTS = 8  # with backoff() about ten minutes
COPY_DELAY = 20.0  # seconds after the first attempt, twice as many after each further one
SETTLE_SECONDS = 10  # until a job whose answer was lost shows up in the provider's list
TOO_OFTEN = "This did not work after several tries. Try again later."
OUTCOME_UNKNOWN = (
    "The connection broke while this was sent, so it may have been started or not. "
    "Trying again may start (and count) it a second time."
)


def sending_phase(lease_seconds: float) -> Phase:
    """The row is sent to the provider."""
    return Phase(
        due=(ProviderState.WAITING, ProviderState.SENDING),
        working=ProviderState.SENDING,
        waiting=ProviderState.WAITING,
        failed=ProviderState.FAILED,
        lease_seconds=lease_seconds,
        max_attempts=MAX_ATTEMPTS,
        sentence=TOO_OFTEN,
    )


def copying_phase(lease_seconds: float) -> Phase:
    """The provider's result is copied to our own storage."""
    return Phase(
        due=(ProviderState.COPYING,),
        working=ProviderState.COPYING,
        waiting=ProviderState.COPYING,
        failed=ProviderState.FAILED,
        lease_seconds=lease_seconds,
        max_attempts=ProviderJob.MAX_ATTEMPTS,
        sentence=TOO_OFTEN,
        first_delay=COPY_DELAY,
        keeps_error=True,
    )


def copy(model: type[J], pk: int, phase: Phase, work: Callable[[J], None]) -> None:
    """`run` for a task of the cluster `download`, if the row may be copied now."""
    turn = Turn(copy_scheduling.LOCK, lambda: phase.due if copy_scheduling.may_copy(model, pk) else ())
    if run(model, pk, phase, work, turn=turn):
        copy_scheduling.enqueue_copies(model, max_rows=min(count_free_requests(), MAX_ROWS))


def send_next(
    model: type[J], pk: int, phase: Phase, work: Callable[[J], None], next_up: Callable[[], list[int]]
) -> None:
    """`run` for a task of the cluster `generate`, if the row is among the `next_up` and a request is free for it.

    One that is not may only be resumed after a task died while sending it.
    """

    def find_due() -> tuple[str, ...]:
        is_next = pk in next_up() and count_free_requests() > 0
        return phase.due if is_next else (phase.working,)

    run(model, pk, phase, work, turn=Turn(f"send {model._meta.label_lower}", find_due))


def run(
    model: type[AnyJob],
    pk: int,
    phase: Phase,
    work: Callable[[AnyJob], None],
    *,
    turn: Turn | None = None,
) -> bool:
    """Claim the row and let `work` bring it to its next state (see dashboard.jobs.runner).

    `work` may raise ProviderError. Returns whether the row could be claimed.
    """

    def work_and_translate_errors(job: AnyJob) -> None:
        try:
            work(job)
        except ProviderError as error:
            raise _to_job_error(job, error, phase.first_delay) from error

    return runner.run(model, pk, phase, work_and_translate_errors, turn=turn)


def _to_job_error(job: Job, error: ProviderError, first_delay: float) -> JobDelayed | JobFailed:
    if error.retry_after:  # the provider's rate limit, which does not count as an attempt
        # A little later than the others: if it is this row that the provider does not take, they move on before it.
        return JobDelayed(str(error), seconds=error.retry_after * 1.25, is_free=True)
    if error.is_temporary:
        wait = max(backoff(job.attempts, first=first_delay), SETTLE_SECONDS if error.answer_lost else 0)
        return JobDelayed(str(error), seconds=wait)
    return JobFailed(str(error))


def send(
    job: J,
    call: Callable[[], R],
    list_all: Callable[[], Sequence[R]],
    *,
    to: str,
    fields_of: Callable[[R], dict[str, Any]],
) -> None:
    """Make the generate call of a claimed row, save what `fields_of` takes from the answer, and move the row to `to`.

    Raises ProviderError, JobFailed, LeaseLost.
    """
    try:
        answer = generate_once(job, call, list_all)
    except OutcomeUnknown as error:
        raise JobFailed(OUTCOME_UNKNOWN, state=ProviderState.UNSURE) from error

    def save() -> None:
        with transaction.atomic():
            job.move(to, remote_id=answer.remote_id, asked_at=None, attempts=0, **fields_of(answer))
            if to == ProviderState.COPYING:
                enqueue_job(job)

    try:
        # The id is saved before anything else happens, so that nothing is paid for twice.
        write_when_possible(save)
    except LeaseLost:
        if not type(job).all_objects.filter(pk=job.pk).exists():  # deleted while it was being sent
            Tombstone.record(job.KIND, job.provider, answer.remote_id)
        raise


def retry(job: ProviderJob, state: str, **fields: object) -> bool:
    """Start again from `state`, as a person asked for. False when the row is no longer in a state to retry.

    Raises LeaseLost.
    """
    if state not in job.TRANSITIONS[job.state]:
        return False
    if state == ProviderState.WAITING and (not job.asked_at or job.state == ProviderState.UNSURE):
        # A new reference: the provider would answer the old one with the old refusal.
        fields |= {"client_ref": uuid.uuid4(), "asked_at": None}
    job.move(state, attempts=0, progress=0, error="", **fields)
    return True


def find_remote(job: ProviderJob, items: Sequence[R]) -> R | None:
    """The row's entry in a list of the provider: the links in it are fresh."""
    return next((item for item in items if item.remote_id == job.remote_id), None)


def sync(model: type[J], list_all: Callable[[], Sequence[R]], create: Callable[[R], J | None]) -> int:
    """Let `create` make rows for what exists at the provider and not here. Returns the number of new rows.

    Raises ProviderError.
    """
    if has_unanswered_calls(model):
        return 0  # a new entry may belong to one of them; the next sync finds the others

    def create_one(item: R) -> bool:
        try:
            with transaction.atomic():
                return create(item) is not None
        except IntegrityError:  # another sync has just created it
            return False

    # In the order in which they were made.
    return sum(do_each(reversed(find_unknown(model, list_all())), create_one))


def delete(job: ProviderJob, *, delete_related: Callable[[], None] = lambda: None) -> None:
    """Delete the row here for good, with its files; a sync does not bring it back."""
    with transaction.atomic():
        if type(job).lock(job.pk) is None:  # somebody else has just deleted it
            return
        job.refresh_from_db()
        job.record_tombstone()
        delete_on_commit(job.files)
        delete_related()
        job.delete()
