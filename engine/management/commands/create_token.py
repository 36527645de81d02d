"""manage.py create_token NAME [--scope read] [--days 90]"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError

from dashboard.audit.models import Action
from dashboard.audit.recording import record
from engine.models import MAX_DAYS, MAX_NAME, Scope, Token


class Command(BaseCommand):
    help = "Create a token for the avatar API. It is shown once, alone on the last line."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="who will use it, for example curl or website")
        parser.add_argument(
            "--scope",
            choices=Scope.values,
            default=Scope.MAKE,
            help="what it may do (default: make, which is both)",
        )
        parser.add_argument("--days", type=int, help="how long it works (default: until it is deleted)")

    def handle(self, *args: Any, name: str, scope: str, days: int | None, **options: Any) -> None:
        name = name.strip()
        if not name or len(name) > MAX_NAME:
            raise CommandError(f"The name must have 1 to {MAX_NAME} characters.")
        if days is not None and not 1 <= days <= MAX_DAYS:
            raise CommandError(f"--days must be 1 to {MAX_DAYS}.")
        try:
            token, text = Token.make(name, scope, days)
        except IntegrityError:
            raise CommandError(f"There is already a token named {name!r}. Choose another name.") from None
        record(None, Action.TOKEN_CREATED, token)
        self.stderr.write(f"The token {name!r} (it cannot be shown again):")
        self.stdout.write(text)
