"""Making exports: every kind of file, and every way in which that can fail."""

import errno
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from dashboard.files import disk
from dashboard.jobs.leased_job import LeaseLost
from dashboard.jobs.local_job import MAX_ATTEMPTS as LOCAL_ATTEMPTS
from dashboard.jobs.local_job import LocalState
from tests.videos.exports.conftest import again, make_export
from videos.exports import files, services, studio_process, tasks
from videos.models import Export

pytestmark = pytest.mark.slow

Kind = Export.Kind


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
    export = make_export(video, kind)
    assert (export.state, export.progress, export.error) == (LocalState.READY, 100, "")
    assert export.file.name.endswith(suffix)
    assert export.size == default_storage.size(export.file.name)
    assert kept() - before == {export.file.name}


def test_what_a_killed_run_left_is_cleared_by_the_next(finished, kept):
    video = finished()
    before = kept()
    export = services.request_export(video, Kind.SOUND)
    dead = Export.claim(export.pk, LocalState.WAITING, to=LocalState.WORKING, seconds=60)
    dead.renew_lease(60, file=files.create_filename(Kind.SOUND))
    default_storage.save(dead.file.name, ContentFile(b"half of it"))
    with files.open_workspace(dead) as folder:
        (folder / "made.m4a").write_bytes(b"half of it")
        Export.objects.filter(pk=export.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
        tasks.work(export.pk)
        assert not folder.exists()
    export = again(export)
    assert export.is_ready
    assert kept() - before == {export.file.name}


def test_a_child_that_dies_is_tried_again_and_not_for_ever(finished, monkeypatch, kept):
    video = finished()
    before = kept()
    monkeypatch.setattr(
        studio_process, "LIMITS", studio_process.sandbox.Limits(memory=40 * 2**20, seconds=20, file=2**20)
    )
    export = services.request_export(video, Kind.WEBM)
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
    monkeypatch.setattr(studio_process, "HEARTBEAT_SECONDS", 0.05)
    processes = []
    popen = studio_process.subprocess.Popen
    monkeypatch.setattr(
        studio_process.subprocess, "Popen", lambda *a, **k: processes.append(popen(*a, **k)) or processes[-1]
    )
    export = services.request_export(video, Kind.MOV)
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
    export = make_export(video, Kind.MOV)
    assert export.is_failed
    assert "too large" in export.error
    assert kept() == before


def try_again(export):
    Export.objects.filter(pk=export.pk).update(try_after=timezone.now())
    tasks.work(export.pk)
    return again(export)


@pytest.mark.parametrize("where", ["before", "in the child", "while it is stored"])
def test_a_full_disk_makes_it_wait_for_room_with_a_sentence_and_leaves_nothing(
    finished, monkeypatch, kept, where
):
    video = finished()
    before = kept()

    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    if where == "before":
        monkeypatch.setattr(disk, "has_room", lambda size=0: not size)
    elif where == "in the child":
        monkeypatch.setattr(studio_process, "_wait_for_answer", lambda *args: {"full": True})
    else:
        monkeypatch.setattr(default_storage._wrapped, "_save", full)
    export = make_export(video, Kind.SOUND)
    for _ in range(LOCAL_ATTEMPTS):  # it never counts
        export = try_again(export)
    assert (export.state, export.error, export.attempts) == (
        LocalState.WAITING,
        f"{disk.FULL} {disk.WAITING}",
        0,
    )
    assert export.try_after > timezone.now()
    assert kept() == before
    monkeypatch.undo()
    export = try_again(export)
    assert (export.state, export.error) == (LocalState.READY, "")
