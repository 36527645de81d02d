"""What people and workers do to one video, batch or person at the same moment."""

from contextlib import suppress
from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError
from django.urls import reverse
from django.utils import timezone

from dashboard.jobs.leased_job import LeaseLost
from dashboard.jobs.local_job import LocalState
from dashboard.jobs.provider_job import ProviderState
from tests.concurrency import run_together
from tests.stored_files import list_stored
from videos import masks
from videos import tasks as video_tasks
from videos.batches import services as batches
from videos.exports import poller as exports_poller
from videos.exports import services as exports
from videos.exports import tasks as export_tasks
from videos.forgetting.plan import plan_forgetting
from videos.forgetting.services import forget
from videos.looks import services as looks
from videos.looks.look import Look
from videos.models import Batch, BatchItem, Export, ItemState, MaskDownload, Video, Voice
from videos.voices import services as voices

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
TIMES = 3


@pytest.fixture
def no_stills(monkeypatch):
    """The pictures themselves do not matter here. Called with a moment that the end of the work waits for."""
    moments = []

    def store(*args):
        if moments:
            moments.pop().wait(10)
        return "#000000"

    monkeypatch.setattr(export_tasks, "_store_stills", store)
    return moments.append


def at(moment, call):
    """The call, made when the work comes to its end."""

    def wait():
        moment.wait(10)
        return call()

    return wait


def test_another_poster_is_chosen_while_one_is_finished(finished, no_stills, caplog):
    video = finished()
    for number in range(1, TIMES + 1):
        exports.remake_poster(video)
        pk = video.exports.get().pk
        moment = Barrier(2)
        no_stills(moment)
        choose = partial(exports.set_poster, Video.objects.get(pk=video.pk), number / 100)
        run_together(partial(export_tasks.work, pk), at(moment, choose))
        export_tasks.work(pk)
        video = Video.objects.get(pk=video.pk)
        assert (video.poster_at, video.exports.get().state) == (number / 100, LocalState.READY)
    assert "deadlock" not in caplog.text


def test_another_look_is_chosen_while_one_is_applied(finished, no_stills, monkeypatch, caplog):
    def make(request, folder, on_progress):
        (folder / "made.mp4").write_bytes(b"film")
        return 4

    monkeypatch.setattr(export_tasks.studio_process, "run", make)
    monkeypatch.setattr(export_tasks, "sign_export", lambda *args, **options: 4)
    video, before = finished(), list_stored("videos/styled")
    for number in range(TIMES):
        looks.change_look(video, Look(frame="16:9", x=0.1 * number))
        pk = video.exports.get(kind=Export.Kind.LOOK).pk
        other = Look(frame="1:1", x=0.1 * number)
        moment = Barrier(2)
        no_stills(moment)
        run_together(partial(export_tasks.work, pk), at(moment, partial(looks.change_look, video, other)))
        export_tasks.work(video.exports.get(kind=Export.Kind.LOOK).pk)
        video = Video.objects.get(pk=video.pk)
        assert video.styled_key == other.key
        assert list_stored("videos/styled") - before == {video.styled_video.name}
    assert "deadlock" not in caplog.text


def test_a_label_and_a_look_that_are_changed_at_once_are_both_kept(finished, signed_in, owner):
    client = signed_in(owner)
    videos = [finished() for _ in range(3)]
    for number in range(TIMES):
        words = f"Made by AI {number}"

        def label(words: str = words) -> None:
            client.post(reverse("video-label"), {"is_on": "on", "words": words, "corner": "top-left"})
            looks.update_labels()

        x = 0.1 * number
        run_together(label, *(partial(looks.change_look, video, Look(frame="1:1", x=x)) for video in videos))
        for video in Video.objects.all():
            assert (video.parsed_look.x, video.parsed_look.label) == (x, words)


def test_a_video_that_is_removed_while_its_mask_arrives_leaves_no_file(finished, tmp_path, caplog):
    mask = tmp_path / "mask.mp4"
    mask.write_bytes(b"mask")
    for _ in range(TIMES):
        video = finished(mask_problem=Video.MaskProblem.PENDING)
        Video.objects.filter(pk=video.pk).update(mask="")
        before = list_stored("videos/masks")
        job = MaskDownload.objects.create(video=video)
        job = MaskDownload.claim(job.pk, LocalState.WAITING, to=LocalState.WORKING, seconds=60)

        def store(job: MaskDownload = job) -> None:
            with suppress(LeaseLost, Video.DoesNotExist):
                masks._store(job, Video.objects.get(pk=job.video_id), mask, mask)

        run_together(store, partial(video_tasks.remove, video))
        assert not Video.objects.exists()
        assert list_stored("videos/masks") == before
    assert "deadlock" not in caplog.text


def test_a_batch_that_is_started_is_not_discarded(speaker, finished, maria):
    voice = finished().voice
    for _ in range(TIMES):
        batch = Batch.objects.create(name="News", made_by=maria)
        for number in (1, 2):
            BatchItem.objects.create(
                batch=batch,
                number=number,
                avatar_text=speaker.name,
                avatar=speaker,
                voice=voice,
                state=ItemState.DRAFT,
            )
        started, _ = run_together(
            partial(batches.start_valid_rows, batch, maria), partial(batches.discard_drafts, batch)
        )
        rows = BatchItem.objects.filter(batch=batch)
        assert [row.state for row in rows] == [ItemState.READY] * started
        assert Batch.objects.filter(pk=batch.pk).exists() == bool(started)


def test_a_person_is_forgotten_while_a_video_of_it_is_ordered(finished, new_avatar, maria, owner):
    for _ in range(TIMES):
        video = finished(avatar=new_avatar(state=ProviderState.READY))
        avatar, voice = video.avatar, video.voice
        plan = plan_forgetting([avatar], [])

        def order(avatar=avatar, voice=voice) -> None:
            with suppress(IntegrityError):  # the portrait has just gone
                Video.objects.create(title="One more", avatar=avatar, voice=voice, made_by=maria)

        run_together(order, partial(forget, plan, owner))
        assert not Video.objects.exists()


def test_a_voice_that_is_just_being_used_is_not_deleted(finished):
    video = finished()
    for _ in range(TIMES):
        voice = Voice.objects.create(name="Old", seconds=1, sound="x.wav")

        def order(voice=voice) -> bool:
            try:
                Video.objects.create(title="One more", avatar=video.avatar, voice=voice)
            except IntegrityError:
                return False
            return True

        was_used, _ = run_together(order, partial(voices._delete_if_unused, voice.pk))
        assert Voice.objects.filter(pk=voice.pk).exists() == was_used


def test_one_download_that_many_ask_for_is_made_once(finished):
    video = finished()
    rows = run_together(*[partial(exports.request_export, video, Export.Kind.GIF)] * 6)
    assert {row.pk for row in rows} == {video.exports.get().pk}


def test_a_download_that_is_asked_for_is_not_deleted_as_unused(finished, settings):
    video, long_ago = finished(), timezone.now() - timedelta(days=settings.EXPORT_DAYS + 1)
    for _ in range(TIMES):
        name = default_storage.save("videos/exports/made.gif", ContentFile(b"gif"))
        old = {"state": LocalState.READY, "file": name, "used_at": long_ago}
        Export.objects.update_or_create(video=video, kind=Export.Kind.GIF, look_key="", defaults=old)
        export, _ = run_together(
            partial(exports.request_export, video, Export.Kind.GIF), exports_poller.cleanup
        )
        if Export.objects.filter(pk=export.pk).exists():
            assert default_storage.exists(name)
