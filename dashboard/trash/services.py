"""Moving rows to the trash, restoring them, and deleting them for good."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone

from dashboard.audit.models import Action
from dashboard.audit.recording import record
from dashboard.models import User
from dashboard.trash.kinds import TrashKind, explain_use, kind_of, list_kinds


class InUse(Exception):
    """The row cannot go for good now. `str` is a sentence that says why."""


def move_to_trash(rows: Iterable[Any], user: User, request: HttpRequest | None = None) -> datetime:
    """Move rows to the trash. Returns the moment by which `undo` finds them.

    What was sent to the provider already is finished there; what still waits is not sent (see `NOT_IN_TRASH`).
    """
    moment = timezone.now()
    with transaction.atomic():
        for row in rows:
            moved = type(row).all_objects.filter(pk=row.pk, trashed_at=None)
            if moved.update(trashed_at=moment, trashed_by=user):
                record(user, Action.TRASHED, row, request)
    return moment


def undo(moment: datetime, user: User, request: HttpRequest | None = None) -> list[Any]:
    """Take back one `move_to_trash` of this person. Returns the rows that are back."""
    found = [
        row for kind in list_kinds() for row in kind.rows_of(user).filter(trashed_at=moment, trashed_by=user)
    ]
    return [row for row in found if restore(row, user, request)]


def restore(row: Any, user: User, request: HttpRequest | None = None) -> bool:
    """Take a row out of the trash. False if it is not there any more, or if the same exists again."""
    kind = kind_of(row)
    try:
        with transaction.atomic():
            if not kind.rows.filter(pk=row.pk).update(trashed_at=None, trashed_by=None):
                return False
            record(user, Action.RESTORED, row, request)
            kind.resume(kind.model._base_manager.get(pk=row.pk))
    except IntegrityError:  # for example a trimmed voice that was trimmed in the same way again
        return False
    return True


def delete_for_good(row: Any, user: User | None, request: HttpRequest | None = None) -> bool:
    """Delete a row that is in the trash, with its files. False if it is not there any more. Raises InUse."""
    kind = kind_of(row)
    with transaction.atomic():
        locked = kind.rows.select_for_update().filter(pk=row.pk).first()
        if locked is None:
            return False
        if words := explain_use(locked):
            raise InUse(words)
        if user is not None:
            record(user, Action.DELETED, locked, request)
        kind.delete(locked)
    return True


def empty(user: User, request: HttpRequest | None = None) -> tuple[Counter[TrashKind], int]:
    """Let everything go that this person may delete: the poller deletes it at once. What is in use stays.

    Returns how many of each kind go, and how many stay.
    """
    gone: Counter[TrashKind] = Counter()
    kept = 0
    with transaction.atomic():
        for kind in list_kinds():
            free = []
            for row in kind.rows_of(user).filter(trashed_at__gt=due_before()):
                if explain_use(row):
                    kept += 1
                else:
                    free.append(row.pk)
            gone[kind] = kind.rows.filter(pk__in=free).update(trashed_at=due_before() - timedelta(seconds=1))
        if words := describe_counts(gone):
            record(user, Action.DELETED, f"trash: {words}", request)
    return gone, kept


def due_before() -> datetime:
    """What was moved to the trash before goes for good."""
    return timezone.now() - timedelta(days=settings.TRASH_DAYS)


def describe_counts(counts: Counter[TrashKind]) -> str:
    """ "3 videos, 1 avatar"; an empty string for nothing."""
    return ", ".join(kind.count(number) for kind, number in counts.items() if number)


def describe_rows(rows: Sequence[Any]) -> str:
    """ "Welcome" for one row, "3 videos, 1 avatar" for several."""
    if len(rows) == 1:
        return str(rows[0])
    return describe_counts(Counter(kind_of(row) for row in rows))
