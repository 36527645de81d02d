"""Adding to the audit log."""

from collections.abc import Iterator
from contextlib import contextmanager

from allauth.core.internal.httpkit import get_client_ip
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest

from dashboard.audit.models import MAX_TEXT, Action, AuditEntry
from dashboard.models import User

COMMAND = "A command on the server"


def record(
    actor: User | None, action: Action, subject: Model | str = "", request: HttpRequest | None = None
) -> AuditEntry:
    """Add an event to the audit log, within the transaction of the caller.

    `actor` is who did it: None for nobody signed in (with a request) or for a command on the server (without one).
    `subject` is what it was done to; of a row, its kind, number and name are kept. Call it before a row is deleted.
    """
    name = f"{actor} <{actor.email}>" if actor else "" if request else COMMAND
    return AuditEntry.objects.create(
        actor_id=actor.pk if actor else None,
        actor=name[:MAX_TEXT],
        action=action,
        subject=_describe(subject)[:MAX_TEXT],
        address=_address(request) if request else None,
    )


@contextmanager
def recorded(actor: User, action: Action, subject: Model | str, request: HttpRequest) -> Iterator[None]:
    """Record a change that is made inside, before it (a deleted row has no number), or neither."""
    with transaction.atomic():
        record(actor, action, subject, request)
        yield


def _describe(subject: Model | str) -> str:
    if isinstance(subject, str):
        return subject
    if isinstance(subject, User):
        return f"{subject} <{subject.email}>"
    return f"{subject._meta.verbose_name} {subject.pk}: {subject}"


def _address(request: HttpRequest) -> str | None:
    """The address of the browser, as the limits of sign-ins count it."""
    try:
        return get_client_ip(request)
    except ImproperlyConfigured:  # a request that did not come through the proxy
        return None
