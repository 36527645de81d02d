"""Prints which process did what: the jobs in the order in which they ended, or changed last."""

from operator import attrgetter
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandParser

from dashboard.jobs.leased_job import Job


class Command(BaseCommand):
    help = "Prints for each of the last jobs: when, what, its state, its attempts, and the machine and process that had it last."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--last", type=int, default=100, metavar="N", help="how many (default: 100)")

    def handle(self, *args: Any, **options: Any) -> None:
        jobs: list[Job] = []
        for model in apps.get_models():
            if issubclass(model, Job):
                jobs += model._base_manager.order_by("-state_since", "-pk")[: options["last"]]
        jobs.sort(key=attrgetter("state_since"))
        self.stdout.write(
            f"{'since':20} {'after':>7} {'what':28} {'state':14} {'tries':>5}  machine and process"
        )
        for job in jobs[-options["last"] :]:
            what = f"{job._meta.label} {job.pk}"
            seconds = (job.state_since - job.created_at).total_seconds()
            self.stdout.write(
                f"{job.state_since:%Y-%m-%d %H:%M:%S} {seconds:6.0f}s {what:28} {job.state:14} {job.attempts:5}  "
                f"{job.holder or '-'}"
            )
