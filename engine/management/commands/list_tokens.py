"""manage.py list_tokens"""

from typing import Any

from django.core.management.base import BaseCommand

from engine.models import Token


class Command(BaseCommand):
    help = "List the tokens of the avatar API."

    def handle(self, *args: Any, **options: Any) -> None:
        for token in Token.objects.order_by("name"):
            self.stdout.write(f"{token.created_at:%Y-%m-%d}  {token.name}")
