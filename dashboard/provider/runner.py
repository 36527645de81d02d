"""What avatars and videos do alike as jobs of the provider: sent once, copied home, brought in by a sync, removed.

The apps hand in what is their own as small functions: how to ask, what to save of an answer, how to copy.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.db import IntegrityError, transaction

from dashboard.jobs.base import LeaseLost, State
from dashboard.jobs.isolation import do_each
from dashboard.jobs.provider_job import RemoteJob
from dashboard.models import Tombstone
from dashboard.provider import generate_once
from dashboard.provider.answers import Remote, RemoteAvatar, RemoteVideo
from dashboard.provider.client import ApiError
from dashboard.provider.generate_once import Unsure

log = logging.getLogger(__name__)

J = TypeVar("J", bound=RemoteJob)
R = TypeVar("R", RemoteAvatar, RemoteVideo)

FAULT = "Something went wrong on this site. Try again, or tell the owner of this site."


def work_on(model: type[J], pk: int, *states: str, to: str, seconds: float, do: Callable[[J], None]) -> None:
    """Claim a row for `seconds` and let `do` bring it on; what `do` raises puts the row off or ends it."""
    job = model.claim(pk, *states, to=to, seconds=seconds)
    if job is None:
        return  # done already, or somebody is at it
    try:
        if job.attempts > generate_once.MAX_ATTEMPTS:
            job.fail(job.error or generate_once.TOO_OFTEN)
        elif error := _try(job, do):
            generate_once.put_off_or_fail(job, error, State.WAITING if to == State.SENDING else to)
    except LeaseLost:
        log.info("%s %s was taken over, cancelled, or is gone", model.__name__, pk)


def _try(job: J, do: Callable[[J], None]) -> ApiError | None:
    """Why it did not work. LeaseLost passes through."""
    try:
        do(job)
    except LeaseLost:
        raise
    except ApiError as error:
        return error
    except OSError:
        log.exception("%s %s", type(job).__name__, job.pk)
        return ApiError(generate_once.DISK, passing=True)
    except Exception:
        log.exception("%s %s", type(job).__name__, job.pk)
        return ApiError(FAULT, passing=True)
    return None


def send(
    job: J,
    ask: Callable[[], R],
    list_all: Callable[[], Sequence[R]],
    *,
    to: str,
    fields_of: Callable[[R], dict[str, Any]],
) -> None:
    """Have a claimed row made by the provider, and save what `fields_of` takes from the answer.

    Raises ApiError, LeaseLost.
    """
    try:
        answer = generate_once.ask(job, ask, list_all)
    except Unsure:
        job.fail(generate_once.UNSURE, state=State.UNSURE)
        return
    try:
        # The id before anything else, so that nothing is paid twice.
        job.move(to, remote_id=answer.remote_id, asked_at=None, attempts=0, **fields_of(answer))
    except LeaseLost:
        if not type(job).objects.filter(pk=job.pk).exists():  # deleted while it was being sent
            Tombstone.record(job.KIND, job.provider, answer.remote_id)
        raise


def find_remote(job: RemoteJob, items: Sequence[R]) -> R | None:
    """What the row stands for, in a list of the provider: the links there are fresh."""
    return next((item for item in items if item.remote_id == job.remote_id), None)


def bring_in(model: type[J], list_all: Callable[[], Sequence[R]], create: Callable[[R], J | None]) -> int:
    """Let `create` make rows for what exists at the provider and not here; the number of new ones.

    Raises ApiError.
    """
    if generate_once.answer_pending(model):
        return 0  # one of them may be ours; the next sync comes

    def bring_in_one(item: Remote) -> bool:
        try:
            with transaction.atomic():
                return create(item) is not None
        except IntegrityError:  # another sync was faster
            return False

    return sum(do_each(reversed(generate_once.unknown_to_us(model, list_all())), bring_in_one))


def remove(job: RemoteJob, *, drop_related: Callable[[], None] = lambda: None) -> None:
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
