"""manage.py list_tokens"""

from typing import Any

from django.core.management.base import BaseCommand

from engine.models import Token


class Command(BaseCommand):
    help = "List the tokens of the avatar API: when made, name, scope, expiry, last use."

    def handle(self, *args: Any, **options: Any) -> None:
        for token in Token.objects.order_by("name"):
            used = f"last used {token.last_used_at:%Y-%m-%d}" if token.last_used_at else "never used"
            until = (
                f", {'expired' if token.is_expired else 'until'} {token.expires_at:%Y-%m-%d}"
                if token.expires_at
                else ""
            )
            self.stdout.write(f"{token.created_at:%Y-%m-%d}  {token.name}  ({token.scope}{until}, {used})")
