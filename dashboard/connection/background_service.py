"""The queue and the processes of the background: how much waits, which run, and whether each takes work."""

import time
from collections import Counter
from datetime import datetime, timedelta

from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.db.models import Count, Min
from django.utils import timezone
from django.utils.timesince import timesince
from django_q.brokers import get_broker

from dashboard.connection.services import Report, Result, Service, State, register
from dashboard.health.process_checks import SILENT_SECONDS
from dashboard.jobs import clock
from dashboard.jobs.enqueue import enqueue
from dashboard.jobs.leased_job import Job
from dashboard.models import Heartbeat, OwnedModel, User

PROCESSES = {
    "worker": "Worker for everyday tasks",
    "generate": "Orders to the avatar service",
    "download": "Copies of results",
    "studio": "Backgrounds and large downloads",
    "rig": "The engine’s portraits",
    "engine": "The engine’s videos",
    "poller": "Poller",
}
ECHO_SECONDS = 20.0
ECHO = "connection-echo"
LONG_QUEUE = 200


# ---------------------------------------------------------------- the queue


def describe_queue() -> Report:
    facts = []
    for model in apps.get_models():
        if issubclass(model, Job) and issubclass(model, OwnedModel):
            unfinished = model._base_manager.filter(state__in=model.UNFINISHED)
            found = unfinished.aggregate(count=Count("pk"), since=Min("created_at"))
            if found["count"]:
                words = f"{found['count']:,}, the oldest for {_describe_time(found['since'])}"
                facts.append((f"Unfinished {model._meta.verbose_name_plural}", words))
    sizes = {kind: _queue_size(kind) for kind in _expected() if kind != "poller"}
    total = sum(sizes.values())
    facts.append(
        ("Messages", ", ".join(f"{PROCESSES[k]}: {n:,}" for k, n in sizes.items() if n) or "None wait")
    )
    facts.append(("Kept in", "Redis" if settings.REDIS_URL else "the database"))
    if total > LONG_QUEUE:
        return Report(State.WARNING, f"{total:,} messages wait, which is many.", facts)
    return Report(
        State.OK, f"{total:,} message{'' if total == 1 else 's'} wait{'s' if total == 1 else ''}.", facts
    )


def _describe_time(since: datetime) -> str:
    return timesince(since, depth=1) if timezone.now() - since > timedelta(minutes=1) else "a moment"


def _queue_size(kind: str) -> int:
    return int(get_broker(None if kind == "worker" else kind).queue_size())


# ---------------------------------------------------------------- the processes


def describe_processes() -> Report:
    lately = clock.now() - timedelta(seconds=SILENT_SECONDS)
    beats = list(Heartbeat.objects.filter(seen_at__gt=lately).order_by("kind", "instance"))
    running = Counter(beat.kind for beat in beats)
    facts = []
    for kind in _expected():
        own = [beat for beat in beats if beat.kind == kind]
        if not own:
            facts.append((PROCESSES[kind], "Does not run"))
            continue
        since = _describe_time(min(beat.since for beat in own))
        done = "" if kind == "poller" else f", {sum(beat.finished for beat in own):,} tasks done"
        count = f"{len(own)} run" if len(own) > 1 else "Runs"
        facts.append((PROCESSES[kind], f"{count} for {since}{done}"))
    missing = [PROCESSES[kind] for kind in _expected() if not running[kind]]
    if missing:
        return Report(State.BAD, f"Not running: {', '.join(missing)}.", facts)
    return Report(State.OK, "All run.", facts)


def _expected() -> list[str]:
    """The kinds of processes that there have to be, as dashboard.health.process_checks has them."""
    return [kind for kind in PROCESSES if settings.EMBEDDED or kind not in {"rig", "engine"}]


# ---------------------------------------------------------------- the test: each takes a message


def test(user: User) -> Result:
    """Send a message to each cluster; each answers as soon as it takes it."""
    number = int(time.time() * 1000)
    cache.set(ECHO, {"number": number, "at": time.time()}, 3600)
    for place, kind in enumerate(_clusters()):
        cluster = None if kind == "worker" else kind
        enqueue("dashboard.connection.background_service.echo", number, place, cluster=cluster)
    return Result.pending("Waiting for the processes to answer…")


def echo(number: int, place: int) -> None:
    """A task: say that the cluster at this place of the list has taken the message."""
    cache.set(f"{ECHO}:{number}:{place}", time.time(), 3600)


def follow() -> Result:
    asked = cache.get(ECHO)
    if asked is None:
        return Result(False, "The test was lost. Start it again.")
    clusters = _clusters()
    keys = {kind: f"{ECHO}:{asked['number']}:{place}" for place, kind in enumerate(clusters)}
    answers = cache.get_many(keys.values())
    missing = [PROCESSES[kind] for kind in clusters if keys[kind] not in answers]
    if not missing:
        longest = max(answers.values()) - asked["at"]
        return Result(
            True, f"All {len(clusters)} took a message, the last after {max(longest, 0.1):.1f} seconds."
        )
    if time.time() - asked["at"] < ECHO_SECONDS:
        return Result.pending(f"{len(answers)} of {len(clusters)} answered…")
    words = ", ".join(missing)
    return Result(False, f"No answer within {ECHO_SECONDS:.0f} seconds, busy or not running: {words}.")


def _clusters() -> list[str]:
    return [kind for kind in _expected() if kind != "poller"]


register(Service("queue", "Queue", describe_queue, place=20))
register(Service("processes", "Processes", describe_processes, test, follow, place=30))
