"""Writes this installation's own certificate and key to a folder, for the other machines of the same installation."""

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dashboard.provenance import certificates


class Command(BaseCommand):
    help = "Writes what finished files are signed with as C2PA_CERTIFICATE_FILE and C2PA_PRIVATE_KEY_FILE of all machines."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        signer, folder = certificates.get_signer(), options["folder"]
        files = {
            certificates.CERTIFICATE: signer.certificates,
            certificates.PRIVATE_KEY: signer.private_key,
        }
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for name, content in files.items():
                number = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(number, "w") as file:
                    file.write(content)
        except OSError as error:
            raise CommandError(f"{error.filename} cannot be written: {error.strerror}.") from error
        self.stdout.write("Copy both files to each machine, readable for its user alone, and set:")
        self.stdout.write(f"C2PA_CERTIFICATE_FILE={folder / certificates.CERTIFICATE}")
        self.stdout.write(f"C2PA_PRIVATE_KEY_FILE={folder / certificates.PRIVATE_KEY}")
