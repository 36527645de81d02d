"""Restores a backup into the data folder, while the product does not run."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dashboard.backups.archive import BackupError
from dashboard.backups.restore import restore_backup


class Command(BaseCommand):
    help = "Restores what `backup` has written. Refuses while the product runs, and to replace data unless told to."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--replace", action="store_true", help="move an installation that is there aside")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["file"].is_file():
            raise CommandError(f"There is no file {options['file']}.")
        try:
            restored = restore_backup(options["file"], replace=options["replace"])
        except BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Restored {restored.files} files of {restored.made_at}. Start it with: make run")
        if restored.aside:
            self.stdout.write(
                f"What was there is in {restored.aside}; delete it when it is no longer needed."
            )
