"""Enqueues avatars whose message was lost, and has the provider's list synced from time to time."""

import uuid

from django.conf import settings

from avatars.models import Avatar
from avatars.scheduling import next_up
from avatars.services import request_sync
from dashboard.jobs.enqueue import MAX_ROWS, enqueue_due
from dashboard.jobs.provider_job import ProviderState
from dashboard.models import Lease
from dashboard.provider import copy_scheduling
from dashboard.provider.client import count_free_requests
from dashboard.provider.sync import take_held

BUSY_SECONDS = 1.0
IDLE_SECONDS = 5.0


def step() -> float:
    """Called by the poller; returns the seconds until the next call."""
    Avatar.release_dead_leases()
    copy_scheduling.enqueue_copies(Avatar)
    _enqueue_sending()
    interval = settings.SYNC_MINUTES * 60
    if take_held(Avatar) or (interval and Lease.acquire("sync avatars", uuid.uuid4(), interval)):
        request_sync()
    return BUSY_SECONDS if Avatar.objects.filter(state=ProviderState.WAITING).exists() else IDLE_SECONDS


def _enqueue_sending() -> None:
    begun, next_ones = Avatar.all_objects.due(ProviderState.SENDING), next_up()
    if not next_ones and not begun.exists():
        return
    free = min(count_free_requests(), MAX_ROWS)  # each of them makes a request
    free -= enqueue_due(begun, max_rows=free)
    enqueue_due(Avatar.all_objects.filter(pk__in=next_ones).due(ProviderState.WAITING), max_rows=free)
