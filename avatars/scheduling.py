"""Which avatars may be sent to the provider now, first come, first served, and how many are ahead of the others.

One worker of the cluster `generate` stays free, so that many portraits at once do not keep videos from being sent.
"""

from bisect import bisect_left
from collections.abc import Iterable

from django.conf import settings
from django.db.models import Q, QuerySet

from avatars.models import Avatar
from dashboard.jobs.provider_job import ACTIVE_STATES, ProviderState
from dashboard.processes.heartbeat import count_workers
from dashboard.trash.trashable_model import NOT_IN_TRASH


def next_up() -> list[int]:
    """The keys of the waiting avatars that may be sent now."""
    free = max(max_sending() - Avatar.all_objects.filter(state=ProviderState.SENDING).count(), 0)
    return list(
        Avatar.all_objects.due(ProviderState.WAITING)
        .filter(NOT_IN_TRASH | Q(pk__in=_list_awaited()))
        .order_by("created_at", "pk")
        .values_list("pk", flat=True)[:free]
    )


def _list_awaited() -> QuerySet[Avatar, dict[str, int]]:
    """The keys of avatars that videos wait for: these are made in the trash too."""
    in_the_making = Q(videos__state__in=ACTIVE_STATES, videos__trashed_at=None)
    return Avatar.all_objects.filter(in_the_making).order_by().values("pk")


def max_sending() -> int:
    """How many avatars may be with the provider at one time, sent by the workers of all machines."""
    return max(count_workers("generate", settings.GENERATE_WORKERS) - 1, 1)


def count_ahead(avatars: Iterable[Avatar]) -> dict[int, int]:
    """How many avatars are made before each of those that wait, by key. One query for all of them."""
    waiting = [avatar for avatar in avatars if avatar.state == ProviderState.WAITING]
    if not waiting:
        return {}
    unfinished = Avatar.objects.filter(state__in=(ProviderState.WAITING, ProviderState.SENDING))
    rows = list(unfinished.order_by("created_at", "pk").values_list("state", "created_at", "pk"))
    sending = sum(state == ProviderState.SENDING for state, _, _ in rows)
    queue = [(created_at, pk) for state, created_at, pk in rows if state == ProviderState.WAITING]
    ahead = {avatar.pk: sending + bisect_left(queue, (avatar.created_at, avatar.pk)) for avatar in waiting}
    # Some are made at the same time: they do not have to wait.
    return {pk: number for pk, number in ahead.items() if number >= max_sending()}
