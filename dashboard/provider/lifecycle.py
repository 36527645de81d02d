"""What avatars and videos do alike as jobs of the provider: sent once, copied home, brought in by a sync, removed.

The apps hand in what is their own as small functions: how to ask, what to save of an answer, how to copy.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.db import IntegrityError, transaction

from dashboard.jobs import runner
from dashboard.jobs.base import LeaseLost, backoff
from dashboard.jobs.enqueue import enqueue_job
from dashboard.jobs.isolation import do_each
from dashboard.jobs.provider_job import ProviderJob, ProviderState
from dashboard.jobs.runner import JobDelayed, JobFailed, Phase
from dashboard.models import Tombstone
from dashboard.provider import generate_once
from dashboard.provider.answers import RemoteAvatar, RemoteVideo
from dashboard.provider.client import ProviderError
from dashboard.provider.generate_once import Unsure

log = logging.getLogger(__name__)

J = TypeVar("J", bound=ProviderJob)
R = TypeVar("R", RemoteAvatar, RemoteVideo)

MAX_ATTEMPTS = 8  # with backoff() about ten minutes
SETTLE_SECONDS = 10  # until a job whose answer was lost shows up in the provider's list
TOO_OFTEN = "This did not work after several tries. Try again later."


def sending_phase(lease_seconds: float) -> Phase:
    """The row is sent to the provider."""
    return _phase(
        (ProviderState.WAITING, ProviderState.SENDING),
        ProviderState.SENDING,
        ProviderState.WAITING,
        lease_seconds,
    )


def copying_phase(lease_seconds: float) -> Phase:
    """What the provider made is copied home."""
    return _phase((ProviderState.COPYING,), ProviderState.COPYING, ProviderState.COPYING, lease_seconds)


def _phase(due: tuple[str, ...], working: str, put_back: str, lease_seconds: float) -> Phase:
    return Phase(due, working, put_back, ProviderState.FAILED, lease_seconds, MAX_ATTEMPTS, TOO_OFTEN)


def run(model: type[J], pk: int, phase: Phase, work: Callable[[J], None]) -> None:
    """Claim the row and let `work` bring it to its next state (see dashboard.jobs.runner); it may raise ProviderError."""

    def work_or_explain(job: J) -> None:
        try:
            work(job)
        except ProviderError as error:
            raise _judge(job, error) from error
        except OSError as error:
            log.exception("%s %s", model.__name__, pk)
            raise JobDelayed(generate_once.DISK) from error

    runner.run(model, pk, phase, work_or_explain)


def _judge(job: ProviderJob, error: ProviderError) -> JobDelayed | JobFailed:
    """Later, if that can help; else the sentence is the end of it."""
    if error.retry_after:  # the provider asked for quiet: no fault of this job
        return JobDelayed(str(error), seconds=error.retry_after, is_free=True)
    if error.is_temporary:
        wait = max(backoff(job.attempts), SETTLE_SECONDS if error.answer_lost else 0)
        return JobDelayed(str(error), seconds=wait)
    return JobFailed(str(error))


def send(
    job: J,
    ask: Callable[[], R],
    list_all: Callable[[], Sequence[R]],
    *,
    to: str,
    fields_of: Callable[[R], dict[str, Any]],
) -> None:
    """Have a claimed row made by the provider, and save what `fields_of` takes from the answer.

    Raises ProviderError, JobFailed, LeaseLost.
    """
    try:
        answer = generate_once.ask(job, ask, list_all)
    except Unsure as error:
        raise JobFailed(generate_once.UNSURE, state=ProviderState.UNSURE) from error
    try:
        # The id before anything else, so that nothing is paid twice.
        with transaction.atomic():
            job.move(to, remote_id=answer.remote_id, asked_at=None, attempts=0, **fields_of(answer))
            if to == ProviderState.COPYING:
                enqueue_job(job)
    except LeaseLost:
        if not type(job).objects.filter(pk=job.pk).exists():  # deleted while it was being sent
            Tombstone.record(job.KIND, job.provider, answer.remote_id)
        raise


def find_remote(job: ProviderJob, items: Sequence[R]) -> R | None:
    """What the row stands for, in a list of the provider: the links there are fresh."""
    return next((item for item in items if item.remote_id == job.remote_id), None)


def bring_in(model: type[J], list_all: Callable[[], Sequence[R]], create: Callable[[R], J | None]) -> int:
    """Let `create` make rows for what exists at the provider and not here; the number of new ones.

    Raises ProviderError.
    """
    if generate_once.answer_pending(model):
        return 0  # one of them may be ours; the next sync comes

    def bring_in_one(item: R) -> bool:
        try:
            with transaction.atomic():
                return create(item) is not None
        except IntegrityError:  # another sync was faster
            return False

    return sum(do_each(reversed(generate_once.unknown_to_us(model, list_all())), bring_in_one))


def remove(job: ProviderJob, *, drop_related: Callable[[], None] = lambda: None) -> None:
    """Delete the row here for good, with its files; a sync does not bring it back."""
    with transaction.atomic():
        try:
            job.refresh_from_db()
        except type(job).DoesNotExist:  # somebody was faster: it is gone, as was wanted
            return
        job.forget()
        generate_once.delete_files(job.files)
        drop_related()
        job.delete()
