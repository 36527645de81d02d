"""What waits in the queue, whichever broker it is."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django_q.brokers import get_broker
from django_q.models import OrmQ
from django_q.signing import SignedPackage


@dataclass(frozen=True)
class Message:
    cluster: str
    task: str
    args: tuple[Any, ...]


def list_messages(cluster: str = "") -> list[Message]:
    """The messages for one cluster, or for all; oldest first within a cluster."""
    if not settings.REDIS_URL:
        rows = OrmQ.objects.order_by("pk")
        rows = rows.filter(key=cluster) if cluster else rows
        return [Message(row.key, row.func(), tuple(row.task["args"])) for row in rows]
    found = []
    for name in [cluster] if cluster else _clusters():
        broker = get_broker(name)
        for payload in broker.connection.lrange(broker.list_key, 0, -1):
            task = SignedPackage.loads(payload)
            found.append(Message(name, task["func"], tuple(task["args"])))
    return found


def clear_messages() -> None:
    """What happens when the broker loses everything."""
    if settings.REDIS_URL:
        for name in _clusters():
            get_broker(name).delete_queue()
    else:
        OrmQ.objects.all().delete()


def _clusters() -> list[str]:
    return [settings.Q_CLUSTER["name"], *settings.Q_CLUSTER["ALT_CLUSTERS"]]
