"""The provider's limit of requests a minute, kept by all processes together.

There are as many slots as a minute may have requests. Each request takes one, and a slot can be taken again when a
minute is over, so no minute has more requests than slots. A slot is taken by one conditional UPDATE, as a lease is.
"""

import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError
from django.utils import timezone

from dashboard.models import RequestSlot

# The provider counts a request when it arrives, some seconds after it was counted here (at most CONNECT_SECONDS of the
# client). Without these seconds, late requests of one minute could meet early ones of the next.
WINDOW = timedelta(seconds=65)
MAX_WAIT = timedelta(seconds=120)
MIN_WAIT_SECONDS = 1.0
UNLIMITED = 1_000
LONG_SECONDS = 600.0  # so long without a request that was let through is more than a busy minute
_HELD_UNTIL = "provider-held-until"
_REFUSALS = "provider-refusals"  # the times of the first and the last one since a request was let through


def take_slot(*, is_poll: bool = False) -> float:
    """Take a slot for one request. Returns 0, or the seconds to wait if all are taken.

    A third of the slots is left to requests that people wait for, and a few are left to polls, so that neither can
    stop the other.
    """
    if (held_back := _load_hold()) > 0:
        return held_back
    if not settings.CG_AVATAR_REQUESTS_PER_MINUTE:
        return 0
    while True:
        now, slots = timezone.now(), _load_slots(is_poll=is_poll)
        free = [slot for slot in slots if _is_free(slot, now)]
        if not free:
            wait = min(slot.free_at for slot in slots) - now
            return max(wait.total_seconds(), MIN_WAIT_SECONDS)
        slot = free[0] if is_poll else free[-1]  # from both ends: first those that the others may not take
        # By its old value: another process may have taken it in this moment.
        row = RequestSlot.objects.filter(number=slot.number, free_at=slot.free_at)
        if row.update(free_at=now + WINDOW):
            return 0


def count_free() -> int:
    """The number of requests that may be made now, polls aside."""
    if _load_hold() > 0:
        return 0
    if not settings.CG_AVATAR_REQUESTS_PER_MINUTE:
        return UNLIMITED
    now = timezone.now()
    return sum(_is_free(slot, now) for slot in _load_slots(is_poll=False))


def hold_back(seconds: float) -> None:
    """Let nobody make a request for some seconds, because the provider says that its limit is exceeded."""
    now = time.time()
    cache.set(_HELD_UNTIL, now + seconds, timeout=seconds)
    first, _ = cache.get(_REFUSALS) or (now, now)
    cache.set(_REFUSALS, (first, now), timeout=LONG_SECONDS)  # what nobody asks for is not refused


def end_refusals() -> None:
    """A request was not refused because of the limit."""
    with suppress(DatabaseError):  # the answer must not be lost for that
        if cache.get(_REFUSALS):
            cache.delete(_REFUSALS)


def refuses_all() -> bool:
    """Whether the provider has said for a long time, whenever it was asked, that its limit is exceeded."""
    first, last = cache.get(_REFUSALS) or (0.0, 0.0)
    return bool(last - first > LONG_SECONDS)


def _load_hold() -> float:
    return float(cache.get(_HELD_UNTIL, 0)) - time.time()


def _load_slots(*, is_poll: bool) -> Sequence[RequestSlot]:
    """The slots that such a request may take, by number."""
    total = settings.CG_AVATAR_REQUESTS_PER_MINUTE
    numbers = range(max(total * 2 // 3, 1)) if is_poll else range(total // 15, total)
    wanted = RequestSlot.objects.filter(number__in=numbers).order_by("number")
    slots = list(wanted.all())
    if len(slots) < len(numbers):
        missing = [RequestSlot(number=number) for number in range(total)]
        RequestSlot.objects.bulk_create(missing, ignore_conflicts=True)
        slots = list(wanted.all())
    return slots


def _is_free(slot: RequestSlot, now: datetime) -> bool:
    was_set_back = slot.free_at > now + MAX_WAIT  # the clock
    return slot.free_at <= now or was_set_back
