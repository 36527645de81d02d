"""One process at a time polls: another takes over when it dies, and one that stood still does not go on."""

import threading
import uuid
from datetime import timedelta

import pytest

from dashboard.jobs import clock
from dashboard.models import Lease
from dashboard.processes import held_lease
from dashboard.processes.held_lease import HeldLease

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture(autouse=True)
def _quickly(monkeypatch):
    monkeypatch.setattr(held_lease, "LEASE_SECONDS", 1.0)
    monkeypatch.setattr(held_lease, "RENEW_SECONDS", 0.2)


def test_a_lease_is_kept_for_longer_than_it_lasts_and_given_up_at_the_end():
    first, second = HeldLease("poller"), HeldLease("poller")
    assert first.acquire()
    assert not threading.Event().wait(1.5)
    assert not second.acquire()
    first.release()
    assert second.acquire()
    second.release()


def test_who_finds_that_another_one_has_the_lease_is_told_at_once():
    lost = threading.Event()
    first = HeldLease("poller", on_lost=lost.set)
    assert first.acquire()
    Lease.objects.filter(name="poller").update(holder=uuid.uuid4(), until=clock.now() + timedelta(seconds=60))
    assert lost.wait(5)


def test_the_lease_of_a_dead_process_is_taken_when_it_has_run_out():
    Lease.objects.create(name="poller", holder=uuid.uuid4(), until=clock.now() + timedelta(seconds=0.3))
    second = HeldLease("poller")
    assert not second.acquire()
    assert not threading.Event().wait(0.4)
    assert second.acquire()
    second.release()
