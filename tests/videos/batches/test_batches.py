"""A batch that is being made: from its rows to videos, whatever happens in between."""

import io
import re
import uuid
import zipfile

import pytest
from django.urls import reverse

from dashboard.consent.listing import FILENAME
from dashboard.jobs.provider_job import ProviderState
from tests.local_web import respond_status
from tests.messages import clear_messages, list_messages
from tests.run_tasks import work_on_video
from tests.videos.batches.conftest import begun, run, send, sound
from videos import poller as video_poller
from videos.batches import poller, tasks
from videos.models import Batch, BatchItem, ItemState, Video, Voice

# ---------------------------------------------------------------- the two ways without a sheet


def test_several_sounds_make_one_video_each_with_their_titles_and_words(client, maria, speaker, voice):
    ada, one, two, three = speaker("Ada"), voice("One"), voice("Two"), voice("Three")
    batch = send(
        client,
        "sounds",
        avatar=ada.pk,
        voice=[three.pk, one.pk, two.pk],
        **{f"title-{one.pk}": "First", f"script-{one.pk}": "Hello"},
    )
    videos = Video.objects.order_by("batch_position")
    assert [(v.title, v.script, v.voice, v.state) for v in videos] == [
        ("Ada: Three", "", three, ProviderState.WAITING),
        ("First", "Hello", one, ProviderState.WAITING),
        ("Ada: Two", "", two, ProviderState.WAITING),
    ]
    assert {v.made_by for v in videos} == {maria}
    assert (batch.name, batch.is_draft) == ("Ada: 3 sounds", False)


def test_several_avatars_say_the_same_sound(client, speaker, voice):
    people = [speaker(name) for name in ("Ada", "Bea", "Cleo")]
    hello = voice("Hello")
    batch = send(client, "speakers", avatar=[one.pk for one in people], voice=hello.pk, name="Spring")
    assert {video.avatar for video in batch.videos.all()} == set(people)
    assert {video.voice for video in batch.videos.all()} == {hello}
    assert batch.name == "Spring"


def test_every_video_of_a_batch_has_its_look(client, speaker, voice):
    look = {"look-background": "colour", "look-colour": "#112233", "look-frame": "1:1"}
    batch = send(client, "sounds", avatar=speaker().pk, voice=[voice("One").pk, voice("Two").pk], **look)
    assert batch.look == {"background": "colour", "colour": "#112233", "frame": "1:1"}
    assert {video.parsed_look.colour for video in batch.videos.all()} == {"#112233"}


def test_without_a_script_the_sounds_come_with_the_form(client, speaker):
    batch = send(client, "sounds", avatar=speaker().pk, sounds=[sound("one.mp3"), sound("two.mp3")])
    assert sorted(video.title for video in batch.videos.all()) == ["Ada: One", "Ada: Two"]


@pytest.mark.parametrize(
    ("way", "data", "sentence"),
    [
        ("sounds", {"avatar": 1}, "Add a voice"),
        ("sounds", {"voice": [1, 2]}, "Choose an avatar."),
        ("sounds", {"avatar": 1, "voice": [1, 2, 3]}, "These are 3 videos. The limit is 2 at a time."),
        ("sounds", {"avatar": 1, "voice": [1, 99]}, "was deleted"),
        ("speakers", {"voice": 1}, "Choose an avatar."),
        ("speakers", {"avatar": [1, 99], "voice": 1}, "was deleted"),
        ("speakers", {"avatar": [1]}, "Add a voice"),
        ("sheet", {}, "Choose the sheet first."),
        ("sounds", {"avatar": 1, "voice": [1], "look-background": "plaid"}, ""),
    ],
)
def test_what_is_missing_is_told_and_what_was_chosen_stays(
    client, speaker, voice, settings, way, data, sentence
):
    settings.BATCH_MAX_VIDEOS = 2
    speaker(pk=1)
    for pk in (1, 2, 3):
        voice(pk=pk)
    answer = send(client, way, **data)
    assert answer.status_code == 422
    assert sentence in answer.text
    if "voice" in data and way != "sheet":
        assert re.search(r'name="voice" value="1" checked', answer.text)
    assert not Batch.objects.exists()


def test_the_same_page_sent_twice_is_one_batch(client, speaker, voice):
    data = {"ref": str(uuid.uuid4()), "avatar": speaker().pk, "voice": [voice().pk, voice("Two").pk]}
    assert send(client, "sounds", **data) == send(client, "sounds", **data)
    assert Video.objects.count() == 2


@pytest.mark.parametrize("way", ["sounds", "speakers", "sheet"])
def test_each_way_has_its_page_also_when_there_is_nothing_yet(client, way, speaker, voice):
    assert client.get(reverse("batch-new", args=[way])).status_code == 200
    speaker()
    voice()
    assert client.get(reverse("batch-new", args=[way])).status_code == 200


def test_a_batch_of_two_hundred_rings_for_no_more_than_can_be_sent(client, speaker, voice, settings):
    """The queue knows no order: a colleague's single video must not stand behind two hundred others."""
    settings.CG_AVATAR_MAX_IN_FLIGHT = 2
    hello = voice()
    begun(client, *[f"{speaker().pk},{hello.pk}"] * 200)
    assert Video.objects.count() == 200
    assert len(list_messages()) == 2


# ---------------------------------------------------------------- sounds from addresses


def test_a_sound_is_fetched_and_becomes_a_voice_and_a_video(client, maria, speaker, web):
    speaker("Ada")
    batch = begun(client, f"Ada,{web.url}/hello.mp3,Hi")
    assert not Video.objects.exists()
    assert "audio is downloaded first" in client.get(batch.get_absolute_url()).text
    (item,) = run(batch)
    assert (item.state, item.video.title, item.voice.name, item.voice.made_by) == (
        "ready",
        "Hi",
        "Hello",
        maria,
    )
    assert item.voice.seconds > 0.5
    assert item.video.client_ref == uuid.uuid5(batch.ref, f"item {item.pk}")


