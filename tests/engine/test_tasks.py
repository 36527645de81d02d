"""The work of the clusters: rows that are claimed, held, finished or lost."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from django_q.exceptions import TimeoutException

from engine import poller, tasks
from engine.models import JobStatus, Render
from tests.engine.conftest import enqueued, expire_leases
from tests.stored_files import list_stored

pytestmark = pytest.mark.slow


def take_over(pk):
    """Another worker claims the row, as if the lease had expired."""
    Render.objects.filter(pk=pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert Render.claim(pk, JobStatus.IN_PROGRESSING, to=JobStatus.IN_PROGRESSING, seconds=60)


def stored(settings):
    return sorted(name.rpartition("/")[2] for name in list_stored("engine/videos"))


def test_a_second_bell_for_a_row_that_is_worked_on_does_nothing(pending, double):
    double.during = lambda progress: tasks.render(pending.pk)
    tasks.render(pending.pk)
    tasks.render(pending.pk)
    assert double.calls == ["render"]


def test_a_bell_for_a_row_that_is_gone_does_nothing(db):
    tasks.render(12345)
    tasks.build_rig(12345)


def test_progress_is_noted_and_the_lease_renewed_again_and_again(pending, double, monkeypatch):
    monkeypatch.setattr(tasks, "PROGRESS_SECONDS", 0)
    monkeypatch.setattr(tasks, "RENEW_SECONDS", 0)

    def during(progress):
        # What was done before the animator began is not forgotten.
        for done, shown in ((0.0, tasks.DECODED), (0.126, 12), (0.5, 50), (1.0, 99)):
            progress(done)
            row = Render.objects.get(pk=pending.pk)
            assert row.progress == shown
            assert row.lease_until > timezone.now() + timedelta(seconds=tasks.LEASE_SECONDS - 5)

    double.during = during
    tasks.render(pending.pk)
    assert Render.objects.get().progress == 100


def test_progress_is_not_written_more_often_than_that(pending, double, django_assert_num_queries):
    def during(progress):
        with django_assert_num_queries(0):
            for step in range(100):
                progress(step / 100)

    double.during = during
    tasks.render(pending.pk)


@pytest.fixture
def clock(monkeypatch):
    """Seconds that pass when a test says so."""
    now = SimpleNamespace(seconds=0.0)
    monkeypatch.setattr(tasks, "time", SimpleNamespace(monotonic=lambda: now.seconds))
    return now


def test_a_render_of_a_few_seconds_has_percentages_that_move_once_a_second(pending, double, clock):
    seen = []

    def during(progress):
        for step in range(40):  # four seconds, told ten times a second
            clock.seconds += 0.1
            progress(step / 40)
            seen.append(Render.objects.get(pk=pending.pk).progress)

    double.during = during
    tasks.render(pending.pk)
    assert seen == sorted(seen)
    assert 4 <= len(set(seen)) <= 5
    assert seen[-1] > 70


def test_an_attempt_after_a_killed_one_begins_at_the_beginning(pending, double):
    Render.objects.filter(pk=pending.pk).update(state=JobStatus.IN_PROGRESSING, progress=80)
    seen = []
    double.during = lambda progress: seen.append(Render.objects.get(pk=pending.pk).progress)
    tasks.render(pending.pk)
    assert seen == [tasks.DECODED]


def test_who_lost_the_row_in_the_middle_stops_without_a_trace(pending, double, monkeypatch, settings):
    monkeypatch.setattr(tasks, "RENEW_SECONDS", 0)

    def during(progress):
        take_over(pending.pk)
        progress(0.5)
        raise AssertionError("went on")

    double.during = during
    tasks.render(pending.pk)
    row = Render.objects.get()
    assert (row.state, row.attempts, row.error) == (JobStatus.IN_PROGRESSING, 2, "")
    assert stored(settings) == []


def test_who_lost_the_row_at_the_very_end_takes_its_files_away(pending, double, monkeypatch, settings):
    save = default_storage.save

    def taken_over_meanwhile(name, content):
        if "masks" in name:
            take_over(pending.pk)
        return save(name, content)

    monkeypatch.setattr(default_storage, "save", taken_over_meanwhile)
    tasks.render(pending.pk)
    assert Render.objects.get().state == JobStatus.IN_PROGRESSING
    assert stored(settings) == []


def test_a_time_out_leaves_the_row_to_the_next_one(pending, double, settings):
    double.trouble = TimeoutException("too long")
    with pytest.raises(TimeoutException):
        tasks.render(pending.pk)
    assert Render.objects.get().state == JobStatus.IN_PROGRESSING
    assert not list(settings.FILE_UPLOAD_TEMP_DIR.glob("engine-*"))
    double.trouble = None
    tasks.render(pending.pk)  # the lease still holds
    assert Render.objects.get().state == JobStatus.IN_PROGRESSING
    expire_leases()
    poller.step()
    assert enqueued("engine") == [("engine.tasks.render", pending.pk)]
    tasks.render(pending.pk)
    assert Render.objects.get().state == JobStatus.FINISHED


def test_what_a_killed_worker_had_stored_goes_when_the_work_begins_anew(pending, double, settings):
    default_storage.save(f"engine/videos/{pending.public_id}-1.mp4", ContentFile(b"half"))
    Render.objects.update(attempts=1, state=JobStatus.IN_PROGRESSING)
    tasks.render(pending.pk)
    assert stored(settings) == [f"{pending.public_id}-2.mp4"]


def test_a_mistake_in_the_engine_is_tried_again_and_then_told_as_a_sentence(pending, double, curl, caplog):
    double.trouble = RuntimeError("secret")
    for _ in range(6):
        Render.objects.update(try_after=pending.created_at)
        tasks.render(pending.pk)
    assert len(double.calls) == tasks.RENDER_PHASE.max_attempts
    video = curl.data(f"video.get?video_id={pending}")
    assert (video["status"], video["error_code"]) == ("error", 1011)
    assert "secret" not in str(video)
    assert "secret" in caplog.text
