"""Without room on the disk jobs wait, orders and uploads are refused at once, and every page says why."""

import errno

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.utils import timezone

from avatars.models import Avatar
from avatars.tasks import SENDING
from dashboard.files import disk
from dashboard.health import problems
from dashboard.jobs import runner
from dashboard.jobs.provider_job import ProviderState
from dashboard.uploads import portraits, sandbox
from tests import sample_media
from tests.consent import PORTRAIT
from videos.models import Video

WAITING = f"{disk.FULL} {disk.WAITING}"


@pytest.fixture
def full(settings, monkeypatch):
    """A disk without room, until it is called."""
    free = [10 * 2**20]
    monkeypatch.setattr(disk, "free_bytes", lambda: free[0])

    def make_room(megabytes=100_000):
        free[0] = megabytes * 2**20
        problems.clear_cache()

    problems.clear_cache()
    return make_room


def test_a_job_waits_however_long_it_takes_and_goes_on_by_itself(full, new_avatar):
    avatar, done = new_avatar(), []

    def attempt():
        Avatar.objects.update(try_after=timezone.now())
        runner.run(Avatar, avatar.pk, SENDING, lambda job: done.append(job))
        avatar.refresh_from_db()

    for _ in range(20):
        attempt()
    assert (avatar.state, avatar.attempts, avatar.error) == (ProviderState.WAITING, 0, WAITING)
    assert not done
    full()
    attempt()
    assert done


@pytest.mark.parametrize(
    ("error", "obstacle"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), disk.FULL),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), disk.FULL),
        (OperationalError("database or disk is full"), disk.FULL),
        (OSError(errno.EROFS, "Read-only file system"), disk.READ_ONLY),
        (OperationalError("attempt to write a readonly database"), disk.READ_ONLY),
    ],
)
def test_a_disk_that_gets_full_during_the_work_is_waited_for_too(new_avatar, error, obstacle):
    avatar = new_avatar()

    def fail(job):
        raise ValueError from error  # as libraries wrap it

    for _ in range(20):
        Avatar.objects.update(try_after=timezone.now())
        runner.run(Avatar, avatar.pk, SENDING, fail)
    avatar.refresh_from_db()
    assert (avatar.state, avatar.attempts) == (ProviderState.WAITING, 0)
    assert avatar.error == f"{obstacle} {disk.WAITING}"


def test_any_other_error_of_files_still_counts(new_avatar):
    avatar = new_avatar()

    def fail(job):
        raise FileNotFoundError(errno.ENOENT, "No such file", "portrait.jpg")

    runner.run(Avatar, avatar.pk, SENDING, fail)
    avatar.refresh_from_db()
    assert (avatar.attempts, avatar.error) == (1, "")


def test_cards_say_that_they_wait_for_room_and_a_poll_sees_it_go(full, new_video, maria, signed_in):
    video = new_video(made_by=maria)
    client = signed_in(maria)
    page = client.get("/videos/").content.decode()
    assert WAITING in page
    stamp = page.split(f"/videos/{video.pk}/card/?v=")[1].split('"')[0]
    assert client.get(f"/videos/{video.pk}/card/?v={stamp}").status_code == 204
    full()
    answer = client.get(f"/videos/{video.pk}/card/?v={stamp}")
    assert answer.status_code == 200
    assert WAITING not in answer.content.decode()


def test_everybody_is_told_that_it_is_full_or_nearly_full_and_owners_more(full, owner, maria, signed_in):
    assert disk.FULL in signed_in(maria).get("/account/").content.decode()
    health = signed_in(owner).get("/health/")
    assert (health.status_code, health.json()["problems"][0]["key"]) == (503, "disk-full")
    full(2000)
    page = signed_in(maria).get("/account/").content.decode()
    assert "The disk of this server is nearly full. Delete videos that nobody needs." in page
    assert "MB are left" not in page
    assert "2,000 MB are left" in signed_in(owner).get("/account/").content.decode()
    full()
    assert "nearly full" not in signed_in(owner).get("/account/").content.decode()


@pytest.mark.parametrize("script", [True, False])
def test_an_upload_is_refused_at_once_and_taken_when_there_is_room(
    full, maria, signed_in, tmp_path, monkeypatch, script
):
    client = signed_in(maria)
    headers = {"HX-Request": "true"} if script else {}
    picture = sample_media.picture(tmp_path / "a.jpg").read_bytes()

    def upload():
        file = SimpleUploadedFile("a.jpg", picture)
        return client.post("/avatars/upload/", {"portraits": file} | PORTRAIT, headers=headers)

    refused = upload()
    assert refused.status_code == 507
    assert disk.FULL in refused.content.decode()
    assert not Avatar.objects.exists()
    full()
    assert upload().status_code in (200, 302)
    assert Avatar.objects.count() == 1


def test_orders_are_refused_at_once_and_deleting_is_not(full, new_video, maria, signed_in):
    video = new_video(made_by=maria)
    client = signed_in(maria)
    for address in ("/videos/new/", "/videos/batches/new/sounds/", f"/videos/{video.pk}/retry/"):
        answer = client.post(address)
        assert (address, answer.status_code) == (address, 507)
    assert client.get("/videos/new/").status_code == 200
    client.post(f"/videos/{video.pk}/delete/")
    assert not Video.objects.exists()


@pytest.mark.slow
def test_a_decoder_without_room_says_nothing_about_the_file(full, tmp_path, monkeypatch):
    """A picture that is fine is not called damaged because its copy could not be written."""
    picture = sample_media.picture(tmp_path / "a.jpg")
    monkeypatch.setattr(sandbox, "_run_child", lambda *args: {"refused": "It may be damaged."})
    with pytest.raises(OSError, match="No space"), portraits.convert(picture):
        pass
