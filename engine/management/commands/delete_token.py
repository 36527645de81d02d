"""manage.py delete_token NAME"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dashboard.audit.models import Action
from dashboard.audit.recording import record
from engine.models import Token


class Command(BaseCommand):
    help = "Delete a token of the avatar API. The avatars and videos made with it stay."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="as list_tokens shows it")

    def handle(self, *args: Any, name: str, **options: Any) -> None:
        token = Token.objects.filter(name=name).first()
        if token is None:
            raise CommandError(f"There is no token named {name!r}; list_tokens shows them.")
        record(None, Action.TOKEN_REVOKED, token)
        token.revoke()
        self.stderr.write(f"The token {name!r} no longer works.")
