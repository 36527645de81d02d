"""Whether the work of a cluster moves on, as its sentinel sees it."""

import time
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django_q.brokers import get_broker
from django_q.models import OrmQ

STALL_SECONDS = 120.0


@dataclass(frozen=True)
class Seen:
    """What the sentinel sees of its cluster."""

    counts: tuple[int, int]  # tasks started and finished so far
    results_wait: bool  # a result was not taken by the monitor
    tasks_wait: bool  # a task was not taken by a worker
    worker_is_idle: bool
    queue: str


class Progress:
    """Remembers since when something waits and nothing moves."""

    def __init__(self) -> None:
        self.counts = (0, 0)
        self.since = time.monotonic()

    def is_stalled(self, seen: Seen) -> bool:
        """Whether something could have moved for STALL_SECONDS and did not.

        A worker that is busy is no stall: a task may take long, and django-q2 ends one that takes too long.
        """
        could_move = seen.results_wait or (seen.worker_is_idle and (seen.tasks_wait or _is_due(seen.queue)))
        if seen.counts != self.counts or not could_move:
            self.counts = seen.counts
            self.since = time.monotonic()
        return time.monotonic() - self.since > STALL_SECONDS


def _is_due(queue: str) -> bool:
    """Whether a message waits in the queue that should have been taken at once."""
    if settings.REDIS_URL:  # it does not say since when: an idle cluster takes the next one within a moment
        return bool(get_broker(queue).queue_size())
    return OrmQ.objects.filter(key=queue, lock__lt=timezone.now() - timedelta(seconds=10)).exists()
