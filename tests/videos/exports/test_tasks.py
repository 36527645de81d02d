"""Exports as rows that last: one file for a click, what dies in the middle, what goes when its video goes."""

import errno
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from django_q.models import OrmQ

from avatars.models import Avatar
from dashboard.files.stored_files import DISK_FULL
from dashboard.jobs.base import LeaseLost
from dashboard.jobs.local_job import LocalState
from tests.videos import decoded
from tests.videos.exports.conftest import again, export_of, laid_on, made, wear
from videos import tasks as video_tasks
from videos.exports import studio_process, tasks, workspace
from videos.models import Export, Video

Kind = Export.Kind
COLOUR = {"background": "colour", "colour": "#1e3cdc"}


@pytest.mark.parametrize(
    ("kind", "suffix"),
    [
        (Kind.WEBM, ".webm"),
        (Kind.MOV, ".mov"),
        (Kind.GIF, ".gif"),
        (Kind.WEBP, ".webp"),
        (Kind.SOUND, ".m4a"),
    ],
)
def test_each_kind_of_file_is_made_and_nothing_else_is_left(finished, kept, kind, suffix):
    video = finished()
    before = kept()
    export = made(video, kind)
    assert (export.state, export.progress, export.error) == (LocalState.READY, 100, "")
    assert export.file.name.endswith(suffix)
    assert export.size == default_storage.size(export.file.name)
    assert kept() - before == {export.file.name}


def test_two_clicks_are_one_file(finished):
    video = finished()
    first, second = tasks.want(video, Kind.SOUND), tasks.want(video, Kind.SOUND)
    assert first.pk == second.pk
    assert OrmQ.objects.count() == 1
    tasks.work(first.pk)
    name = again(first).file.name
    tasks.work(first.pk)
    assert tasks.want(video, Kind.SOUND).file.name == name


def test_large_files_have_a_line_of_their_own(finished):
    video = finished()
    tasks.want(video, Kind.MOV)
    tasks.want(video, Kind.SOUND)
    assert sorted(OrmQ.objects.values_list("key", flat=True)) == ["dashboard", "studio"]


def test_without_a_mask_the_person_cannot_be_cut_out_and_the_rest_can(finished):
    video = finished(mask=False)
    assert "has no mask" in tasks.why_not(video, Kind.WEBM)
    assert not tasks.why_not(video, Kind.GIF)
    assert made(video, Kind.MOV).error == video.why_no_mask
    assert made(video, Kind.GIF).is_ready


def test_one_that_failed_is_tried_again_by_the_same_click(finished, card):
    video = finished()
    whole = card.video.read_bytes()
    path = Path(video.video.path)
    path.write_bytes(whole[:4000])
    export = made(video, Kind.WEBM)
    assert export.is_failed
    assert "damaged" in export.error
    path.write_bytes(whole)
    assert made(video, Kind.WEBM).is_ready


# ---------------------------------------------------------------- what dies in the middle