def test_the_same_address_in_many_rows_is_fetched_once(client, speaker, web):
    speaker("Ada")
    batch = begun(client, *[f"Ada,{web.url}/hello.mp3"] * 3)
    assert {item.state for item in run(batch)} == {"ready"}
    assert web.requested == ["/hello.mp3"]
    assert Voice.objects.count() == 1
    assert Video.objects.count() == 3


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("/nothing.mp3", "The link answers with an error (HTTP 404)."),
        ("/page.html", "This is not an audio file we can read."),
    ],
)
def test_what_is_no_sound_is_told_on_its_row_and_the_others_are_made(client, speaker, web, address, sentence):
    web.pages["/page.html"] = b"<html>sign in first</html>"
    speaker("Ada")
    batch = begun(client, f"Ada,{web.url}{address}", f"Ada,{web.url}/hello.mp3")
    bad, good = run(batch)
    assert (bad.state, good.state) == ("failed", "ready")
    assert sentence in bad.error
    assert sentence in client.get(batch.get_absolute_url()).text


def test_addresses_inside_the_own_network_are_never_asked(client, speaker, web, settings):
    settings.ENGINE_FETCH_ALLOW = (set(), [])
    speaker("Ada")
    (item,) = run(begun(client, f"Ada,{web.url}/hello.mp3"))
    assert item.state == "failed"
    assert "may not visit" in item.error
    assert web.requested == []


def test_a_server_that_is_away_is_tried_some_times_and_then_told(client, speaker, web):
    web.pages["/busy.mp3"] = respond_status(503)
    speaker("Ada")
    batch = begun(client, f"Ada,{web.url}/busy.mp3")
    tasks.work(batch.items.get().pk)
    assert batch.items.get().state == "waiting"
    run(batch)
    item = batch.items.get()
    assert (item.state, len(web.requested)) == ("failed", 4)
    assert item.error == "The link answers with an error (HTTP 503)."
    web.pages["/busy.mp3"] = web.pages["/hello.mp3"]
    client.post(reverse("batch-row-retry", args=[batch.pk, item.pk]))
    assert run(batch)[0].state == "ready"


def test_a_worker_that_dies_in_the_middle_costs_time_and_nothing_else(client, speaker, web, monkeypatch):
    speaker("Ada")
    batch = begun(client, f"Ada,{web.url}/hello.mp3")
    item = batch.items.get()

    class KilledError(BaseException):
        pass

    def killed(*args):
        raise KilledError

    monkeypatch.setattr(tasks, "create_video", killed)
    with pytest.raises(KilledError):
        tasks.work(item.pk)
    monkeypatch.undo()
    clear_messages()  # the queue lost everything too
    item.refresh_from_db()
    assert (item.state, Video.objects.count()) == ("working", 0)
    assert tasks.next_up() == []  # somebody may still be at it
    BatchItem.objects.update(holder=re.sub(r"\d+$", "4194000", item.holder))  # that process is gone
    poller.step()
    assert len(list_messages()) == 1
    tasks.work(item.pk)
    tasks.work(item.pk)
    item.refresh_from_db()
    assert item.state == "ready"
    assert (Video.objects.count(), Voice.objects.count(), web.requested) == (1, 1, ["/hello.mp3"])


def test_fetching_leaves_workers_to_the_others(client, speaker, web):
    speaker("Ada")
    batch = begun(client, *(f"Ada,{web.url}/{number}.mp3" for number in range(5)))
    assert len(tasks.next_up()) == tasks.max_working() < 5
    for pk in tasks.next_up():
        BatchItem.claim(pk, ItemState.WAITING, to=ItemState.WORKING, seconds=60)
    assert tasks.next_up() == []
    assert batch.items.filter(state=ItemState.WAITING).count() == 5 - tasks.max_working()


# ---------------------------------------------------------------- the whole way


@pytest.mark.slow
def test_a_sheet_becomes_finished_videos_at_another_provider(
    provider, client, new_avatar, maria, voice, web, settings
):
    settings.CG_AVATAR_MAX_IN_FLIGHT = 2
    remote = provider.add_avatar()
    new_avatar(
        name="Ada",
        state=ProviderState.READY,
        remote_id=remote["avatar_id"],
        provider=provider.url,
        made_by=maria,
    )
    voice("Hello")
    batch = begun(client, "Ada,hello,One", f"Ada,{web.url}/hello.mp3,Two", "Ada,hello,Three")
    for _ in range(12):
        poller.step()
        video_poller.step()
        for item in batch.items.all():
            tasks.work(item.pk)
        for video in batch.videos.all():
            work_on_video(video.pk)
        assert (
            provider.count("video.generate") - len([v for v in provider.videos.values() if "video_url" in v])
            <= 2
        )
        for video in batch.videos.filter(state=ProviderState.MAKING):
            provider.finish(video.remote_id)
    poller.step()
    assert [video.state for video in batch.videos.order_by("batch_position")] == [ProviderState.READY] * 3
    assert provider.count("video.generate") == 3
    assert Batch.objects.get().done_at
    archive = b"".join(client.get(reverse("batch-zip", args=[batch.pk])).streaming_content)
    names = zipfile.ZipFile(io.BytesIO(archive)).namelist()
    assert [name for name in names if "mask" not in name] == ["One.mp4", "Two.mp4", "Three.mp4", FILENAME]
    assert all(info.file_size > 300 for info in zipfile.ZipFile(io.BytesIO(archive)).infolist())
