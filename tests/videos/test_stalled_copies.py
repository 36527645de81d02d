"""A run that stood still for longer than its lease, and goes on when another one has finished its row."""

from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from avatars import tasks as avatar_tasks
from avatars.models import Avatar
from dashboard.jobs import stored_results
from dashboard.jobs.provider_job import ProviderState
from videos import masks, tasks
from videos.models import MaskDownload, Video

pytestmark = pytest.mark.slow


@pytest.fixture
def overtaken(monkeypatch):
    """`overtaken(holder, name, model, pk, task)`: the first call of that function waits until another run is done."""

    def arrange(holder, name, model, pk, task) -> None:
        function, calls = getattr(holder, name), []

        def call(*args, **kwargs):
            if not calls:
                calls.append(1)
                long_ago = timezone.now() - timedelta(seconds=1)
                model.objects.filter(pk=pk).update(lease_until=long_ago, try_after=long_ago)
                task(pk)
                assert model.objects.get(pk=pk).is_ready
            return function(*args, **kwargs)

        monkeypatch.setattr(holder, name, call)

    return arrange


def exist(*files) -> bool:
    return all(file.name and default_storage.exists(file.name) for file in files)


# Before it has looked whether it still has the row, and after that.
@pytest.mark.parametrize("where", [(tasks, "mark_as_synthetic"), (stored_results, "store_file")])
def test_a_video_keeps_the_files_of_the_run_that_finished_it(provider, new_video, overtaken, where):
    made = provider.add_video()
    provider.finish(made["video_id"])
    video = new_video(remote_id=made["video_id"], state=ProviderState.COPYING, provider=provider.url)
    overtaken(*where, Video, video.pk, tasks.copy)
    tasks.copy(video.pk)
    video.refresh_from_db()
    assert video.is_ready
    assert exist(video.video, video.mask, video.poster, video.thumbnail)


@pytest.mark.parametrize("where", [(avatar_tasks.portraits, "convert"), (stored_results, "store_file")])
def test_an_avatar_keeps_the_files_of_the_run_that_finished_it(provider, new_avatar, overtaken, where):
    made = provider.add_avatar()
    fields = {"remote_id": made["avatar_id"], "provider": provider.url, "preview_url": made["preview_url"]}
    avatar = new_avatar(state=ProviderState.COPYING, **fields)
    overtaken(*where, Avatar, avatar.pk, avatar_tasks.copy)
    avatar_tasks.copy(avatar.pk)
    avatar.refresh_from_db()
    assert avatar.is_ready
    assert exist(avatar.preview)


@pytest.mark.parametrize("where", [(masks, "sign_mask"), (stored_results, "store_file")])
def test_a_mask_that_came_later_is_kept(provider, new_video, overtaken, where, media_files):
    made = provider.add_video()
    provider.finish(made["video_id"])
    fields = {"remote_id": made["video_id"], "provider": provider.url, "mask_problem": "pending"}
    video = new_video(state=ProviderState.READY, **fields)
    with media_files["video"].open("rb") as file:
        video.video.save("video.mp4", file)
    job = MaskDownload.objects.create(video=video)
    overtaken(*where, MaskDownload, job.pk, masks.download)
    masks.download(job.pk)
    video.refresh_from_db()
    assert exist(video.mask, video.cutout)


def test_a_run_whose_row_was_given_up_meanwhile_leaves_no_files(provider, new_video, monkeypatch):
    made = provider.add_video()
    provider.finish(made["video_id"])
    video = new_video(remote_id=made["video_id"], state=ProviderState.COPYING, provider=provider.url)
    store = stored_results.store_file

    def store_too_late(*args):
        Video.objects.filter(pk=video.pk).update(state=ProviderState.FAILED, lease=None)
        store(*args)

    monkeypatch.setattr(stored_results, "store_file", store_too_late)
    tasks.copy(video.pk)
    video.refresh_from_db()
    assert video.is_failed
    assert not default_storage.exists(f"videos/videos/{video.client_ref}.mp4")
