"""A mask that cannot be had: the good video is shown, the mask is tried some more, and can be asked for again."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone

from dashboard.jobs.provider_job import ProviderState
from dashboard.provenance import reading
from dashboard.provenance.reading import Verdict
from tests import sample_media
from tests.fake_provider import FakeProvider
from videos import masks, tasks
from videos.models import Export, MaskDownload, Video

pytestmark = pytest.mark.slow

PENDING = "still being downloaded"
LOST = "The mask of this video could not be downloaded"
AGAIN = "Get the mask again"


@pytest.fixture
def video(provider: FakeProvider, new_video, maria) -> Video:
    """A finished video whose mask the provider does not hand over."""
    del provider.files["mask"]
    remote = provider.add_video()
    provider.finish(remote["video_id"])
    row = {"state": ProviderState.COPYING, "remote_id": remote["video_id"], "remote_state": "finished"}
    return new_video(made_by=maria, provider=provider.url, **row)


@pytest.fixture
def page_of(signed_in, maria):
    return lambda video: signed_in(maria).get(video.get_absolute_url()).text


def try_mask(video: Video) -> Video:
    MaskDownload.objects.update(try_after=timezone.now())
    masks.download(video.mask_download.pk)
    return Video.objects.get(pk=video.pk)


def copied(video: Video) -> Video:
    tasks.copy(video.pk)
    return Video.objects.get(pk=video.pk)


def test_a_good_video_is_shown_at_once_without_its_mask(video, page_of):
    video = copied(video)
    assert video.state == ProviderState.READY
    assert video.video
    assert not video.mask
    page = page_of(video)
    assert "Download video" in page
    assert PENDING in page
    assert AGAIN not in page


def test_a_mask_that_comes_late_is_added(video, provider, media_files, page_of):
    video = copied(video)
    video = try_mask(video)
    assert not video.mask
    assert "Trying again in" in page_of(video)
    assert "(attempt 2 of 5)" in page_of(video)
    provider.files["mask"] = media_files["mask"]
    video = try_mask(video)
    assert video.mask.storage.exists(video.mask.name)
    assert video.cutout.storage.exists(video.cutout.name)
    for file in (video.mask, video.cutout):
        assert reading.read(Path(file.path), max_bytes=10**9).verdict == Verdict.MADE_HERE
    assert "mask of this video" not in page_of(video)


def test_a_mask_that_never_comes_can_be_asked_for_again(
    video, provider, media_files, page_of, signed_in, maria, tom
):
    video = copied(video)
    for _ in range(MaskDownload.MAX_ATTEMPTS):
        assert video.mask_problem == Video.MaskProblem.PENDING
        video = try_mask(video)
    page = page_of(video)
    assert LOST in page
    assert "HTTP 404" in page
    assert AGAIN in page
    again = reverse("video-mask-again", args=[video.pk])
    assert signed_in(tom).post(again).status_code == 403
    provider.files["mask"] = media_files["mask"]
    assert PENDING in signed_in(maria).post(again, follow=True).text
    assert try_mask(video).mask


def test_a_video_that_the_provider_deleted_has_no_mask_for_good(video, provider, page_of):
    video = copied(video)
    provider.videos.clear()
    page = page_of(try_mask(video))
    assert LOST in page
    assert masks.GONE in page


def test_a_late_mask_that_does_not_fit_is_left_out(video, provider, tmp_path, page_of):
    video = copied(video)
    provider.files["mask"] = sample_media.video(tmp_path / "mask.mp4", size=(64, 64))
    video = try_mask(video)
    assert not video.mask
    assert "does not fit it" in page_of(video)
    assert AGAIN in page_of(video)


def test_a_background_waits_for_the_mask(video, provider, media_files, page_of):
    Video.objects.filter(pk=video.pk).update(look={"background": "colour", "colour": "#ff0000"})
    video = copied(video)
    assert not Export.objects.exists()
    assert "applied when the mask" in page_of(video)
    provider.files["mask"] = media_files["mask"]
    video = try_mask(video)
    assert Export.objects.get().kind == Export.Kind.LOOK


def test_the_page_polls_until_the_mask_is_there(video, provider, media_files, signed_in, maria):
    video = copied(video)
    client, address = signed_in(maria), reverse("video-mask", args=[video.pk])
    job = video.mask_download
    stamp = {"v": f"{job.version}.{job.minutes_to_next_try}"}
    assert client.get(address, stamp).status_code == 204
    provider.files["mask"] = media_files["mask"]
    try_mask(video)
    answer = client.get(address, stamp).text
    assert "has been downloaded" in answer
    assert "hx-get" not in answer


def test_the_poller_enqueues_a_mask_when_it_is_due_and_gives_up_where_a_worker_died(video):
    video = copied(video)
    job = video.mask_download
    MaskDownload.objects.update(state="failed")
    masks.step()
    video.refresh_from_db()
    assert (video.mask_problem, job.pk) == (Video.MaskProblem.LOST, video.mask_download.pk)


@pytest.mark.parametrize("name", ["video-card", "video-status"])
def test_a_card_says_that_copying_is_tried_again(video, provider, signed_in, maria, name):
    del provider.files["video"]
    video = copied(video)
    assert video.state == ProviderState.COPYING
    Video.objects.update(try_after=timezone.now() + timedelta(minutes=2), attempts=2)
    client, address = signed_in(maria), reverse(name, args=[video.pk])
    words = client.get(address).text
    assert "The avatar service could not hand over the file." in words
    assert "Trying again in 2 minutes (attempt 3 of 5)." in words
    version = f"{video.version}.2.0"
    assert client.get(address, {"v": version}).status_code == 204
    Video.objects.update(try_after=timezone.now() + timedelta(minutes=1))
    assert "in 1 minute (" in client.get(address, {"v": version}).text


def test_the_card_of_an_avatar_says_so_too(provider, new_avatar, signed_in, maria):
    later = timezone.now() + timedelta(seconds=5)
    avatar = new_avatar(
        state=ProviderState.COPYING, attempts=1, try_after=later, error="It is slow.", remote_id="a"
    )
    card = signed_in(maria).get(reverse("avatar-card", args=[avatar.pk])).text
    assert "It is slow. Trying again in a moment (attempt 2 of 5)." in card
