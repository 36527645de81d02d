"""Tokens end with the access of the person who made them. engine/apps.py imports this module, which connects it."""

from typing import Any

from django.dispatch import receiver

from dashboard.audit.models import Action
from dashboard.audit.recording import record
from dashboard.models import User
from dashboard.permissions import person_deactivated
from engine.models import Token


@receiver(person_deactivated)
def revoke_tokens_of(*, person: User, **_: Any) -> None:
    """Revoke them for good: they do not come back with the person."""
    for token in Token.objects.filter(made_by=person):
        record(None, Action.TOKEN_REVOKED, f"{token}: {person} was deactivated")
        token.revoke()
