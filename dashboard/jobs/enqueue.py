"""The queue carries a task's dotted name and a row's number, nothing else: the row says what is to be done.

A message may be lost, or arrive twice. What is lost is enqueued again by the poller; what arrives twice finds the
row taken. So any broker of django-q2 will do, and none is asked what it holds.
"""

from functools import partial

from django.core.cache import cache
from django.db.transaction import on_commit
from django_q.tasks import async_task

from dashboard.jobs.base import Job, JobQuerySet
from dashboard.jobs.isolation import do_each

AGAIN_SECONDS = 30  # a message for the same state of a row is sent at most that often
AT_ONCE = 20  # of many rows that wait, those that could be worked on soon; the others follow


def enqueue(task: str, *args: int, cluster: str | None = None) -> None:
    """Have a worker call `task` once the transaction has been committed, or at once where there is none.

    `cluster`: one of Q_CLUSTER's ALT_CLUSTERS instead of the common workers.
    """
    options = {"cluster": cluster} if cluster else {}
    name = " ".join([task, *map(str, args)])[:100]
    on_commit(partial(async_task, task, *args, task_name=name, **options))


def enqueue_job(job: Job) -> None:
    """Have a worker look at a row. Call it in the transaction that writes the row."""
    enqueue(job.task, job.pk, cluster=job.cluster)


def enqueue_due(rows: JobQuerySet, *, at_once: int = AT_ONCE) -> int:
    """Enqueue the first rows that are due, for messages that were lost; how many. For the poller."""
    return sum(do_each(rows.order_by("try_after", "pk")[:at_once], _enqueue_again))


def _enqueue_again(row: Job) -> bool:
    key = f"enqueued:{row._meta.label_lower}:{row.pk}:{row.version}"
    if not cache.add(key, 1, AGAIN_SECONDS):
        return False
    enqueue_job(row)
    return True
