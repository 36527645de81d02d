"""The trash: what goes there, what comes back, and what goes for good."""

from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from avatars.models import Avatar
from avatars.scheduling import next_up as next_avatars
from dashboard.jobs.provider_job import ProviderState
from dashboard.models import Tombstone
from dashboard.provider.generate_once import find_unknown
from dashboard.provider.parsing import RemoteVideo
from dashboard.trash import poller
from videos.forgetting.plan import plan_forgetting
from videos.models import Batch, BatchItem, ItemState, Video, Voice
from videos.scheduling import next_up

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(signed_in, maria) -> Client:
    return signed_in(maria)


def delete(client, row, kind="video"):
    return client.post(reverse(f"{kind}-delete", args=[row.pk]), follow=True)


def make_old(row):
    type(row).all_objects.filter(pk=row.pk).update(trashed_at=timezone.now() - timedelta(days=31))


def test_a_deleted_video_can_be_taken_back_from_the_message(client, maria, finished):
    video = finished(made_by=maria)
    answer = delete(client, video)
    assert f"{video.title} was moved to the trash." in answer.text
    assert not Video.objects.exists()
    moment = Video.all_objects.get().trashed_at.isoformat()
    assert f'value="{moment}"' in answer.text  # a form: works without a script
    answer = client.post(reverse("trash-undo"), {"at": moment}, follow=True)
    assert f"{video.title} is back." in answer.text
    assert Video.objects.get().state == ProviderState.READY


def test_nobody_takes_back_what_another_person_deleted(client, signed_in, tom, maria, finished):
    delete(client, finished(made_by=maria))
    moment = Video.all_objects.get().trashed_at.isoformat()
    signed_in(tom).post(reverse("trash-undo"), {"at": moment})
    for nonsense in ("", "yesterday", "9999-99-99"):
        assert client.post(reverse("trash-undo"), {"at": nonsense}).status_code == 302
    assert not Video.objects.exists()


def test_galleries_search_and_counts_leave_out_the_trash(client, maria, finished):
    video = finished(made_by=maria, title="Spring greetings")
    avatar = video.avatar
    assert "1 video ·" in client.get("/avatars/").text
    delete(client, video)
    assert "Spring greetings" not in client.get("/videos/?q=Spring").text
    assert "1 video ·" not in client.get("/avatars/").text
    assert client.get(reverse("video-card", args=[video.pk])).content == b""
    assert "Spring greetings" not in client.get(avatar.get_absolute_url()).text
    assert "Spring greetings" in client.get("/trash/").text


def test_the_page_of_a_deleted_video_offers_to_restore_it(client, maria, finished):
    video = finished(made_by=maria)
    delete(client, video)
    answer = client.get(video.get_absolute_url())
    assert answer.status_code == 404
    assert reverse("trash-restore", args=["video", video.pk]) in answer.text
    assert client.post(reverse("trash-restore", args=["video", video.pk])).url == video.get_absolute_url()
    assert client.get(video.get_absolute_url()).status_code == 200


def test_after_thirty_days_a_video_goes_with_its_files_and_never_comes_back(
    client, maria, finished, django_capture_on_commit_callbacks
):
    video = finished(made_by=maria, remote_id="v1")
    names = [file.name for file in video.files]
    delete(client, video)
    poller.step()
    assert Video.all_objects.exists()
    assert not find_unknown(Video, [RemoteVideo("v1")])  # a sync finds it in the trash
    make_old(video)
    with django_capture_on_commit_callbacks(execute=True):
        poller.step()
    assert not Video.all_objects.exists()
    assert names
    assert not any(default_storage.exists(name) for name in names)
    assert Tombstone.objects.filter(remote_id="v1").exists()


def test_what_waits_is_not_sent_from_the_trash_and_waits_again_when_restored(client, maria, new_video):
    video = new_video(made_by=maria, state=ProviderState.WAITING)
    delete(client, video)
    assert next_up() == []
    client.post(reverse("trash-restore", args=["video", video.pk]))
    assert next_up() == [video.pk]


def test_what_was_sent_is_finished_in_the_trash(client, maria, new_video):
    video = new_video(made_by=maria, state=ProviderState.MAKING, remote_id="v1")
    delete(client, video)
    held = Video.all_objects.get()
    held.move(ProviderState.COPYING)
    assert Video.claim(video.pk, ProviderState.COPYING, to=ProviderState.COPYING, seconds=60)
    assert not Video.being_made().exists()  # nobody is told of it


def test_an_avatar_that_a_video_waits_for_is_made_in_the_trash_and_does_not_go(client, maria, new_video):
    video = new_video(made_by=maria, state=ProviderState.WAITING)
    avatar = video.avatar
    Avatar.objects.filter(pk=avatar.pk).update(made_by=maria, state=ProviderState.WAITING)
    delete(client, avatar, "avatar")
    assert next_avatars() == [avatar.pk]
    assert (
        "A video is being made with" in client.get(reverse("trash-delete", args=["avatar", avatar.pk])).text
    )
    make_old(avatar)
    poller.step()
    assert Avatar.all_objects.exists()
    delete(client, video)
    assert next_avatars() == []


def test_a_batch_in_the_trash_rests_and_its_rows_go_on_when_it_is_restored(client, maria, speaker):
    batch = Batch.objects.create(name="All", made_by=maria, started_at=timezone.now())
    BatchItem.objects.create(
        batch=batch, number=1, state=ItemState.WAITING, audio_url="https://example.com/a"
    )
    from videos.batches.tasks import next_up as next_rows

    delete(client, batch, "batch")
    assert next_rows() == []
    assert client.get(batch.get_absolute_url()).status_code == 404
    client.post(reverse("trash-restore", args=["batch", batch.pk]))
    assert next_rows() == [batch.items.get().pk]


def test_a_voice_that_exists_again_stays_in_the_trash(client, maria, new_video):
    original = new_video().voice
    trimmed = {"original": original, "edit_key": "1", "made_by": maria, "seconds": 1, "name": "Trimmed"}
    first = Voice.objects.create(**trimmed)
    delete(client, first, "voice")
    Voice.objects.create(**trimmed)
    answer = client.post(reverse("trash-restore", args=["voice", first.pk]), follow=True)
    assert "The same exists again" in answer.text


def test_emptying_takes_what_one_may_delete(client, signed_in, owner, maria, tom, finished):
    mine, others = finished(made_by=maria, title="Mine"), finished(made_by=tom, title="Toms")
    for video in (mine, others):
        delete(signed_in(owner), video)
    assert "1 video is deleted" in " ".join(client.get("/trash/empty/").text.split())
    assert "1 video: being deleted for good." in client.post("/trash/empty/", follow=True).text
    assert "Mine" not in client.get("/trash/").text
    poller.step()
    assert Video.all_objects.get() == others


def test_forgetting_a_person_finds_what_is_in_the_trash(client, maria, finished):
    video = finished(made_by=maria)
    delete(client, video)
    assert plan_forgetting([video.avatar], []).videos == [video]
