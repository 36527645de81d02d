"""A clock that was an hour ahead and is put back leaves nothing waiting for that hour."""

import uuid
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone
from django_q.models import OrmQ

from avatars.models import Avatar
from dashboard.jobs.enqueue import enqueue_due
from dashboard.jobs.provider_job import ProviderState
from dashboard.models import Lease

pytestmark = pytest.mark.one_machine

HOUR = timedelta(hours=1)


@pytest.fixture
def ahead(monkeypatch):
    """The clock, an hour ahead until it is called."""
    real = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: real() + HOUR)
    return lambda: monkeypatch.setattr(timezone, "now", real)


def test_a_lease_that_was_taken_then_ends_at_once(new_avatar, ahead):
    avatar = new_avatar()
    assert Avatar.claim(avatar.pk, ProviderState.WAITING, to=ProviderState.SENDING, seconds=150)
    ahead()
    assert Avatar.claim(avatar.pk, ProviderState.SENDING, to=ProviderState.SENDING, seconds=150)
    assert not Avatar.claim(avatar.pk, ProviderState.SENDING, to=ProviderState.SENDING, seconds=150)


def test_a_row_that_was_to_wait_a_moment_does_not_wait_an_hour(new_avatar, ahead):
    avatar = new_avatar(state=ProviderState.COPYING)
    avatar.reschedule(ProviderState.COPYING, 30)
    ahead()
    assert Avatar.objects.due(ProviderState.COPYING).exists()
    avatar.reschedule(ProviderState.COPYING, 300)
    assert not Avatar.objects.due(ProviderState.COPYING).exists()


def test_the_poller_that_starts_anew_gets_its_lease(db, ahead):
    assert Lease.acquire("poller", uuid.uuid4(), 60)
    ahead()
    assert Lease.acquire("poller", uuid.uuid4(), 60)
    assert not Lease.acquire("poller", uuid.uuid4(), 60)


def test_a_message_that_was_sent_then_is_sent_again(new_avatar, monkeypatch):
    new_avatar()
    due = Avatar.objects.due(ProviderState.WAITING)
    cache.clear()
    with monkeypatch.context() as patch:
        real = timezone.now().timestamp()
        patch.setattr("dashboard.jobs.enqueue.time.time", lambda: real + 3600)
        assert enqueue_due(due) == 1
    assert enqueue_due(due) == 1
    assert enqueue_due(due) == 0
    assert OrmQ.objects.count() == 2
