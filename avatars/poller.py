"""Rings again for avatars whose doorbell was lost, and looks at times for new ones at the provider."""

import uuid

from django.conf import settings

from avatars.models import Avatar
from avatars.tasks import request_sync, start
from dashboard.jobs import enqueue
from dashboard.jobs.base import State
from dashboard.models import Lease

IDLE_SECONDS = 5.0


def step() -> float:
    """One look; the seconds until the next."""
    Avatar.release_dead()
    enqueue.ring_due(Avatar.objects.due(State.WAITING, State.SENDING, State.COPYING), start)
    if settings.SYNC_MINUTES and Lease.acquire("sync avatars", uuid.uuid4(), settings.SYNC_MINUTES * 60):
        request_sync()
    return IDLE_SECONDS
