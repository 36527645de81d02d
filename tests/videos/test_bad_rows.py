"""One row that the database refuses to save stops no other. A trigger stands for whatever may be wrong with it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from dashboard.jobs.local_job import LocalState
from dashboard.jobs.provider_job import ProviderState
from videos import poller, tasks
from videos.batches import poller as batches_poller
from videos.exports import poller as exports_poller
from videos.models import Batch, Export, Video, Voice
from videos.voices import services as voice_services

LONG_AGO = timedelta(days=400)
# The transaction of the test takes the trigger back.
REFUSE = {
    "sqlite": [
        "CREATE TRIGGER refuse BEFORE {statement} ON {table} WHEN {when} "
        "BEGIN SELECT RAISE(ABORT, 'refused'); END"
    ],
    "postgresql": [
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused'; END $$",
        "CREATE TRIGGER refuse BEFORE {statement} ON {table} FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION refuse()",
    ],
}


@pytest.fixture
def refuse(db) -> Callable[..., None]:
    """Have the database refuse a statement on rows for which `when` is true."""

    def make(statement: str, model: type, when: str) -> None:
        table = model._meta.db_table
        with connection.cursor() as cursor:
            for command in REFUSE[connection.vendor]:
                cursor.execute(command.format(statement=statement, table=table, when=when))

    return make


@pytest.fixture
def making(provider, new_video) -> list[Video]:
    """Three videos that the provider has finished."""
    videos: list[Video] = []
    for _ in range(3):
        remote = provider.add_video()
        provider.finish(remote["video_id"])
        shared = {"avatar": videos[0].avatar, "voice": videos[0].voice} if videos else {}
        fields = {"state": ProviderState.MAKING, "provider": provider.url, "remote_id": remote["video_id"]}
        videos.append(new_video(**fields, **shared))
    return videos


def states_of(videos: list[Video]) -> list[str]:
    for video in videos:
        video.refresh_from_db()
    return [video.state for video in videos]


def test_a_video_that_cannot_be_saved_is_put_off_and_the_others_go_on(making, refuse, caplog):
    refuse("UPDATE", Video, f"OLD.id = {making[0].pk} AND NEW.state = 'copying'")
    poller.step()
    assert states_of(making) == [ProviderState.MAKING, ProviderState.COPYING, ProviderState.COPYING]
    assert f"Video {making[0].pk}" in caplog.text
    assert making[0].try_after > timezone.now()
    caplog.clear()
    poller.step()  # and for a while it is not even tried
    assert "refused" not in caplog.text


def test_a_video_that_cannot_be_saved_still_has_its_time_limit(making, refuse):
    refuse("UPDATE", Video, f"OLD.id = {making[0].pk} AND NEW.state = 'copying'")
    poller.step()
    Video.objects.filter(pk=making[0].pk).update(state_since=timezone.now() - timedelta(hours=4))
    poller.step()
    assert states_of(making)[0] == ProviderState.FAILED
    assert making[0].error == "This took too long. Try again."


def test_the_time_limit_of_the_others_is_reached_although_one_cannot_be_saved(making, provider, refuse):
    provider.behaviour.refuse["video.list"] = (503, b"")
    Video.objects.update(state_since=timezone.now() - timedelta(hours=4))
    refuse("UPDATE", Video, f"OLD.id = {making[0].pk}")
    poller.step()
    assert states_of(making) == [ProviderState.MAKING, ProviderState.FAILED, ProviderState.FAILED]


def test_a_part_of_the_step_that_fails_stops_no_other_part(making, refuse, settings):
    Voice.objects.create(name="left behind", seconds=1)
    refuse("UPDATE", Voice, "1 = 1")
    poller.step()
    assert states_of(making) == [ProviderState.COPYING] * 3


def test_a_sync_brings_in_the_others(provider, refuse):
    bad, *good = [provider.add_video()["video_id"] for _ in range(3)]
    refuse("INSERT", Video, f"NEW.remote_id = '{bad}'")
    assert tasks.sync() == 2
    assert set(Video.objects.values_list("remote_id", flat=True)) == set(good)


def test_a_batch_that_cannot_be_saved_keeps_no_other_from_being_done(db, refuse):
    batches = [Batch.objects.create(name=name, started_at=timezone.now()) for name in "abc"]
    refuse("UPDATE", Batch, f"OLD.id = {batches[0].pk}")
    batches_poller.step()
    done = Batch.objects.exclude(done_at=None).values_list("pk", flat=True)
    assert set(done) == {batch.pk for batch in batches[1:]}


def test_an_export_that_cannot_be_deleted_does_not_fill_the_disk_with_the_others(finished, refuse):
    video = finished()
    fields = {"state": LocalState.READY, "file": "x", "used_at": timezone.now() - LONG_AGO}
    rows = [Export.objects.create(video=video, kind=kind, **fields) for kind in ("webm", "mov", "gif")]
    refuse("DELETE", Export, f"OLD.id = {rows[0].pk}")
    exports_poller.cleanup()
    assert list(Export.objects.all()) == rows[:1]


def test_a_voice_that_cannot_be_deleted_keeps_no_other(db, refuse):
    spare = timezone.now() - LONG_AGO
    rows = [Voice.objects.create(name=name, seconds=1, unused_since=spare) for name in "abc"]
    refuse("DELETE", Voice, f"OLD.id = {rows[0].pk}")
    voice_services.delete_unused()
    assert list(Voice.objects.all()) == rows[:1]


def test_what_cannot_be_enqueued_keeps_no_other_from_its_turn(new_video, monkeypatch):
    videos = [new_video()]
    videos += [new_video(avatar=videos[0].avatar, voice=videos[0].voice)]
    sent = []

    def enqueue(task, pk, **options):
        if pk == videos[0].pk:
            raise OSError("the queue is full")
        sent.append(pk)

    monkeypatch.setattr("dashboard.jobs.enqueue.async_task", enqueue)
    poller.step()
    assert videos[1].pk in sent
