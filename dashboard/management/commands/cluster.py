"""One django-q2 cluster, as `make run` starts it."""

import os
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    help = "Runs the tasks of one queue: worker (the default) or one of the others in Q_CLUSTER."

    def add_arguments(self, parser: CommandParser) -> None:
        others: Any = settings.Q_CLUSTER["ALT_CLUSTERS"]
        parser.add_argument("name", choices=["worker", *others])

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["name"]
        # django-q2 reads this once, when the installed apps are imported: it is too late to set it here.
        expected = "" if name == "worker" else name
        if os.environ.get("Q_CLUSTER_NAME", "") != expected:
            raise CommandError(f"Start it as: Q_CLUSTER_NAME={expected} manage.py cluster {name}")
        from dashboard.processes import cluster

        cluster.run(name)
