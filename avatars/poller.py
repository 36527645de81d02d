"""Enqueues avatars again whose message was lost, and looks at times for new ones at the provider."""

import uuid

from django.conf import settings

from avatars.models import Avatar
from avatars.tasks import request_sync
from dashboard.jobs.base import State
from dashboard.jobs.enqueue import enqueue_due
from dashboard.models import Lease

IDLE_SECONDS = 5.0


def step() -> float:
    """One look; the seconds until the next."""
    Avatar.release_dead()
    enqueue_due(Avatar.objects.due(State.WAITING, State.SENDING, State.COPYING))
    if settings.SYNC_MINUTES and Lease.acquire("sync avatars", uuid.uuid4(), settings.SYNC_MINUTES * 60):
        request_sync()
    return IDLE_SECONDS
