"""The queue: what is sent when, and how much at once."""

import pytest
import time_machine
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone
from django_q.brokers import Broker

from avatars.models import Avatar
from dashboard.jobs.enqueue import LOST_SECONDS, MAX_ROWS, enqueue, enqueue_due, enqueue_job
from tests.messages import clear_messages, list_messages


class AnotherBroker(Broker):
    """One that knows nothing of our transactions, as Redis."""

    sent: list = []

    def enqueue(self, task):
        AnotherBroker.sent.append(task)


@pytest.fixture
def sent(monkeypatch):
    monkeypatch.setattr("django_q.tasks.get_broker", lambda *args: AnotherBroker("another"))
    AnotherBroker.sent = []
    return AnotherBroker.sent


@pytest.mark.django_db(transaction=True)
def test_with_any_broker_a_message_is_sent_when_the_transaction_is_committed_and_not_before(sent):
    with transaction.atomic():
        enqueue("avatars.tasks.work", 1)
        assert sent == []
    assert len(sent) == 1


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_is_not_sent(sent):
    with transaction.atomic():
        enqueue("avatars.tasks.work", 1)
        transaction.set_rollback(True)
    assert sent == []


def test_many_rows_that_wait_are_not_all_sent_again_and_again(new_avatar, sent):
    for _ in range(MAX_ROWS + 5):
        new_avatar(portrait="")
    for _ in range(3):
        enqueue_due(Avatar.objects.due("waiting"))
    assert len(sent) == MAX_ROWS
    cache.clear()  # as half a minute does
    enqueue_due(Avatar.objects.due("waiting"))
    assert len(sent) == 2 * MAX_ROWS


def test_a_message_that_was_lost_is_sent_again_within_seconds_and_one_that_waits_is_not(new_avatar):
    new_avatar()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        enqueue_due(Avatar.objects.due("waiting"))
        clock.shift(LOST_SECONDS + 1)
        enqueue_due(Avatar.objects.due("waiting"))
        assert len(list_messages()) == 1  # it waits for a worker
        clear_messages()
        enqueue_due(Avatar.objects.due("waiting"))
        assert len(list_messages()) == 1
        clear_messages()
        enqueue_due(Avatar.objects.due("waiting"))
        assert not list_messages()  # it may just have been taken


def test_a_row_that_has_changed_is_sent_at_once(new_avatar, sent):
    avatar = new_avatar()
    enqueue_due(Avatar.objects.due("waiting"))
    avatar.save_fields(progress=1)
    enqueue_due(Avatar.objects.due("waiting"))
    assert len(sent) == 2


def test_a_job_is_sent_to_the_workers_of_its_cluster(finished):
    video = finished()
    for kind in ("poster", "mov"):
        enqueue_job(video.exports.create(kind=kind))
    assert sorted(message.cluster for message in list_messages()) == ["dashboard", "studio"]
