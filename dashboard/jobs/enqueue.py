"""The doorbell: django-q2's queue carries nothing but a task's dotted name and a row's number."""

from collections.abc import Callable

from django.core.cache import cache
from django.utils import timezone
from django_q.models import OrmQ
from django_q.tasks import async_task

from dashboard.jobs.base import Job, JobQuerySet

RING_AGAIN_SECONDS = 30
MOST_AT_ONCE = 50


def ring(task: str, *args: int, cluster: str | None = None) -> None:
    """Enqueue a task. In a transaction, the doorbell and the row are written together or not at all.

    `cluster`: one of Q_CLUSTER's ALT_CLUSTERS instead of the common workers.
    """
    elsewhere = {"cluster": cluster} if cluster else {}
    async_task(task, *args, task_name=" ".join([task, *map(str, args)])[:100], **elsewhere)


def is_unheard(cluster: str) -> bool:
    """Whether bells still wait there: ringing again would only make the line longer."""
    return OrmQ.objects.filter(key=cluster, lock__lte=timezone.now()).exists()


def ring_due(rows: JobQuerySet, start: Callable[[Job], None]) -> int:
    """Ring again for rows that are due, each at most twice a minute however long its bell goes unheard."""
    rung = 0
    for row in rows.order_by("try_after")[:MOST_AT_ONCE]:
        if cache.add(f"rung:{row._meta.label_lower}:{row.pk}:{row.version}", 1, RING_AGAIN_SECONDS):
            start(row)
            rung += 1
    return rung
