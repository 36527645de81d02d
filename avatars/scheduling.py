"""Which portraits are with the provider at one time, and how many are ahead of the others: first come, first served.

One place of the cluster `generate` is kept free, so that fifty portraits at once keep no video from being sent.
"""

from bisect import bisect_left
from collections.abc import Iterable

from django.conf import settings

from avatars.models import Avatar
from dashboard.jobs.provider_job import ProviderState

ORDER = ("created_at", "pk")


def next_up() -> list[int]:
    """Which waiting avatars may be sent now."""
    free = max(places() - Avatar.objects.filter(state=ProviderState.SENDING).count(), 0)
    return list(
        Avatar.objects.due(ProviderState.WAITING).order_by(*ORDER).values_list("pk", flat=True)[:free]
    )


def places() -> int:
    return max(settings.GENERATE_WORKERS - 1, 1)


def count_ahead(avatars: Iterable[Avatar]) -> dict[int, int]:
    """How many avatars are ahead of each one that waits, by its key: one query for all of them."""
    waiting = [avatar for avatar in avatars if avatar.state == ProviderState.WAITING]
    if not waiting:
        return {}
    rows = Avatar.objects.filter(state__in=(ProviderState.WAITING, ProviderState.SENDING)).order_by(*ORDER)
    rows = list(rows.values_list("state", *ORDER))
    away = sum(state == ProviderState.SENDING for state, *_ in rows)
    line = [tuple(place) for state, *place in rows if state == ProviderState.WAITING]
    ahead = {avatar.pk: away + bisect_left(line, (avatar.created_at, avatar.pk)) for avatar in waiting}
    # A few are made side by side: those wait for nobody.
    return {pk: number for pk, number in ahead.items() if number >= places()}
