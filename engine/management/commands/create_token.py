"""manage.py create_token NAME"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError

from engine.models import MAX_NAME, Token


class Command(BaseCommand):
    help = "Create a token for the avatar API. It is shown once, alone on the last line."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="who will use it, for example curl or website")

    def handle(self, *args: Any, name: str, **options: Any) -> None:
        name = name.strip()
        if not name or len(name) > MAX_NAME:
            raise CommandError(f"The name must have 1 to {MAX_NAME} characters.")
        try:
            _, text = Token.make(name)
        except IntegrityError:
            raise CommandError(f"There is already a token named {name!r}. Choose another name.") from None
        self.stderr.write(f"The token {name!r} (it cannot be shown again):")
        self.stdout.write(text)
