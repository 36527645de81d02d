"""The doorbell of the two clusters: a queue entry says no more than which row to look at."""

from django.utils import timezone
from django_q.conf import Conf
from django_q.models import OrmQ
from django_q.tasks import async_task

from engine.models import EngineJob


def ring(job: EngineJob) -> None:
    """Wake the cluster. Inside the transaction that writes the row: the queue is in the same database, so the
    bell rings if and only if the row is there."""
    async_task(job.TASK, job.pk, cluster=job.CLUSTER)


def rung(model: type[EngineJob]) -> set[int]:
    """The rows for which a bell waits to be heard.

    One that a cluster has taken but not acknowledged does not count: that cluster may be dead.
    """
    entries = OrmQ.objects.using(Conf.ORM).filter(key=model.CLUSTER, lock__lte=timezone.now())
    tasks = (entry.task for entry in entries.iterator())
    return {task["args"][0] for task in tasks if task.get("func") == model.TASK and task.get("args")}
