"""From an avatar and a voice to a video at home, with a provider that is not ours and has bad days."""

import time
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from PIL import Image

from avatars.models import Avatar
from avatars.services import delete_avatar
from dashboard.jobs.provider_job import ProviderState
from tests import sample_media
from tests.messages import clear_messages, list_messages
from tests.run_tasks import work_on_video
from videos import poller, tasks
from videos.cards import cards_of
from videos.models import Video, Voice
from videos.scheduling import count_ahead, next_up

pytestmark = pytest.mark.slow


@pytest.fixture
def video(provider, new_avatar, new_video) -> Video:
    remote = provider.add_avatar()
    return new_video(
        avatar=new_avatar(state=ProviderState.READY, remote_id=remote["avatar_id"], provider=provider.url)
    )


def run(video: Video) -> Video:
    Video.objects.filter(pk=video.pk).update(try_after=timezone.now())
    work_on_video(video.pk)
    video.refresh_from_db()
    return video


def look(video: Video) -> Video:
    poller.step()
    video.refresh_from_db()
    return video


@pytest.fixture
def page_of(signed_in, maria):
    return lambda video: signed_in(maria).get(video.get_absolute_url()).text


def test_a_video_is_sent_watched_and_brought_home(provider, video):
    assert run(video).state == ProviderState.MAKING
    provider.videos[video.remote_id] |= {"status": "in_progressing", "progress": 40}
    assert look(video).progress == 40
    provider.finish(video.remote_id)
    assert look(video).state == ProviderState.COPYING
    assert run(video).state == ProviderState.READY
    for file in (video.video, video.mask, video.poster):
        assert default_storage.exists(file.name)
    assert (video.width, video.height, video.seconds) == (128, 160, 1.0)
    sent = dict(provider.calls)["video.generate"]
    assert sent["audio_url"].startswith("https://studio.example.com/media/")
    assert ".wav" in sent["audio_url"]


def test_a_video_keeps_where_its_head_is_although_its_avatar_goes(provider, video):
    framing = {"eyes": [0.5, 0.4], "head": [0.2, 0.1, 0.6, 0.5], "cuts": [0.9, 1.0]}
    run(video)
    provider.finish(video.remote_id)
    provider.videos[video.remote_id]["framing"] = framing
    look(video)
    run(video)
    assert video.framing == framing
    assert Avatar.objects.get().framing == framing  # that of an avatar from before it was told
    Avatar.objects.all().delete()
    assert Video.objects.get().known_framing.eyes == (0.5, 0.4)


def test_one_list_answers_for_all_waiting_videos(provider, video, new_video):
    videos = [video, *(new_video(avatar=video.avatar, voice=video.voice) for _ in range(4))]
    for one in videos:
        run(one)
    provider.calls.clear()
    poller.step()
    assert [name for name, _ in provider.calls if name.startswith("video.")] == ["video.list"]


def test_nothing_is_asked_while_nothing_waits(provider, db):
    poller.step()
    provider.calls.clear()
    poller.step()
    assert provider.calls == []


def test_a_state_that_nobody_has_heard_of_is_waited_out(provider, video):
    run(video)
    provider.videos[video.remote_id]["status"] = "warming_up"
    assert look(video).state == ProviderState.MAKING
    assert video.remote_state == "warming_up"


def test_an_error_is_told_in_the_providers_words_and_can_be_tried_again(provider, video):
    run(video)
    failed = video.remote_id
    provider.videos[failed] |= {"status": "error", "error": "The recording is empty."}
    assert look(video).state == ProviderState.FAILED
    assert video.error == "The recording is empty."
    assert tasks.retry(video)
    assert run(video).state == ProviderState.MAKING
    assert video.remote_id != failed
    assert tasks.sync() == 0  # the failed one does not come in beside it


def test_a_finished_video_has_the_person_cut_out_for_previews_of_other_looks(
    provider, video, tmp_path, media_files
):
    provider.files["mask"] = sample_media.mask(tmp_path / "mask.mp4")
    run(video)
    provider.finish(video.remote_id)
    look(video)
    assert run(video).state == ProviderState.READY
    with Image.open(video.cutout.open()) as cutout:
        assert cutout.size == (video.width, video.height)
        assert cutout.getpixel((3, 3))[3] < 20
        assert cutout.getpixel((64, 100))[3] > 235


