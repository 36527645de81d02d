"""Generate calls that are made at most once, also when an answer was lost.

A generate call may cost money, and a broken connection does not tell whether it was carried out. So a row notes that
it sent a request before it does; if the answer is missing afterwards, the provider's list has to show what became of it.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from django.conf import settings
from django.utils import timezone

from dashboard.jobs.provider_job import ProviderJob, ProviderState, current_provider
from dashboard.models import Tombstone
from dashboard.provider.answers import ProviderError
from dashboard.provider.parsing import RemoteAvatar, RemoteVideo

R = TypeVar("R", RemoteAvatar, RemoteVideo)


class OutcomeUnknown(Exception):
    """Nobody can tell whether a call whose answer was lost was carried out: a person has to decide."""


def generate_once(job: ProviderJob, call: Callable[[], R], list_all: Callable[[], Sequence[R]]) -> R:
    """Make the generate call of a claimed row, at most once as far as can be known.

    Raises ProviderError, OutcomeUnknown, LeaseLost.
    """
    if job.asked_at:
        if found := _find_result(job, list_all):
            return found
    elif not settings.EMBEDDED:
        unknown = find_unknown(type(job), list_all())
        job.save_fields(unknown_before=[item.remote_id for item in unknown])
    job.save_fields(asked_at=timezone.now())
    try:
        return call()
    except ProviderError as error:
        if not error.answer_lost:
            job.save_fields(asked_at=None)
        raise


def _find_result(job: ProviderJob, list_all: Callable[[], Sequence[R]]) -> R | None:
    """What an earlier call of this row started; None when it is safe to call again. Raises OutcomeUnknown."""
    if settings.EMBEDDED:
        return None  # our engine answers the same reference with the same thing
    items = list_all()
    if any(item.client_ref for item in items):  # this provider knows references too
        return next((item for item in items if item.client_ref == str(job.client_ref)), None)
    new = [item for item in find_unknown(type(job), items) if item.remote_id not in job.unknown_before]
    others = type(job).all_objects.filter(provider=job.provider, remote_id="", asked_at__isnull=False)
    if len(new) == 1 and not others.exclude(pk=job.pk).exists():
        return new[0]
    raise OutcomeUnknown


def find_unknown(model: type[ProviderJob], items: Sequence[R]) -> list[R]:
    """The items that are neither a row here nor were deleted here."""
    provider = current_provider()
    rows = model.all_objects.filter(provider=provider)
    ids = set(rows.exclude(remote_id="").values_list("remote_id", flat=True))
    refs = {str(ref) for ref in rows.filter(remote_id="").values_list("client_ref", flat=True)}
    tombstones = Tombstone.objects.filter(kind=model.KIND, provider=provider)
    deleted = set(tombstones.values_list("remote_id", flat=True))
    return [
        item
        for item in items
        if item.remote_id not in ids
        and item.remote_id not in deleted
        and item.client_ref not in refs
        and f"ref:{item.client_ref}" not in deleted
    ]


def has_unanswered_calls(model: type[ProviderJob]) -> bool:
    """Whether something new at the provider may belong to a row here that does not know its id yet."""
    rows = model.all_objects.filter(provider=current_provider(), remote_id="", asked_at__isnull=False)
    return rows.exclude(state=ProviderState.FAILED).exists()
