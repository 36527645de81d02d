"""At the start, every service is really tried, and one machine at a time prepares the database."""

import subprocess
import sys
import threading
from io import StringIO

import psycopg
import pytest
from django.conf import settings as real_settings
from django.core.files.storage import default_storage
from django.db import connection
from django_q.brokers import get_broker

from dashboard.files.bucket import BucketStorage
from dashboard.health import start_checks
from dashboard.health.start_checks import ServiceUnusable
from dashboard.jobs import enqueue
from dashboard.models import Heartbeat
from dashboard.processes import machine
from dashboard.processes.heartbeat import HeartbeatWriter
from dashboard.processes.progress import STALL_SECONDS, Progress, Seen
from tests.product.running import ROOT, environment, free_port

pytestmark = pytest.mark.services


@pytest.fixture
def beside(settings) -> dict[str, object]:
    """For a connection of one's own to the database of the tests."""
    found = settings.DATABASES["default"]
    return {
        "host": found["HOST"],
        "port": found["PORT"],
        "user": found["USER"],
        "dbname": connection.settings_dict["NAME"],
        "autocommit": True,
    }


def test_what_works_is_accepted_and_leaves_nothing_behind(db):
    start_checks.check_services()
    assert default_storage.listdir("start-check") == ([], [])


def test_a_redis_that_is_not_there_is_one_sentence_without_its_password(settings):
    settings.REDIS_URL = "redis://:very-secret@127.0.0.1:1/0"
    with pytest.raises(ServiceUnusable, match=r"^Redis cannot be used, see REDIS_URL: ") as error:
        start_checks.check_redis()
    assert "very-secret" not in str(error.value)


@pytest.mark.parametrize("wrong", [{"bucket_name": "no-such-bucket"}, {"endpoint_url": "http://127.0.0.1:1"}])
def test_a_bucket_that_cannot_be_used_is_one_sentence(monkeypatch, wrong):
    options = real_settings.STORAGES["default"]["OPTIONS"] | wrong
    monkeypatch.setattr(start_checks, "default_storage", BucketStorage(**options))
    with pytest.raises(ServiceUnusable, match=r"^The bucket cannot be used, see S3_BUCKET"):
        start_checks.check_bucket()


@pytest.mark.slow
def test_a_database_that_is_not_there_ends_the_start_with_one_sentence(tmp_path):
    done = subprocess.run(
        [sys.executable, "manage.py", "launch"],
        cwd=ROOT,
        env=environment(tmp_path / "data", free_port())
        | {"DATABASE_URL": "postgres://ann:very-secret@127.0.0.1:1/none"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "PostgreSQL cannot be used, see DATABASE_URL: " in done.stderr
    assert "very-secret" not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.django_db(transaction=True)
def test_while_one_machine_prepares_the_database_the_others_say_that_they_wait(beside):
    said, entered = StringIO(), threading.Event()

    def prepare() -> None:
        try:
            with machine.one_at_a_time(said.write):
                entered.set()
        finally:
            connection.close()

    with psycopg.connect(**beside) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [machine.PREPARING])
        second = threading.Thread(target=prepare)
        second.start()
        assert not entered.wait(0.5)
        assert said.getvalue() == "Another machine is preparing the database. Waiting for it..."
        other.execute("SELECT pg_advisory_unlock(%s)", [machine.PREPARING])
        assert entered.wait(10)
        second.join()
    with machine.one_at_a_time(said.write):  # nobody has it any more
        pass


@pytest.mark.django_db(transaction=True)
def test_a_process_says_again_that_it_runs_after_the_database_was_restarted(beside):
    heartbeat = HeartbeatWriter("rig", 1)
    assert heartbeat.beat()
    with psycopg.connect(**beside) as other:
        # Of this test alone: other processes of the run have databases of their own on the same server.
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = %s",
            [connection.settings_dict["NAME"]],
        )
    answers = []
    for _ in range(2):
        heartbeat.next = 0.0
        answers.append(heartbeat.beat())
    assert answers == [False, True]
    assert Heartbeat.objects.count() == 1


def test_a_message_in_redis_that_an_idle_cluster_does_not_take_is_a_stall():
    work, idle = Progress(), Seen((0, 0), False, False, True, "rig")
    work.since -= STALL_SECONDS + 1
    assert not work.is_stalled(idle)
    get_broker("rig").enqueue("x")
    work.since -= STALL_SECONDS + 1
    assert work.is_stalled(idle)


def test_with_redis_a_lost_message_is_sent_again_within_seconds():
    assert enqueue.REPEAT_SECONDS <= 10