def test_what_a_killed_run_left_is_cleared_by_the_next(finished, kept):
    video = finished()
    before = kept()
    export = tasks.want(video, Kind.SOUND)
    dead = Export.claim(export.pk, LocalState.WAITING, to=LocalState.WORKING, seconds=60)
    dead.renew_lease(60, file=workspace.new_name(Kind.SOUND))
    default_storage.save(dead.file.name, ContentFile(b"half of it"))
    with workspace.bench(dead) as folder:
        (folder / "made.m4a").write_bytes(b"half of it")
        Export.objects.filter(pk=export.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
        tasks.work(export.pk)
        assert not folder.exists()
    export = again(export)
    assert export.is_ready
    assert kept() - before == {export.file.name}


def test_the_poller_rings_for_what_nobody_works_on(finished):
    video = finished()
    export = tasks.want(video, Kind.WEBM)
    OrmQ.objects.all().delete()
    tasks.step()
    assert OrmQ.objects.count() == 1
    tasks.step()
    assert OrmQ.objects.count() == 1  # and does not make the line longer
    OrmQ.objects.all().delete()
    Export.claim(export.pk, LocalState.WAITING, to=LocalState.WORKING, seconds=60)
    tasks.step()
    assert not OrmQ.objects.exists()  # somebody is at it
    Export.objects.update(holder=f"{Export.objects.get().holder.rpartition(' ')[0]} 999999999")
    tasks.step()
    assert OrmQ.objects.count() == 1  # who was at it is dead


def test_a_child_that_dies_is_tried_again_and_not_for_ever(finished, monkeypatch, kept):
    video = finished()
    before = kept()
    monkeypatch.setattr(
        studio_process, "LIMITS", studio_process.sandbox.Limits(memory=40 * 2**20, seconds=20, file=2**20)
    )
    export = tasks.want(video, Kind.WEBM)
    for _ in range(4):
        Export.objects.update(try_after=timezone.now())
        tasks.work(export.pk)
    assert again(export).state == LocalState.FAILED
    assert "Try again" in again(export).error
    assert kept() == before


def test_a_lease_that_is_lost_ends_the_child(finished, monkeypatch, kept):
    video = finished()
    before = kept()
    seen = []

    def lost(self, seconds, **fields):
        if "progress" in fields:
            raise LeaseLost
        seen.append(1)
        return real(self, seconds, **fields)

    real = Export.renew_lease
    monkeypatch.setattr(Export, "renew_lease", lost)
    monkeypatch.setattr(studio_process, "BEAT", 0.05)
    processes = []
    popen = studio_process.subprocess.Popen
    monkeypatch.setattr(
        studio_process.subprocess, "Popen", lambda *a, **k: processes.append(popen(*a, **k)) or processes[-1]
    )
    export = tasks.want(video, Kind.MOV)
    tasks.work(export.pk)
    assert processes[0].returncode == -9
    assert not again(export).is_ready
    assert kept() == before


def test_a_file_that_becomes_too_large_is_a_sentence(finished, monkeypatch, kept):
    video = finished()
    before = kept()
    monkeypatch.setattr(
        studio_process, "LIMITS", studio_process.sandbox.Limits(memory=6 * 2**30, seconds=100, file=100_000)
    )
    export = made(video, Kind.MOV)
    assert export.is_failed
    assert "too large" in export.error
    assert kept() == before


@pytest.mark.parametrize("where", ["before", "in the child", "while it is stored"])
def test_a_full_disk_is_a_sentence_and_leaves_nothing(finished, monkeypatch, kept, where):
    video = finished()
    before = kept()

    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    if where == "before":
        monkeypatch.setattr(workspace, "has_room", lambda wanted: False)
    elif where == "in the child":
        monkeypatch.setattr(studio_process, "_listen", lambda *args: {"full": True})
    else:
        monkeypatch.setattr(default_storage._wrapped, "_save", full)
    export = made(video, Kind.SOUND)
    assert (export.state, export.error) == (LocalState.FAILED, DISK_FULL)
    assert kept() == before


# ---------------------------------------------------------------- what goes


def test_a_deleted_video_takes_everything_with_it(finished, kept, django_capture_on_commit_callbacks):
    before = kept()
    video = finished(voice=None, avatar=None)
    made(video, Kind.SOUND)
    made(video, Kind.GIF)
    video = laid_on(video, COLOUR)
    tasks.want(video, Kind.WEBM)
    with django_capture_on_commit_callbacks(execute=True):
        video_tasks.remove(video)
    assert not Export.objects.exists()
    assert kept() == before


def test_what_nobody_took_for_a_month_goes_and_a_click_brings_it_back(
    finished, settings, kept, django_capture_on_commit_callbacks
):
    video = finished()
    old, young = made(video, Kind.SOUND), made(video, Kind.GIF)
    settings.EXPORT_DAYS = 30
    Export.objects.filter(pk=old.pk).update(used_at=timezone.now() - timedelta(days=31))
    with django_capture_on_commit_callbacks(execute=True):
        tasks.tidy()
    assert old.file.name not in kept()
    assert young.file.name in kept()
    assert made(video, Kind.SOUND).is_ready


def test_a_look_of_an_older_version_is_drawn_again_by_itself(finished, django_capture_on_commit_callbacks):
    """As it was: its key said nothing of the face, and the person stood on the lower edge without a head."""
    video = finished(look={"frame": "16:9"}, styled_video="old.mp4", styled_key="41c05d3d0b0e6a29")
    by_hand = finished(look={"frame": "16:9", "x": 0.3}, styled_video="hand.mp4")
    Video.objects.filter(pk=by_hand.pk).update(styled_key=by_hand.parsed_look.key)
    for _ in range(2):
        tasks.tidy()
    assert [export.video for export in Export.objects.all()] == [video]
    tasks.work(export_of(video, Kind.LOOK).pk)
    video = again(video)
    assert video.display_file == video.styled_video != "old.mp4"


@pytest.mark.slow
def test_the_face_that_is_framed_is_that_of_the_video_or_of_its_avatar(finished):
    head = {"eyes": [0.5, 0.2], "head": [0.3, 0.05, 0.4, 0.3], "cuts": [1.0, 1.0]}
    low = {"eyes": [0.5, 0.7], "head": [0.3, 0.55, 0.4, 0.3], "cuts": [1.0, 1.0]}
    videos = [finished(framing=head), finished(framing=low), finished()]
    Avatar.objects.filter(pk=videos[2].avatar_id).update(framing=low)
    pictures = []
    for video in videos:
        worn = wear(again(video), {"frame": "16:9", **COLOUR})
        tasks.work(export_of(worn, Kind.LOOK).pk)
        pictures.append(decoded.film(Path(again(worn).styled_video.path)).pictures[0])
    assert again(videos[0]).known_framing.eyes == (0.5, 0.2)
    assert (pictures[1] == pictures[2]).all()
    assert not (pictures[0] == pictures[1]).all()


def test_a_file_that_somebody_deleted_from_the_disk_is_made_again(finished):
    video = finished()
    export = made(video, Kind.SOUND)
    default_storage.delete(export.file.name)
    assert made(video, Kind.SOUND).file.name != export.file.name
