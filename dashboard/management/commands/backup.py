"""Writes a backup of this installation, which may be running."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dashboard.backups.archive import BackupError
from dashboard.backups.create import create_backup


class Command(BaseCommand):
    help = (
        "Writes database, media files and secrets to one file, also while the product runs. Keep it private."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", type=Path, help="for example /backups/avatars.tar; one that exists is replaced"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        target = options["file"].absolute()
        try:
            backup = create_backup(target)
        except BackupError as error:
            raise CommandError(str(error)) from error
        for name in backup.missing:
            self.stderr.write(f"Missing in this installation, and so in the backup: {name}")
        self.stdout.write(f"{target}: {backup.files} files, {backup.size / 2**20:,.1f} MB.")
