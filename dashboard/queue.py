"""The doorbell: django-q2's queue carries nothing but a task's dotted name and a row's number."""

from collections.abc import Callable

from django.core.cache import cache
from django_q.tasks import async_task

from dashboard.jobs import Job, JobQuerySet

RING_AGAIN_SECONDS = 30
MOST_AT_ONCE = 50


def ring(task: str, *args: int) -> None:
    """Enqueue a task. In a transaction, the doorbell and the row are written together or not at all."""
    async_task(task, *args, task_name=" ".join([task, *map(str, args)])[:100])


def ring_due(rows: JobQuerySet, start: Callable[[Job], None]) -> int:
    """Ring again for rows that are due, each at most twice a minute however long its bell goes unheard."""
    rung = 0
    for row in rows.order_by("try_after")[:MOST_AT_ONCE]:
        if cache.add(f"rung:{row._meta.label_lower}:{row.pk}:{row.version}", 1, RING_AGAIN_SECONDS):
            start(row)
            rung += 1
    return rung
