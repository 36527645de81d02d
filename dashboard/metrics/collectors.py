"""What is read from the database each time that metrics are asked for: the same from every web process."""

from collections.abc import Iterable
from datetime import timedelta

from django.apps import apps
from django.db.models import Count, Min
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric, SummaryMetricFamily
from prometheus_client.registry import Collector

from dashboard.files import disk
from dashboard.jobs import clock
from dashboard.jobs.leased_job import Job
from dashboard.metrics import totals
from dashboard.metrics.models import Total
from dashboard.models import Heartbeat

SEEN_SECONDS = 60


class DatabaseCollector(Collector):
    """Jobs, processes and totals."""

    def collect(self) -> Iterable[Metric]:
        yield from _collect_jobs()
        yield _collect_processes()
        yield from _collect_totals()
        free = disk.free_bytes()
        yield GaugeMetricFamily(
            "dashboard_disk_free_bytes", "Room on the disk of the data folder.", value=free
        )


def _collect_jobs() -> Iterable[Metric]:
    jobs = GaugeMetricFamily("dashboard_jobs", "Rows by state.", labels=["kind", "state"])
    oldest = GaugeMetricFamily(
        "dashboard_job_oldest_seconds",
        "For how long the job that has been in an unfinished state for longest has been there.",
        labels=["kind", "state"],
    )
    now = clock.now()
    for model in apps.get_models():
        if not issubclass(model, Job):
            continue
        kind = model._meta.model_name or ""
        for state, count in model.all_objects.values_list("state").annotate(Count("pk")).order_by("state"):
            jobs.add_metric([kind, state], count)
        unfinished = model.all_objects.filter(state__in=model.UNFINISHED).values_list("state")
        since = dict(unfinished.annotate(Min("state_since")).order_by("state"))
        for state in model.UNFINISHED:
            seconds = (now - since[state]).total_seconds() if state in since else 0.0
            oldest.add_metric([kind, str(state)], max(seconds, 0.0))
    return [jobs, oldest]


def _collect_processes() -> Metric:
    processes = GaugeMetricFamily(
        "dashboard_processes",
        "Processes of the background seen in the last minute, a cluster counting as one.",
        labels=["kind"],
    )
    lately = clock.now() - timedelta(seconds=SEEN_SECONDS)
    seen = Heartbeat.objects.filter(seen_at__gt=lately).values_list("kind").annotate(Count("pk"))
    for kind, count in seen.order_by("kind"):
        processes.add_metric([kind], count)
    return processes


def _collect_totals() -> Iterable[Metric]:
    values: dict[str, dict[str, float]] = {}
    for name, label, value in Total.objects.values_list("name", "label", "value").order_by("name", "label"):
        values.setdefault(name, {})[label] = value

    errors = CounterMetricFamily(
        "dashboard_provider_errors",
        "Calls of the avatar API that did not succeed, by HTTP status.",
        labels=["call", "status"],
    )
    for label, value in values.get(totals.PROVIDER_ERRORS, {}).items():
        errors.add_metric(label.split(" ", 1), value)
    waits = SummaryMetricFamily(
        "dashboard_queue_wait_seconds",
        "From when a job may be done until a worker begins with it, at its first attempt.",
        labels=["kind", "phase"],
    )
    sums = values.get(totals.QUEUE_WAIT_SECONDS, {})
    for label, count in values.get(totals.QUEUE_WAITS, {}).items():
        waits.add_metric(label.split(" ", 1), count_value=int(count), sum_value=sums.get(label, 0.0))
    rendering = CounterMetricFamily(
        "dashboard_render_seconds",
        "Time that the renderers spent on finished videos.",
        value=values.get(totals.RENDER_SECONDS, {}).get("", 0.0),
    )
    rendered = CounterMetricFamily(
        "dashboard_rendered_video_seconds",
        "Length of the videos that were rendered.",
        value=values.get(totals.RENDERED_VIDEO_SECONDS, {}).get("", 0.0),
    )
    return [errors, waits, rendering, rendered]
