"""Messages in the queue: the dotted name of a task and the key of a row, nothing else.

A message may be lost or arrive twice. The poller enqueues a row again when its message was lost, and a second message
finds the row claimed. So any broker of django-q2 will do.
"""

import logging
import time
from functools import partial
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db.transaction import on_commit
from django_q.brokers import get_broker
from django_q.tasks import async_task
from redis.exceptions import RedisError

from dashboard.jobs.continue_on_error import do_each
from dashboard.jobs.leased_job import Job, JobQuerySet
from dashboard.logs.context import ref, set_id

log = logging.getLogger(__name__)

# Between two messages for the same version of a row. While others wait in the queue, it may be among them; where none
# waits, it was lost (Redis loses one with the process that has just taken it) or is in the memory of a cluster, and then
# one too many finds the row claimed.
REPEAT_SECONDS = 10 if settings.REDIS_URL else 30
LOST_SECONDS = 3
MAX_ROWS = 20  # at one time; the next ones follow when these are done


def enqueue(task: str, *args: int | str, cluster: str | None = None) -> None:
    """Have a worker call `task` when the transaction has been committed, or now if there is none.

    `cluster`: one of the ALT_CLUSTERS in Q_CLUSTER instead of the default one.
    """
    options = {"cluster": cluster} if cluster else {}
    name = " ".join([task, *map(str, args)])[:100]
    on_commit(partial(_send, task, *args, task_name=name, **options))


def _send(task: str, *args: int | str, **options: Any) -> None:
    try:
        async_task(task, *args, **options)
    except (
        RedisError
    ) as error:  # what was asked for is in the row: the poller enqueues it when Redis is there again
        log.warning("%s could not be enqueued: %s", options["task_name"], error)


def enqueue_job(job: Job) -> None:
    """Have a worker do the task of a row. Call it in the transaction that saves the row."""
    with set_id(ref, job.log_ref):
        log.info("%s %s is queued for %s", job._meta.model_name, job.pk, job.task)
    enqueue(job.task, job.pk, cluster=job.cluster)


def enqueue_due(rows: JobQuerySet, *, max_rows: int = MAX_ROWS) -> int:
    """For the poller: enqueue the first of these rows, unless that has just been done. Returns how many."""
    empty: dict[str | None, bool] = {}  # by cluster, as it was before the first of these rows

    def enqueue_unless_repeated(row: Job) -> bool:
        key, now = get_repeat_key(row), time.time()
        sent = cache.get(key)
        # A time ahead is from before the clock was put back.
        if sent is not None and 0 <= now - sent < REPEAT_SECONDS:
            if now - sent < LOST_SECONDS:
                return False
            if row.cluster not in empty:
                empty[row.cluster] = _is_queue_empty(row.cluster)
            if not empty[row.cluster]:
                return False
        cache.set(key, now, REPEAT_SECONDS)
        enqueue_job(row)
        return True

    return sum(do_each(rows.order_by("try_after", "pk")[:max_rows], enqueue_unless_repeated))


def _is_queue_empty(cluster: str | None) -> bool:
    """Whether no message waits for this cluster, as far as the broker can tell."""
    try:
        return bool(get_broker(cluster).queue_size() == 0)
    except RedisError:
        return False


def get_repeat_key(row: Job) -> str:
    """The key in the cache that keeps the same message from being sent again and again."""
    return f"enqueued:{row._meta.label_lower}:{row.pk}:{row.version}"
