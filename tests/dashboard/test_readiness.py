import json
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from dashboard.health import readiness
from dashboard.models import Heartbeat


@pytest.fixture(autouse=True)
def fresh():
    readiness.forget_readiness()
    yield
    readiness.forget_readiness()


def start(kind: str, seconds_ago: float = 0) -> None:
    Heartbeat.objects.create(
        kind=kind, instance=f"here {kind}", seen_at=timezone.now() - timedelta(seconds=seconds_ago)
    )


def ask() -> tuple[int, dict[str, str]]:
    readiness.forget_readiness()
    response = Client().get("/health/ready")
    answer = json.loads(response.content)
    assert answer["ready"] == (response.status_code == 200)
    return response.status_code, answer["checks"]


def test_a_living_process_answers_without_the_database():
    # Without the fixture `db`, pytest-django refuses every query.
    response = Client().get("/health/live")
    assert (response.status_code, response.content) == (200, b"ok")
    assert response.headers["Cache-Control"].startswith("max-age=0")


def test_ready_means_database_broker_storage_a_worker_and_a_renderer(db):
    start("worker")
    start("engine")
    everything = dict.fromkeys(["database", "broker", "storage", "worker", "renderer"], "ok")
    assert ask() == (200, everything)


def test_a_worker_that_was_not_seen_for_a_minute_does_not_count(db):
    start("engine")
    start("worker", seconds_ago=61)
    status, checks = ask()
    assert (status, checks["worker"]) == (503, "none was seen in the last minute")
    start("worker-2")
    Heartbeat.objects.filter(kind="worker-2").update(kind="worker")  # on another machine
    assert ask()[0] == 200


def test_with_another_provider_no_renderer_is_needed(db, settings):
    settings.EMBEDDED = False
    start("worker")
    assert ask() == (200, dict.fromkeys(["database", "broker", "storage", "worker"], "ok"))


def test_an_unreachable_database_is_said_without_its_address(db, monkeypatch):
    def fail(*args):
        raise OperationalError("connection to server at db.internal failed")

    with monkeypatch.context() as patch:
        patch.setattr(connection, "cursor", fail)
        status, checks = ask()
    assert (status, checks["database"]) == (503, "does not answer")


def test_a_storage_that_cannot_be_written_is_not_ready(db, settings, tmp_path, monkeypatch):
    start("worker")
    start("engine")
    monkeypatch.setattr(readiness, "is_bucket", lambda storage: False)
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(readiness.os, "access", lambda *args: False)  # root may write anywhere
    assert ask()[1]["storage"] == "cannot be written"


def test_strangers_who_ask_often_cost_one_look(db, django_assert_num_queries):
    ask()
    with django_assert_num_queries(0):
        Client().get("/health/ready")


def test_a_broker_that_does_not_answer_is_not_ready(db, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    status, checks = ask()
    assert (status, checks["broker"]) == (503, "does not answer")
