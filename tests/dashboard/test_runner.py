"""The frame around every task: what becomes of a row when its work succeeds, fails, is delayed, or goes wrong."""

import pytest
from django.db import OperationalError
from django.utils import timezone

from dashboard.jobs import patient_writes, runner
from dashboard.jobs.local_job import FAILED, MAX_ATTEMPTS, LocalState, working_phase
from dashboard.jobs.runner import JobDelayed, JobFailed
from videos.models import Export

PHASE = working_phase(60)


@pytest.fixture
def export(finished) -> Export:
    return finished().exports.create(kind="mov")


def run(export, work):
    Export.objects.update(try_after=timezone.now())
    runner.run(Export, export.pk, PHASE, work)
    export.refresh_from_db()


def raising(error):
    def work(job):
        raise error

    return work


def test_work_moves_the_row_itself(export):
    run(export, lambda job: job.move(LocalState.READY, progress=100))
    assert (export.state, export.lease) == ("ready", None)


def test_what_cannot_be_done_ends_at_once_with_its_sentence_and_its_fields(export):
    run(export, raising(JobFailed("There is no mask.", size=7)))
    assert (export.state, export.error, export.size) == ("failed", "There is no mask.", 7)


def test_what_may_pass_is_tried_again_later_and_fails_with_its_sentence_in_the_end(export):
    for attempt in range(1, MAX_ATTEMPTS):
        run(export, raising(JobDelayed("The disk is full.")))
        assert (export.state, export.attempts, export.error) == ("waiting", attempt, "")
        assert export.try_after > timezone.now()
    run(export, raising(JobDelayed("The disk is full.")))
    assert (export.state, export.error) == ("failed", "The disk is full.")


def test_a_free_try_does_not_count(export):
    for _ in range(MAX_ATTEMPTS + 2):
        run(export, raising(JobDelayed("", seconds=3, is_free=True)))
    assert (export.state, export.attempts) == ("waiting", 0)


def test_a_mistake_in_the_code_is_logged_and_tried_again_and_never_shown(export, caplog):
    for _ in range(MAX_ATTEMPTS):
        run(export, raising(RuntimeError("secret")))
    assert (export.state, export.error) == ("failed", FAILED)
    assert "secret" in caplog.text


def test_a_row_that_killed_every_process_that_took_it_is_given_up_without_another_try(export):
    Export.objects.update(attempts=MAX_ATTEMPTS, state=LocalState.WORKING)
    run(export, lambda job: pytest.fail("it was tried again"))
    assert export.state == "failed"


@pytest.mark.parametrize("end", [JobFailed("no"), JobDelayed("later"), RuntimeError()])
def test_a_row_that_was_taken_over_meanwhile_is_left_to_its_new_holder(export, end):
    def work(job):
        Export.objects.update(lease=None, state=LocalState.READY)
        raise end

    run(export, work)
    assert (export.state, export.error) == ("ready", "")


@pytest.mark.parametrize(("end", "state"), [(JobFailed("no"), "failed"), (RuntimeError(), "waiting")])
def test_a_database_that_is_locked_when_the_work_ends_leaves_no_row_with_a_lease(
    export, monkeypatch, end, state
):
    write, locked = Export._write, ["locked", "locked"]

    def write_unless_locked(job, *args, **fields):
        if locked:
            raise OperationalError(f"database is {locked.pop()}")
        write(job, *args, **fields)

    monkeypatch.setattr(patient_writes, "PAUSE_SECONDS", 0)
    monkeypatch.setattr(Export, "_write", write_unless_locked)
    run(export, raising(end))
    assert (export.state, export.lease, locked) == (state, None, [])
