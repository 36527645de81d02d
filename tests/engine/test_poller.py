"""The engine's step of the poller."""

import os
import time
from datetime import timedelta
from pathlib import Path

from django.core.cache import cache
from django.core.files.storage import default_storage
from django.db import connection
from django.utils import timezone

from dashboard.jobs.enqueue import get_repeat_key
from engine import poller, tasks
from engine.models import JobStatus, Render, Rig
from tests.engine.conftest import enqueued, expire_leases


def test_with_nothing_to_do_the_poller_asks_little_and_comes_back_late(rig, django_assert_max_num_queries):
    poller.step()  # what it does once an hour is done
    with django_assert_max_num_queries(4 if connection.vendor == "sqlite" else 6):
        assert poller.step() == poller.IDLE_SECONDS


def test_the_poller_enqueues_each_row_that_was_forgotten_once(pending):
    Rig.objects.create(image_url="https://e.com/x")
    for _ in range(3):
        assert poller.step() >= poller.BUSY_SECONDS
    assert len(enqueued("engine")) == 1
    assert len(enqueued("rig")) == 1


def test_a_message_that_was_lost_is_sent_again_after_a_while(pending):
    poller.step()
    cache.delete(get_repeat_key(pending))  # as half a minute does
    for _ in range(3):
        poller.step()
    assert len(enqueued("engine")) == 2


def test_rows_that_are_held_or_put_off_are_not_enqueued(pending):
    Render.claim(pending.pk, JobStatus.PENDING, to=JobStatus.IN_PROGRESSING, seconds=60)
    Render.objects.create(
        rig=pending.rig, audio_url="https://e.com/a", try_after=timezone.now() + timedelta(seconds=60)
    )
    assert poller.step() >= poller.BUSY_SECONDS
    assert enqueued("engine") == []


def test_a_row_that_kills_its_worker_again_and_again_is_given_up(pending, curl):
    Render.objects.update(attempts=poller.MAX_ATTEMPTS, state=JobStatus.IN_PROGRESSING)
    expire_leases()
    poller.step()
    video = curl.data(f"video.get?video_id={pending}")
    assert (video["status"], video["error_code"]) == ("error", 1011)
    assert enqueued("engine") == []


def test_a_row_that_nobody_ever_takes_up_is_given_up(pending):
    Render.objects.update(state_since=timezone.now() - Render.MAX_WAIT - timedelta(minutes=1))
    poller.step()
    assert Render.objects.get().state == JobStatus.ERROR


def test_the_poller_clears_away_what_killed_workers_left(pending, settings):
    tmp = settings.FILE_UPLOAD_TEMP_DIR
    job = Render.claim(pending.pk, JobStatus.PENDING, to=JobStatus.IN_PROGRESSING, seconds=60)
    with tasks.open_workspace(job) as working:
        debris = Path(tmp / f"engine-{'0' * 32}-abc")
        young = Path(tmp / f"engine-{'1' * 32}-abc")
        alien = Path(tmp / "engine-alien")
        for folder in (debris, young, alien):
            folder.mkdir()
            (folder / "video.mp4").write_bytes(b"x")
        old = time.time() - 3600
        for folder in (working, debris, alien):
            os.utime(folder, (old, old))
        poller.clean_machine()
        assert Path(working).exists()
        assert not debris.exists()
        assert young.exists()
        assert alien.exists()


def aged(render, days):
    Render.objects.filter(pk=render.pk).update(state_since=timezone.now() - timedelta(days=days))


def test_old_videos_go_with_their_files_and_avatars_stay(
    pending, double, settings, own, django_capture_on_commit_callbacks
):
    tasks.render(pending.pk)
    pending.refresh_from_db()
    new = Render.objects.create(rig=pending.rig, audio_url=pending.audio_url)
    tasks.render(new.pk)
    failed = Render.objects.create(
        rig=pending.rig, audio_url="https://a.example/x.mp3", state=JobStatus.ERROR
    )
    waiting = Render.objects.create(rig=pending.rig, audio_url="https://a.example/x.mp3")
    for old in (pending, failed, waiting):
        aged(old, 31)
    aged(new, 29)
    settings.ENGINE_KEEP_DAYS = 0
    poller.delete_expired()
    assert Render.objects.count() == 4
    settings.ENGINE_KEEP_DAYS = 30
    with django_capture_on_commit_callbacks(execute=True):
        poller.delete_expired()
    assert set(Render.objects.values_list("pk", flat=True)) == {new.pk, waiting.pk}
    for file in (pending.video, pending.mask):
        assert not default_storage.exists(file.name)
    new.refresh_from_db()
    assert default_storage.exists(new.video.name)
    assert default_storage.exists(pending.rig.rig.name)
    status, answer = own(f"video.get?video_id={pending.public_id}")
    assert (status, answer["code"]) == (404, 10001)


def test_old_videos_are_looked_for_once_an_hour(pending, double, settings):
    poller.delete_expired()
    tasks.render(pending.pk)
    aged(pending, 99)
    poller.delete_expired()
    assert Render.objects.exists()
