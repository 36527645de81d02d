"""How many rows may be worked on at once, however many workers on however many machines ask at the same moment."""

import threading
import time
from functools import partial

import pytest

from avatars import tasks as avatar_tasks
from dashboard.jobs.provider_job import ProviderState
from dashboard.jobs.runner import JobDelayed
from tests.concurrency import run_together
from videos import masks
from videos import tasks as video_tasks
from videos.batches import tasks as batch_tasks
from videos.models import Batch, BatchItem, MaskDownload

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


class Places:
    """Work that counts how often it is done at the same time; afterwards its row waits for long."""

    def __init__(self):
        self.lock, self.taken, self.most, self.done = threading.Lock(), 0, 0, 0

    def work(self, job):
        with self.lock:
            self.taken += 1
            self.most, self.done = max(self.most, self.taken), self.done + 1
        time.sleep(0.15)
        with self.lock:
            self.taken -= 1
        raise JobDelayed("", seconds=1000, is_free=True)


@pytest.fixture
def places():
    return Places()


def run_all(task, rows):
    """Each worker tries all rows, each beginning with another one."""
    pks = [row.pk for row in rows]

    def work(first: int) -> None:
        for pk in pks[first:] + pks[:first]:
            task(pk)

    run_together(*(partial(work, number) for number in range(len(pks))))


def test_no_more_videos_are_with_the_provider_than_allowed(new_video, places, settings, monkeypatch):
    settings.CG_AVATAR_MAX_IN_FLIGHT = 2
    monkeypatch.setattr(video_tasks, "_send", places.work)
    first = new_video(state=ProviderState.WAITING)
    rows = [first] + [new_video(avatar=first.avatar, voice=first.voice) for _ in range(7)]
    run_all(video_tasks.generate, rows)
    assert 1 <= places.most <= 2


def test_portraits_leave_a_worker_to_videos(new_avatar, places, settings, monkeypatch):
    settings.GENERATE_WORKERS = 3
    monkeypatch.setattr(avatar_tasks, "_send", places.work)
    run_all(avatar_tasks.generate, [new_avatar() for _ in range(8)])
    assert 1 <= places.most <= 2


def test_downloads_in_the_background_leave_a_worker_to_others(
    finished, new_video, places, settings, monkeypatch
):
    settings.DOWNLOAD_WORKERS = 3
    monkeypatch.setattr(video_tasks, "_copy", places.work)
    monkeypatch.setattr(masks, "_download", places.work)
    first = finished()
    more = {"avatar": first.avatar, "voice": first.voice}
    imported = [new_video(state=ProviderState.COPYING, remote_id=f"v{number}", **more) for number in range(4)]
    missing = [MaskDownload.objects.create(video=row) for row in imported]

    def copy_both(number: int) -> None:
        video_tasks.copy(imported[number].pk)
        masks.download(missing[number].pk)

    run_together(*(partial(copy_both, number) for number in range(4)))
    assert 1 <= places.most <= 2


def test_rows_of_batches_leave_a_worker_to_others(speaker, maria, places, settings, monkeypatch):
    settings.WORKERS = 3
    monkeypatch.setattr(batch_tasks, "_make", places.work)
    batch = Batch.objects.create(name="News", made_by=maria)
    rows = [
        BatchItem.objects.create(
            batch=batch, number=number, avatar=speaker, audio_url=f"https://a.example/{number}"
        )
        for number in range(1, 9)
    ]
    run_all(batch_tasks.work, rows)
    assert 1 <= places.most <= 2
