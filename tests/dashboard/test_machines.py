"""One of several machines: what it runs, what it must be told, and what it does for itself alone."""

import os
import signal
from datetime import timedelta
from functools import partial

import pytest
from django.core.cache import caches
from django.core.management import CommandError, call_command
from django.utils import timezone
from redis.exceptions import ConnectionError as RedisConnectionError

from avatars import scheduling as avatar_scheduling
from avatars.models import Avatar
from dashboard.files import signed_links
from dashboard.files.bucket import BucketStorage
from dashboard.jobs import enqueue
from dashboard.management.commands import poll
from dashboard.models import Heartbeat
from dashboard.net import safe_download
from dashboard.processes import dead_leases, machine, supervisor
from dashboard.processes.instance import name_process
from dashboard.processes.machine import SettingsMissing
from dashboard.provenance import certificates
from dashboard.provider import copy_scheduling
from videos.batches import tasks as batch_tasks


def test_a_machine_runs_what_it_is_told_and_looks_after_itself():
    names = [program.name for program in supervisor.list_programs(["renderer"])]
    assert names == ["renderer", "local-poller"]
    names = [program.name for program in supervisor.list_programs(["web", "poller"])]
    assert names == ["web", "poller"]


def test_a_process_that_does_not_exist_is_one_sentence():
    assert machine.read_only(" web, poller,") == ["web", "poller"]
    with pytest.raises(SettingsMissing, match=r"no process 'painter'.*web, worker"):
        machine.read_only("web,painter")


@pytest.fixture
def one_of_several(settings, monkeypatch):
    """The settings of a machine that shares everything with others."""
    settings.DATABASE_URL = "postgres://a:b@db/c"
    settings.C2PA_CERTIFICATE_FILE = "certificate.pem"
    monkeypatch.setattr(machine, "is_bucket", lambda storage: True)
    for name in ("SECRET_KEY", "ENGINE_TOKEN", "SETUP_CODE"):
        monkeypatch.setenv(name, "the same on all of them")
    monkeypatch.setenv("INTERNAL_URL", "http://web.internal:8000")


@pytest.mark.parametrize("name", ["SECRET_KEY", "ENGINE_TOKEN", "INTERNAL_URL"])
def test_a_machine_without_what_all_must_have_is_not_started(one_of_several, monkeypatch, name):
    machine.check_shared_settings(["renderer"])
    monkeypatch.delenv(name)
    with pytest.raises(SettingsMissing, match=f"^{name} is missing"):
        machine.check_shared_settings(["renderer"])
    machine.check_shared_settings([])  # the only machine


def test_all_web_servers_have_the_same_set_up_code(one_of_several, monkeypatch):
    monkeypatch.delenv("SETUP_CODE")
    with pytest.raises(SettingsMissing, match=r"^SETUP_CODE is missing"):
        machine.check_shared_settings(["web"])
    machine.check_shared_settings(["renderer"])


def test_files_and_signatures_are_common_too(one_of_several, settings, monkeypatch):
    settings.C2PA_CERTIFICATE_FILE = ""
    with pytest.raises(SettingsMissing, match="C2PA_CERTIFICATE_FILE"):
        machine.check_shared_settings(["web"])
    monkeypatch.setattr(machine, "is_bucket", lambda storage: False)
    with pytest.raises(SettingsMissing, match="S3_BUCKET"):
        machine.check_shared_settings(["web"])


def test_the_first_machine_gives_its_certificate_to_the_others(tmp_path, settings, capsys):
    call_command("export_certificate", str(tmp_path / "shared"))
    assert f"C2PA_PRIVATE_KEY_FILE={tmp_path}/shared/private_key.pem" in capsys.readouterr().out
    assert (tmp_path / "shared/private_key.pem").stat().st_mode & 0o077 == 0
    settings.C2PA_CERTIFICATE_FILE = str(tmp_path / "shared/certificate.pem")
    settings.C2PA_PRIVATE_KEY_FILE = str(tmp_path / "shared/private_key.pem")
    settings.SECRETS_DIR = tmp_path / "another machine"
    certificates.check_settings()
    assert certificates.get_signer().certificates == (tmp_path / "shared/certificate.pem").read_text()
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("export_certificate", str(tmp_path / "shared"))


def test_the_engine_is_led_to_the_address_that_all_machines_reach(settings):
    settings.INTERNAL_URL = "http://web.internal:8000"
    settings.BUCKET_ORIGINS = ["http://10.0.0.7:9000"]
    assert signed_links.api_link("a.wav").startswith("http://web.internal:8000/media/")
    doors = safe_download.guard().endpoints
    assert {("web.internal", 8000), ("10.0.0.7", 9000)} <= doors


def test_the_poller_of_one_machine_leaves_the_common_steps_alone(db, settings, monkeypatch):
    called: list[str] = []
    handlers = {}

    def call(name: str) -> float:
        called.append(name)
        handlers[signal.SIGTERM]()
        return 60.0

    monkeypatch.setattr(poll.signal, "signal", lambda number, handler: handlers.update({number: handler}))
    monkeypatch.setattr(poll, "import_string", lambda name: partial(call, name))
    monkeypatch.setattr(poll, "close_old_connections", lambda: None)
    monkeypatch.setattr(poll, "acquire", lambda lease: True)
    settings.LOCAL_POLLER_STEPS, settings.POLLER_STEPS = ["local"], ["common"]
    call_command("poll", local=True)
    assert called == ["local"]
    call_command("poll")
    assert called == ["local", "local", "common"]


def test_leases_of_processes_that_ended_on_this_machine_end_at_once(new_avatar):
    far = timezone.now() + timedelta(minutes=40)
    here = new_avatar(state="sending", lease_until=far, holder=name_process(99999999))
    alive = new_avatar(state="sending", lease_until=far, holder=name_process(os.getpid()))
    elsewhere = new_avatar(state="sending", lease_until=far, holder="another 99999999")
    dead_leases.step()
    assert set(Avatar.objects.due("sending")) == {here}
    assert {alive.pk, elsewhere.pk} < set(Avatar.objects.values_list("pk", flat=True))


@pytest.mark.django_db(transaction=True)
def test_an_order_is_taken_while_the_broker_is_away(monkeypatch):
    def fail(*args, **kwargs):
        raise RedisConnectionError

    monkeypatch.setattr(enqueue, "async_task", fail)
    enqueue.enqueue("avatars.tasks.work", 1)  # the row has been saved: the poller sends the message


def test_a_bucket_that_is_away_is_noticed_soon():
    storage = BucketStorage(bucket_name="media", access_key="a", secret_key="b", region_name="eu-west-1")
    assert storage.client_config.connect_timeout == 5
    assert storage.client_config.signature_version == storage.signature_version


def test_the_workers_of_all_machines_count(db, settings):
    settings.DOWNLOAD_WORKERS, settings.GENERATE_WORKERS, settings.WORKERS = 3, 4, 2
    limits = (copy_scheduling.count_free, avatar_scheduling.max_sending, batch_tasks.max_working)
    assert [limit() for limit in limits] == [2, 3, 1]  # before any has begun: those of this machine
    for kind, workers in (("download", 3), ("generate", 4), ("worker", 2)):
        Heartbeat.objects.create(kind=kind, instance="here 1", workers=workers)
        Heartbeat.objects.create(kind=kind, instance="there 2", workers=5)
    caches["memory"].clear()
    assert [limit() for limit in limits] == [7, 8, 6]
    Heartbeat.objects.filter(instance="there 2").update(seen_at=timezone.now() - timedelta(minutes=2))
    caches["memory"].clear()
    assert [limit() for limit in limits] == [2, 3, 1]
