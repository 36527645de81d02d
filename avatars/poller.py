"""Enqueues avatars whose message was lost, and has the provider's list synced from time to time."""

import uuid

from django.conf import settings

from avatars.models import Avatar
from avatars.scheduling import next_up
from avatars.services import request_sync
from dashboard.jobs.enqueue import enqueue_due
from dashboard.jobs.provider_job import ProviderState
from dashboard.models import Lease

BUSY_SECONDS = 1.0
IDLE_SECONDS = 5.0


def step() -> float:
    """Called by the poller; returns the seconds until the next call."""
    Avatar.release_dead_leases()
    enqueue_due(Avatar.objects.filter(pk__in=next_up()).due(ProviderState.WAITING))
    enqueue_due(Avatar.objects.due(ProviderState.SENDING, ProviderState.COPYING))
    if settings.SYNC_MINUTES and Lease.acquire("sync avatars", uuid.uuid4(), settings.SYNC_MINUTES * 60):
        request_sync()
    return BUSY_SECONDS if Avatar.objects.filter(state=ProviderState.WAITING).exists() else IDLE_SECONDS
