"""Deleting what the embedded engine has of something that was forgotten: over HTTP, like all that it is asked for.

The poller tries again until the engine has answered. Another provider's API knows no deleting.
"""

import time
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from dashboard.forgotten.models import Forgetting, Forgotten
from dashboard.provider.answers import ProviderError
from dashboard.provider.client import client

IDLE_SECONDS = 20.0
MAX_ROWS = 200  # in one step
# A call that was under way may reach the engine after its row was forgotten: for so long, its reference is asked for.
UNDER_WAY = timedelta(minutes=10)


def step() -> float:
    """The poller's step; the seconds until the next one."""
    if settings.EMBEDDED:
        delete_copies(seconds=20)
    return IDLE_SECONDS


def delete_copies(forgetting: Forgetting | None = None, *, seconds: float) -> None:
    """Have the engine delete its copies, for so many seconds at most; the poller goes on with the rest."""
    rows = Forgotten.objects.filter(is_at_engine=True).select_related("forgetting")
    if forgetting is not None:
        rows = rows.filter(forgetting=forgetting)
    deadline = time.monotonic() + seconds
    for row in rows.order_by("-kind", "pk")[:MAX_ROWS]:  # videos before their avatars
        if time.monotonic() > deadline or not settings.EMBEDDED:
            return
        try:
            _delete(row)
        except ProviderError:
            return  # the engine does not answer now
        is_over = row.remote_id or row.forgetting.created_at < timezone.now() - UNDER_WAY
        if is_over:
            Forgotten.objects.filter(pk=row.pk).update(is_at_engine=False)


def _delete(row: Forgotten) -> None:
    """Raises ProviderError if the engine cannot be reached."""
    is_avatar = row.kind == Forgotten.Kind.AVATAR
    call = client().delete_avatar if is_avatar else client().delete_video
    call(row.remote_id, row.client_ref)