def test_a_mask_may_be_missing(provider, video):
    run(video)
    provider.finish(video.remote_id)
    del provider.videos[video.remote_id]["mask"]
    look(video)
    assert run(video).state == ProviderState.READY
    assert not video.mask
    assert not video.cutout


def test_a_mask_that_does_not_fit_is_left_out(provider, video, tmp_path, page_of):
    provider.files["mask"] = sample_media.video(tmp_path / "mask.mp4", size=(64, 64))
    run(video)
    provider.finish(video.remote_id)
    look(video)
    assert run(video).state == ProviderState.READY
    assert not video.mask
    assert "does not fit it" in page_of(video)


def test_what_is_no_video_is_not_shown_and_leaves_nothing_behind(provider, video, tmp_path, media_files):
    provider.files["video"] = tmp_path / "video"
    provider.files["video"].write_text("<html>sign in first</html>")
    run(video)
    provider.finish(video.remote_id)
    look(video)
    before = (
        set(default_storage.listdir("videos/videos")[1]) if default_storage.exists("videos/videos") else set()
    )
    run(video)
    assert video.state == ProviderState.COPYING  # the link may be better the next time
    assert not video.video
    after = (
        set(default_storage.listdir("videos/videos")[1]) if default_storage.exists("videos/videos") else set()
    )
    assert after == before
    provider.files["video"] = media_files["video"]
    assert run(video).state == ProviderState.READY


def test_a_video_that_the_provider_lost_fails_after_a_while_and_not_at_once(provider, video):
    run(video)
    del provider.videos[video.remote_id]
    assert look(video).state == ProviderState.MAKING
    Video.objects.filter(pk=video.pk).update(lost_since=timezone.now() - timedelta(hours=1))
    assert look(video).state == ProviderState.FAILED
    assert "no longer knows" in video.error


def test_a_provider_that_is_away_for_a_moment_fails_nothing(provider, video):
    run(video)
    provider.behaviour.refuse["video.list"] = (503, b"maintenance")
    assert look(video).state == ProviderState.MAKING
    provider.behaviour.busy_until = time.time() + 30
    provider.behaviour.refuse.clear()
    assert look(video).state == ProviderState.MAKING


def test_a_video_that_takes_for_ever_fails_with_a_sentence(provider, video):
    run(video)
    Video.objects.filter(pk=video.pk).update(state_since=timezone.now() - timedelta(hours=4))
    assert look(video).state == ProviderState.FAILED
    assert video.error == "This took too long. Try again."


def test_only_so_many_are_sent_and_the_others_wait_in_their_order(provider, video, new_video, settings):
    settings.CG_AVATAR_MAX_IN_FLIGHT = 1
    second, third = (new_video(avatar=video.avatar, voice=video.voice) for _ in range(2))
    for one in (third, second, video):
        run(one)
    assert [one.state for one in (video, second, third)] == [
        ProviderState.MAKING,
        ProviderState.WAITING,
        ProviderState.WAITING,
    ]
    assert [card.ahead for card in cards_of([second, third])] == [1, 2]
    provider.finish(video.remote_id)
    look(video)
    assert run(third).state == ProviderState.WAITING
    assert run(second).state == ProviderState.MAKING


def test_asking_has_workers_of_its_own_and_copying_too(provider, video):
    tasks.start(video)
    run(video)
    provider.finish(video.remote_id)
    look(video)
    bells = {(message.cluster, message.task) for message in list_messages()}
    assert {key for key, task in bells if task == "videos.tasks.generate"} == {"generate"}
    assert {key for key, task in bells if task == "videos.tasks.copy"} == {"download"}


def test_who_was_sent_first_is_ahead_at_the_provider_too(provider, video, new_video):
    second = new_video(avatar=video.avatar, voice=video.voice)
    run(video)
    Video.objects.filter(pk=second.pk).update(state=ProviderState.SENDING, state_since=timezone.now())
    second.refresh_from_db()
    assert count_ahead([second]) == {second.pk: 1}


