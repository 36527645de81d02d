"""Copies all rows of this installation's database into an empty one, for example from SQLite to PostgreSQL."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.management.color import no_style
from django.db import DatabaseError, connections, transaction
from django.db.models import Model

from dashboard.config import services
from dashboard.models import User

TARGET = "target"
BATCH = 1000
# Messages of the queue only name rows: the poller sends what is missing.
LEFT_BEHIND = {"django_q"}


class Command(BaseCommand):
    help = "Copies the database into an empty one, in one transaction; stop the product first."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("url", help="for example postgres://user:password@host:5432/name")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            target = services.parse_database_url(options["url"])
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from None
        connections.settings[TARGET] = connections.configure_settings(
            {**connections.settings, TARGET: target}
        )[TARGET]
        try:
            self.prepare()
            counts = copy_rows(self)
        except DatabaseError as error:
            raise CommandError(
                f"The database could not be copied, and nothing was changed: {error}."
            ) from error
        finally:
            connections[TARGET].close()
        self.stdout.write(
            f"{sum(counts.values())} rows of {len(counts)} tables were copied and counted. "
            "Set DATABASE_URL to this address and start the product."
        )

    def prepare(self) -> None:
        """Create the tables. Refuses a database that is in use."""
        call_command("migrate", database=TARGET, verbosity=0, interactive=False)
        call_command("createcachetable", database=TARGET, verbosity=0)
        if User.objects.using(TARGET).exists():
            raise CommandError("There are people in that database already. Choose an empty one.")


def copy_rows(command: BaseCommand) -> dict[str, int]:
    """Copy all tables in one transaction. Returns the rows of each; raises CommandError if counts differ."""
    counts = {}
    with transaction.atomic(using="default"), transaction.atomic(using=TARGET):
        models = list(list_models())
        for model in reversed(models):  # what migrations have put there
            model._base_manager.using(TARGET).all().delete()
        for model in models:
            rows = model._base_manager.using("default").order_by("pk").iterator(BATCH)
            while part := list(islice(rows, BATCH)):
                model._base_manager.using(TARGET).bulk_create(part)
            here, there = (model._base_manager.using(name).count() for name in ("default", TARGET))
            if here != there:
                raise CommandError(
                    f"{model._meta.db_table}: {here} rows here, {there} there. Nothing was changed."
                )
            counts[model._meta.db_table] = there
            command.stdout.write(f"  {model._meta.db_table}: {there}")
        with connections[TARGET].cursor() as cursor:
            for statement in connections[TARGET].ops.sequence_reset_sql(no_style(), models):
                cursor.execute(statement)
    return counts


def list_models() -> Iterator[type[Model]]:
    for model in apps.get_models(include_auto_created=True):
        if model._meta.managed and not model._meta.proxy and model._meta.app_label not in LEFT_BEHIND:
            yield model
