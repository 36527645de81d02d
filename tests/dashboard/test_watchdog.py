"""Who stands still is started again; who works, or cannot be blamed, is left alone."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django_q.models import OrmQ

from dashboard.health import problems, process_checks
from dashboard.models import Heartbeat
from dashboard.processes import watchdog
from dashboard.processes.heartbeat import HeartbeatWriter
from dashboard.processes.instance import name_process
from dashboard.processes.progress import STALL_SECONDS, Progress, Seen
from dashboard.processes.watchdog import SILENT_LOOKS, SILENT_LOOKS_OF_POLLER, Watchdog


@pytest.fixture
def killed(monkeypatch) -> list[int]:
    """The processes that were killed; nobody is."""
    pids: list[int] = []
    monkeypatch.setattr(watchdog, "_kill", pids.append)
    return pids


def beats(kind: str, pid: int, finished: int = 0) -> None:
    defaults = {"seen_at": timezone.now(), "finished": finished}
    Heartbeat.objects.update_or_create(kind=kind, instance=name_process(pid), defaults=defaults)


def look(dog: Watchdog, times: int, *beating: tuple[str, int], own: bool = True) -> None:
    """Let it look so many times; `beating` say between the looks that they run."""
    for _ in range(times):
        if own:
            beats("poller", 1)
        for kind, pid in beating:
            beats(kind, pid)
        dog.next = 0
        dog.look()


def test_a_cluster_that_says_nothing_any_more_is_killed_and_the_others_are_not(db, killed):
    dog = Watchdog(own_pid=1)
    beats("worker", 2)
    look(dog, SILENT_LOOKS, ("studio", 3))
    assert killed == []
    look(dog, 1, ("studio", 3))
    assert killed == [2]


def test_the_poller_has_more_time_for_a_round(db, killed):
    dog = Watchdog(own_pid=1)
    Heartbeat.objects.create(kind="poller", instance=name_process(9))
    for times, expected in ((SILENT_LOOKS_OF_POLLER, []), (1, [9])):
        look(dog, times)
        assert killed == expected


def test_nobody_is_to_blame_while_nothing_can_be_written(db, killed):
    dog = Watchdog(own_pid=1)
    beats("worker", 2)
    look(dog, 1)
    look(dog, 50, own=False)
    assert killed == []


def test_a_clock_that_was_set_forward_makes_nobody_late(db, killed):
    dog = Watchdog(own_pid=1)
    beats("worker", 2)
    Heartbeat.objects.filter(kind="worker").update(seen_at=timezone.now() - timedelta(hours=1))
    look(dog, 2)
    assert killed == []


def test_a_cluster_that_took_work_and_finishes_none_for_longer_than_its_time_out_is_killed(
    db, killed, settings
):
    settings.REDIS_URL = ""  # which does not say what was taken
    beats("rig", 2)
    OrmQ.objects.create(key="rig", payload="x", lock=timezone.now() + timedelta(seconds=400))
    looks = (120 + watchdog.MORE_SECONDS) // int(watchdog.LOOK_SECONDS)
    dog = Watchdog(own_pid=1)
    look(dog, looks + 1, ("rig", 2), ("studio", 3))
    assert killed == []
    look(dog, 1, ("rig", 2), ("studio", 3))
    assert killed == [2]


def test_what_a_cluster_before_it_has_taken_is_not_its_own(db, killed):
    OrmQ.objects.create(key="rig", payload="x", lock=timezone.now() + timedelta(seconds=300))
    look(Watchdog(own_pid=1), 40, ("rig", 2))
    assert killed == []


def test_processes_of_other_machines_are_left_to_them(db, killed):
    Heartbeat.objects.create(kind="engine", instance="elsewhere 2")
    look(Watchdog(own_pid=1), SILENT_LOOKS + 2)
    assert killed == []


def test_a_process_of_another_start_with_the_same_number_is_left_alone(monkeypatch):
    monkeypatch.setenv(watchdog.LAUNCH_VARIABLE, "this start")
    ended: list[int] = []
    monkeypatch.setattr(watchdog.os, "killpg", lambda pid, number: ended.append(pid))
    watchdog._kill(1)  # whatever it is, we have not started it
    assert ended == []


@pytest.mark.parametrize(
    ("waiting", "is_stalled"),
    [
        ({}, False),
        ({"tasks_wait": True}, False),  # all workers are busy
        ({"tasks_wait": True, "worker_is_idle": True}, True),
        ({"results_wait": True}, True),
    ],
)
def test_a_cluster_is_stalled_when_something_could_move_and_does_not(db, waiting, is_stalled):
    seen = {"counts": (3, 3), "results_wait": False, "tasks_wait": False, "worker_is_idle": False}
    work = Progress()
    work.is_stalled(Seen(**seen, queue="rig"))
    work.since -= STALL_SECONDS + 1
    assert work.is_stalled(Seen(**seen | waiting, queue="rig")) == is_stalled


def test_a_message_that_an_idle_cluster_does_not_take_is_a_stall(db, settings):
    settings.REDIS_URL = ""
    OrmQ.objects.create(key="rig", payload="x", lock=timezone.now() - timedelta(seconds=11))
    work = Progress()
    work.since -= STALL_SECONDS + 1
    assert work.is_stalled(Seen((0, 0), False, False, True, "rig"))


def test_rows_of_processes_that_ended_go_when_the_next_one_begins(db):
    Heartbeat.objects.create(kind="rig", instance=name_process(99999999))
    HeartbeatWriter("rig", 1).beat()
    assert list(Heartbeat.objects.values_list("instance", flat=True)) == [name_process(1)]


def test_a_kind_of_process_that_does_not_run_is_a_problem_for_everybody(maria, signed_in, monkeypatch):
    monkeypatch.setattr(process_checks, "_imported_at", float("-inf"))
    for kind in ("worker", "generate", "download", "studio", "rig", "poller"):
        Heartbeat.objects.create(kind=kind, instance=name_process(1))
    problems.clear_cache()
    assert "Videos are not being made at the moment." in signed_in(maria).get("/account/").content.decode()
    response = Client().get("/health/")
    assert (response.status_code, response.json()["problems"]) == (503, [{"key": "process-engine"}])