def test_a_batch_keeps_no_single_video_waiting_and_batches_take_turns(provider, video, new_video, settings):
    settings.CG_AVATAR_MAX_IN_FLIGHT = 1
    run(video)

    def queued(minutes: int, position: int) -> Video:
        created_at = timezone.now() - timedelta(minutes=minutes)
        return new_video(
            avatar=video.avatar, voice=video.voice, created_at=created_at, batch_position=position
        )

    first = [queued(9, position) for position in (1, 2, 3)]
    second = [queued(5, position) for position in (1, 2)]
    single = queued(0, 0)
    order = [single, first[0], second[0], first[1], second[1], first[2]]
    assert [card.ahead for card in cards_of(order)] == [1, 2, 3, 4, 5, 6]
    for one in order:  # what each is told is what happens
        Video.objects.filter(state=ProviderState.MAKING).update(state=ProviderState.READY)
        assert next_up() == [one.pk]
        assert run(one).state == ProviderState.MAKING


def test_a_waiting_video_can_be_cancelled_and_started_again(provider, video):
    assert tasks.cancel(video)
    assert run(video).state == ProviderState.CANCELLED
    assert provider.count("video.generate") == 0
    assert tasks.retry(video)
    assert run(video).state == ProviderState.MAKING


def test_a_video_in_the_providers_queue_is_forgotten_when_it_is_cancelled(provider, video):
    run(video)
    assert tasks.cancel(video)
    provider.finish(video.remote_id)
    assert look(video).state == ProviderState.CANCELLED
    assert tasks.sync() == 0


def test_a_video_that_is_being_made_is_too_late_to_cancel(provider, video):
    run(video)
    provider.videos[video.remote_id]["status"] = "in_progressing"
    look(video)
    assert not tasks.cancel(video)


def test_a_lost_answer_is_not_paid_twice(provider, video):
    provider.behaviour.lose_answers = ["video.generate"]
    assert run(video).state == ProviderState.WAITING
    assert run(video).state == ProviderState.MAKING
    assert provider.count("video.generate") == 1
    assert list(provider.videos) == [video.remote_id]


def test_an_avatar_of_another_provider_is_refused_in_plain_words(provider, video):
    video.avatar.provider = "https://elsewhere.example"
    video.avatar.save()
    assert run(video).state == ProviderState.FAILED
    assert "another avatar service" in video.error


def test_a_video_deleted_while_it_is_made_does_not_come_back(provider, video):
    run(video)
    tasks.remove(video)
    assert tasks.sync() == 0
    poller.step()
    assert not Video.objects.exists()


def test_sync_brings_in_finished_and_running_videos_and_no_failed_ones(provider, db):
    finished = provider.add_video()
    provider.finish(finished["video_id"])
    provider.add_video(status="in_progressing")
    provider.add_video(status="error")
    assert tasks.sync() == 2
    assert tasks.sync() == 0
    for video in Video.objects.filter(state=ProviderState.COPYING):
        assert run(video).state == ProviderState.READY
    assert Video.objects.filter(state=ProviderState.MAKING).count() == 1


def test_a_dead_copy_goes_on_when_its_lease_has_expired(provider, video):
    run(video)
    provider.finish(video.remote_id)
    look(video)
    Video.claim(video.pk, ProviderState.COPYING, to=ProviderState.COPYING, seconds=60)  # and is killed
    assert run(video).state == ProviderState.COPYING
    Video.objects.filter(pk=video.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    clear_messages()
    poller.step()
    assert len(list_messages()) >= 1
    assert run(video).state == ProviderState.READY


def test_what_a_killed_copy_had_stored_already_is_replaced(provider, video, media_files):
    run(video)
    provider.finish(video.remote_id)
    look(video)
    name = f"videos/videos/{video.client_ref}.mp4"
    default_storage.save(name, ContentFile(b"half of it"))
    assert run(video).state == ProviderState.READY
    assert video.video.name == name
    assert default_storage.size(name) > media_files["video"].stat().st_size  # whole, and signed


def test_voices_that_nobody_used_are_swept_away(provider, video):
    long_ago = timezone.now() - timedelta(days=31)
    Voice.objects.create(name="left behind", seconds=1, unused_since=long_ago)
    Voice.objects.filter(pk=video.voice.pk).update(unused_since=long_ago)
    poller.step()
    assert list(Voice.objects.all()) == [video.voice]


def test_what_two_delete_at_the_same_moment_is_deleted_once_and_quietly(new_video):
    first = new_video()
    second = Video.objects.get(pk=first.pk)
    tasks.remove(first)
    tasks.remove(second)
    avatar = Avatar.objects.get()
    again = Avatar.objects.get()
    delete_avatar(avatar)
    delete_avatar(again)
    assert not Video.objects.exists()
    assert not Avatar.objects.exists()
