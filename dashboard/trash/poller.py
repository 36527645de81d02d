"""Deletes for good what was in the trash for TRASH_DAYS, or until somebody emptied it."""

import contextlib

from dashboard.jobs.continue_on_error import do_each
from dashboard.trash.kinds import list_kinds
from dashboard.trash.services import InUse, delete_for_good, due_before

IDLE_SECONDS = 15.0
BUSY_SECONDS = 1.0
MAX_DELETED = 50  # of each kind in one step


def step() -> float:
    """Called by the poller; the seconds until the next call."""
    is_more = False
    for kind in list_kinds():
        # The longest due first, so that what is still in use does not keep others waiting forever.
        due = list(kind.rows.filter(trashed_at__lt=due_before()).order_by("trashed_at", "pk")[:MAX_DELETED])
        do_each(due, _delete)
        is_more |= len(due) == MAX_DELETED
    return BUSY_SECONDS if is_more else IDLE_SECONDS


def _delete(row: object) -> None:
    with contextlib.suppress(InUse):  # tried again later
        delete_for_good(row, None)
