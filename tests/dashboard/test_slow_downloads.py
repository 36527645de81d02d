"""Results that come slowly, without end, or for rows that are gone: a worker gives them up soon and the disk stays free."""

import threading
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from avatars import poller as avatar_poller
from avatars import tasks as avatar_tasks
from avatars.models import Avatar
from dashboard.jobs.leased_job import LeaseLost
from dashboard.jobs.provider_job import ProviderState
from dashboard.net.safe_download import DownloadError, Guard, TooLarge
from dashboard.net.watched_download import Limits, download_watched
from dashboard.provider import copy_scheduling, download
from tests.local_web import LocalWeb
from tests.messages import clear_messages, list_messages
from videos import poller as video_poller
from videos import tasks
from videos.models import Video

pytestmark = pytest.mark.slow

LOOPBACK = Guard(hosts=frozenset({"127.0.0.1"}))
QUICK = Limits(max_bytes=50_000_000, seconds=60, min_speed=1000, window=1.0)


def drip(handler):
    """A byte now and then, as long as the other side wants."""
    handler.send_response(200)
    handler.send_header("Content-Length", "5000000")
    handler.end_headers()
    for _ in range(1000):
        handler.wfile.write(b"x")
        time.sleep(0.05)


def pour(handler):
    """Quickly and without end."""
    handler.send_response(200)
    handler.end_headers()
    for _ in range(20_000):
        handler.wfile.write(b"x" * 65536)


def hold(handler):
    """Nothing at all, not even a head."""
    time.sleep(20)


@pytest.fixture
def web(settings):
    settings.ENGINE_FETCH_ALLOW = ["127.0.0.1"], []
    server = LocalWeb()
    server.pages |= {"/drip": drip, "/pour": pour, "/hold": hold, "/x": b"hello"}
    yield server
    server.close()


@pytest.fixture
def copying(provider, new_video, maria):
    """A finished video whose files are still at the provider."""

    def make(**fields) -> Video:
        remote = provider.add_video()
        provider.finish(remote["video_id"])
        row = {"state": ProviderState.COPYING, "remote_id": remote["video_id"], "remote_state": "finished"}
        return new_video(**{"made_by": maria, **row, **fields})

    return make


def messages() -> list[tuple[str, int]]:
    """The clusters and rows of all messages about a row."""
    found = [(message.cluster, message.args) for message in list_messages()]
    return [(cluster, args[0]) for cluster, args in found if args]


@pytest.mark.parametrize("page", ["/drip", "/hold"])
def test_a_download_that_is_too_slow_is_given_up_after_a_while(web, tmp_path, page):
    with pytest.raises(DownloadError, match="too long") as caught:
        download_watched(web.url + page, tmp_path / "x", QUICK, LOOPBACK, lambda: None)
    assert caught.value.is_temporary


def test_a_quick_download_is_not_too_slow(web, tmp_path):
    assert download_watched(web.url + "/x", tmp_path / "x", QUICK, LOOPBACK, lambda: None) == 5
    assert (tmp_path / "x").read_bytes() == b"hello"


def test_a_download_without_end_stops_at_its_limit(web, tmp_path):
    limits = Limits(max_bytes=1_000_000, seconds=60)
    with pytest.raises(TooLarge):
        download_watched(web.url + "/pour", tmp_path / "x", limits, LOOPBACK, lambda: None)
    assert (tmp_path / "x").stat().st_size <= 1_000_000


@pytest.mark.parametrize("page", ["/drip", "/hold"])
def test_a_download_that_nobody_wants_any_more_ends_at_once(web, tmp_path, page):
    def watch():
        raise LeaseLost

    with pytest.raises(LeaseLost):
        download_watched(web.url + page, tmp_path / "x", Limits(10_000_000, 60), LOOPBACK, watch)
    for thread in [thread for thread in threading.enumerate() if thread.name.startswith("download")]:
        thread.join(10)
        assert not thread.is_alive()


def test_a_deleted_video_frees_its_worker(web, provider, copying, monkeypatch):
    monkeypatch.setattr(download, "CHECK_SECONDS", 0)
    video = copying()
    provider.videos[video.remote_id]["video_url"] = web.url + "/drip"
    # The first look at the row comes while the download runs.
    monkeypatch.setattr(Video, "check_lease", lambda row: _delete_and_check(row))
    started = time.monotonic()
    tasks.copy(video.pk)
    assert not Video.objects.exists()
    assert time.monotonic() - started < 20


def _delete_and_check(row: Video) -> None:
    Video.objects.filter(pk=row.pk).delete()
    super(Video, row).check_lease()


def test_a_file_that_is_far_too_large_is_not_asked_for_again(web, provider, copying, monkeypatch, settings):
    monkeypatch.setattr(download, "BASE_BYTES", 100_000)
    monkeypatch.setattr(download, "BYTES_PER_SECOND", 100_000)
    video = copying()
    provider.videos[video.remote_id] |= {"video_url": web.url + "/pour"}
    tasks.copy(video.pk)
    video.refresh_from_db()
    assert (video.state, video.attempts) == (ProviderState.FAILED, 1)
    assert "far too large" in video.error
    assert not list(settings.FILE_UPLOAD_TEMP_DIR.glob("result-*"))


def test_the_limit_fits_the_length_of_the_recording(settings):
    assert download.limits_for(10).max_bytes < 100 * 2**20
    assert download.limits_for(600).max_bytes > 10 * download.limits_for(10).max_bytes
    settings.CG_AVATAR_MAX_AUDIO_SECONDS = 60
    assert download.limits_for(None) == download.limits_for(60)
    settings.CG_AVATAR_MAX_AUDIO_SECONDS = 0
    assert download.limits_for(None).max_bytes == download.MAX_BYTES


def test_results_are_copied_by_a_cluster_of_their_own(copying):
    video = copying()
    video_poller.step()
    assert ("download", video.pk) in messages()


def test_thousands_of_imports_wait_behind_what_people_ordered(provider, copying, settings):
    settings.DOWNLOAD_WORKERS = 3
    for _ in range(40):
        provider.add_avatar()
    assert avatar_tasks.sync() == 40
    ordered = copying()
    avatar_poller.step()
    video_poller.step()
    waiting = [pk for cluster, pk in messages() if cluster == "download"]
    assert len(waiting) == 3  # two imports, and the video
    assert ordered.pk in waiting


def test_the_next_import_follows_when_one_is_done(provider, settings):
    settings.DOWNLOAD_WORKERS = 2
    for _ in range(3):
        provider.add_avatar()
    avatar_tasks.sync()
    clear_messages()
    first, second, _ = Avatar.objects.order_by("pk")
    avatar_tasks.copy(first.pk)
    first.refresh_from_db()
    assert first.state == ProviderState.READY
    assert messages() == [("download", second.pk)]


def test_what_was_slow_before_never_takes_the_last_worker(provider, copying, settings):
    settings.DOWNLOAD_WORKERS = 3
    until = timezone.now() + timedelta(minutes=1)
    slow = [
        copying(attempts=2, lease_until=until, lease="00000000-0000-0000-0000-000000000001") for _ in "ab"
    ]
    third, fresh = copying(attempts=1), copying()
    assert copy_scheduling.count_free() == 0
    tasks.copy(third.pk)
    third.refresh_from_db()
    assert third.state == ProviderState.COPYING
    tasks.copy(fresh.pk)
    fresh.refresh_from_db()
    assert fresh.state == ProviderState.READY
    Video.objects.filter(pk=slow[0].pk).update(lease_until=None)
    tasks.copy(third.pk)
    third.refresh_from_db()
    assert third.state == ProviderState.READY
