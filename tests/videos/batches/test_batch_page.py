"""The page of a batch and where else it shows: how each row stands, what can be done about it."""

import io
import re
import zipfile
from datetime import timedelta

from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from dashboard.jobs.provider_job import ProviderState
from dashboard.processes import supervisor
from tests.videos.batches.conftest import begun, csv, made_of, run, send
from videos import tasks as video_tasks
from videos.batches import poller, tasks
from videos.batches.progress import STAMP_SEPARATOR, get_row_stamp
from videos.models import Batch, BatchItem, Video, Voice

HTMX = {"HX-Request": "true"}


def test_the_page_tells_how_each_row_stands_and_how_far_all_is(client, maria, batch, new_video):
    made_of(
        new_video,
        batch,
        maria,
        ProviderState.READY,
        ProviderState.FAILED,
        ProviderState.CANCELLED,
        ProviderState.MAKING,
        error="Try another.",
    )
    Video.objects.filter(state=ProviderState.MAKING).update(progress=50, error="")
    page = client.get(batch.get_absolute_url()).text
    for words in (
        "1 of 4 ready, 1 failed, 1 cancelled",
        'value="87"',
        "Try another.",
        "50 %",
        "every 2s",
    ):
        assert words in page


def test_one_poll_brings_what_changed_and_nothing_while_nothing_did(client, maria, batch, new_video):
    made_of(new_video, batch, maria, *[ProviderState.MAKING] * 3)
    page = client.get(batch.get_absolute_url()).text
    main = page[page.index("<main") : page.index("</main>")]
    assert main.count("hx-get=") == 1
    address = re.search(r'hx-get="([^"]*/status/[^"]*)"', page)[1]
    assert client.get(address).status_code == 204
    Video.objects.filter(title="Number 2").update(progress=40, version=7)
    answer = client.get(address)
    assert "Number 2" in answer.text
    assert "Number 1" not in answer.text
    assert "every 2s" in answer.text
    Video.objects.update(state=ProviderState.READY, version=9)
    answer = client.get(address)
    assert "every 2s" not in answer.text
    assert "Spring: 3 videos are ready." in answer["HX-Trigger"]
    assert client.get(reverse("batch-status", args=[batch.pk])).text.count("<li") == 3


def test_the_poll_notices_every_change_of_a_row():
    """Also the thousandth, and another place in the queue."""
    item = BatchItem(version=1)
    seen = [get_row_stamp(item, 0)]
    for version in range(1000):
        item.video = Video(version=version)
        seen += [get_row_stamp(item, ahead) for ahead in range(3)]
    assert len(set(seen)) == len(seen)


def test_the_poll_notices_a_new_title(client, maria, batch, new_video):
    made_of(new_video, batch, maria, ProviderState.MAKING, ProviderState.READY)
    address = re.search(r'hx-get="([^"]*/status/[^"]*)"', client.get(batch.get_absolute_url()).text)[1]
    video = batch.videos.get(state=ProviderState.READY)
    client.post(reverse("video-rename", args=[video.pk]), {"title": "Another title"})
    assert "Another title" in client.get(address).text


def test_what_the_page_of_the_largest_batch_asks_fits_into_an_address():
    """The web server refuses longer ones, and the page would stand still."""
    web = next(program for program in supervisor.list_programs() if program.name == "web")
    limit = int(web.command[web.command.index("--limit-request-line") + 1])
    item = BatchItem(version=12, video=Video(version=123))
    assert 500 * len(STAMP_SEPARATOR + get_row_stamp(item, 499)) < limit - 100


def test_page_and_poll_ask_the_database_no_more_for_many_rows(client, maria, batch, new_video):
    first = made_of(
        new_video, batch, maria, *[ProviderState.MAKING, ProviderState.WAITING, ProviderState.READY]
    )
    more = Batch.objects.create(name="More", made_by=maria, started_at=timezone.now())
    one = first.videos.first()
    made_of(
        new_video,
        more,
        maria,
        *[ProviderState.MAKING, ProviderState.WAITING, ProviderState.READY] * 20,
        avatar=one.avatar,
        voice=one.voice,
    )
    for name in ("batch", "batch-status"):
        counts = []
        for each in (first, more):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(reverse(name, args=[each.pk])).status_code == 200
            counts.append(len(queries))
        assert counts[0] == counts[1] <= 12, name


def test_an_address_of_the_poll_stays_short_for_the_largest_batch(client, maria, batch, new_video):
    voice = Voice.objects.create(name="x", seconds=1, sound="x.wav")
    BatchItem.objects.bulk_create(BatchItem(batch=batch, number=n, voice=voice) for n in range(1, 501))
    page = client.get(batch.get_absolute_url()).text
    assert len(re.search(r'hx-get="([^"]*/status/[^"]*)"', page)[1]) < 2000


def test_what_failed_is_tried_again_all_or_each_and_what_waits_is_cancelled(client, maria, batch, new_video):
    made_of(
        new_video,
        batch,
        maria,
        ProviderState.FAILED,
        ProviderState.UNSURE,
        ProviderState.FAILED,
        ProviderState.WAITING,
        ProviderState.MAKING,
    )
    items = list(batch.items.all())
    Batch.objects.update(done_at=timezone.now())
    client.post(reverse("batch-row-retry", args=[batch.pk, items[0].pk]), headers=HTMX)
    assert Video.objects.get(batch_item=items[0]).state == ProviderState.WAITING
    assert Batch.objects.get().done_at is None
    client.post(reverse("batch-retry", args=[batch.pk]))
    states = list(Video.objects.order_by("batch_position").values_list("state", flat=True))
    # Whether to pay twice for a lost answer is for a person to say, row by row.
    assert states == [
        ProviderState.WAITING,
        ProviderState.UNSURE,
        ProviderState.WAITING,
        ProviderState.WAITING,
        ProviderState.MAKING,
    ]
    client.post(reverse("batch-cancel", args=[batch.pk]))
    states = list(Video.objects.order_by("batch_position").values_list("state", flat=True))
    assert states == [
        ProviderState.CANCELLED,
        ProviderState.UNSURE,
        ProviderState.CANCELLED,
        ProviderState.CANCELLED,
        ProviderState.MAKING,
    ]
    client.post(reverse("batch-row-retry", args=[batch.pk, items[3].pk]))
    assert Video.objects.get(batch_item=items[3]).state == ProviderState.WAITING
    client.post(reverse("batch-row-cancel", args=[batch.pk, items[3].pk]))
    assert Video.objects.get(batch_item=items[3]).state == ProviderState.CANCELLED


def test_rows_that_wait_for_their_sound_can_be_cancelled(client, speaker, web):
    speaker("Ada")
    batch = begun(client, f"Ada,{web.url}/hello.mp3", f"Ada,{web.url}/hello.mp3")
    assert "Cancel 2 queued" in client.get(batch.get_absolute_url()).text
    client.post(reverse("batch-cancel", args=[batch.pk]))
    assert {item.state for item in run(batch)} == {"cancelled"}
    assert web.requested == []
    client.post(reverse("batch-row-retry", args=[batch.pk, batch.items.first().pk]))
    assert sorted(item.state for item in run(batch)) == ["cancelled", "ready"]


def test_the_archive_has_what_is_ready_in_order_under_its_titles(client, maria, batch, new_video):
    made_of(
        new_video,
        batch,
        maria,
        ProviderState.READY,
        ProviderState.FAILED,
        ProviderState.READY,
        ProviderState.READY,
    )
    for number, video in enumerate(
        Video.objects.filter(state=ProviderState.READY).order_by("batch_position")
    ):
        video.title = "Hello: world" if number < 2 else "=Last"
        video.video.save(f"{number}.mp4", ContentFile(f"film {number}".encode()), save=False)
        video.mask.save(f"{number}.mp4", ContentFile(b"mask"), save=False)
        video.save()
    answer = client.get(reverse("batch-zip", args=[batch.pk]))
    assert 'filename="Spring.zip"' in answer["Content-Disposition"]
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    names = [name for name in archive.namelist() if "mask" not in name]
    assert names == ["Hello world.mp4", "Hello world (2).mp4", "=Last.mp4", "Permissions.txt"]
    assert archive.read("Hello world (2).mp4") == b"film 1"


def test_an_archive_of_nothing_is_a_sentence(client, maria, batch, new_video):
    made_of(new_video, batch, maria, ProviderState.MAKING)
    answer = client.get(reverse("batch-zip", args=[batch.pk]), follow=True)
    assert "None of these can be downloaded yet." in answer.text


def test_a_deleted_batch_keeps_its_videos_and_a_deleted_video_its_row(client, maria, batch, new_video):
    made_of(new_video, batch, maria, ProviderState.READY, ProviderState.MAKING)
    video_tasks.remove(Video.objects.get(title="Number 1"))
    page = client.get(batch.get_absolute_url()).text
    assert ">Deleted<" in page
    assert "0 of 1 ready" in page
    assert (
        "Its videos are still here."
        in client.post(reverse("batch-delete", args=[batch.pk]), follow=True).text
    )
    assert not Batch.objects.exists()
    assert Video.objects.get().state == ProviderState.MAKING


def test_a_row_whose_batch_was_deleted_meanwhile_makes_nothing(client, speaker, web, monkeypatch):
    speaker("Ada")
    batch = begun(client, f"Ada,{web.url}/hello.mp3")
    real = tasks._download_sound

    def deleted_meanwhile(item):
        voice = real(item)
        tasks.remove(batch)
        return voice

    monkeypatch.setattr(tasks, "_download_sound", deleted_meanwhile)
    tasks.work(batch.items.get().pk)
    assert not Video.objects.exists()


def test_only_who_made_it_and_the_owner_may_change_a_batch(signed_in, tom, owner, maria, batch, new_video):
    made_of(new_video, batch, maria, ProviderState.FAILED)
    item = batch.items.get()
    toms = signed_in(tom)
    page = toms.get(batch.get_absolute_url()).text.partition("<main")[2].partition("</main>")[0]
    assert "<form" not in page
    for name in ("batch-retry", "batch-cancel", "batch-delete", "batch-rename"):
        assert toms.post(reverse(name, args=[batch.pk])).status_code == 403, name
        assert toms.get(reverse(name, args=[batch.pk])).status_code == 405, name
    for name in ("batch-row-retry", "batch-row-cancel"):
        assert toms.post(reverse(name, args=[batch.pk, item.pk])).status_code == 403, name
    client = signed_in(owner)
    client.post(reverse("batch-rename", args=[batch.pk]), {"name": "مرحبا"})
    client.post(reverse("batch-retry", args=[batch.pk]))
    assert Batch.objects.get().name == "مرحبا"
    assert Video.objects.get().state == ProviderState.WAITING


# ---------------------------------------------------------------- where else it shows


def test_a_batch_is_news_once_when_all_of_it_is_done(client, maria, batch, new_video):
    since = (timezone.now() - timedelta(seconds=5)).isoformat()
    made_of(new_video, batch, maria, ProviderState.READY, ProviderState.READY, ProviderState.MAKING)
    poller.step()
    assert client.get(reverse("news"), {"since": since}).status_code == 204
    Video.objects.filter(state=ProviderState.MAKING).update(
        state=ProviderState.FAILED, state_since=timezone.now()
    )
    poller.step()
    said = client.get(reverse("news"), {"since": since}).json()
    assert [item["text"] for item in said["items"]] == ["Spring: 2 videos are ready, 1 failed."]
    assert (said["items"][0]["url"], said["busy"]) == (batch.get_absolute_url(), False)
    video_tasks.retry(Video.objects.get(state=ProviderState.FAILED))  # on its own page
    poller.step()
    assert Batch.objects.get().done_at is None


def test_a_video_leads_back_to_its_batch(client, maria, batch, new_video):
    made_of(new_video, batch, maria, ProviderState.READY)
    page = client.get(Video.objects.get().get_absolute_url()).text
    assert f'<a href="{batch.get_absolute_url()}">Spring</a>' in page


def test_home_shows_a_running_batch_as_one_and_not_its_videos(client, maria, batch, new_video):
    made_of(new_video, batch, maria, ProviderState.READY, *[ProviderState.WAITING] * 12)
    single = new_video(made_by=maria, title="Alone")
    page = client.get("/").text
    assert "1 of 13 ready" in page
    assert "Number 5" not in page
    assert f'id="video-{single.pk}"' in page
    address = re.search(r'hx-get="([^"]*/panel/[^"]*)"', page)[1].replace("&amp;", "&")
    assert client.get(address).status_code == 204
    Video.objects.filter(title="Number 2").update(state=ProviderState.READY)
    assert "2 of 13 ready" in client.get(address).text
    Video.objects.update(state=ProviderState.READY)
    poller.step()
    assert "13 of 13" not in client.get("/").text


def test_a_running_batch_moves_in_the_list_and_stops_asking_when_it_is_done(client, maria, batch, new_video):
    def address_in(text):
        found = re.search(r'hx-get="([^"]*/sum/[^"]*)"', text)
        return found and found[1].replace("&amp;", "&")

    made_of(new_video, batch, maria, ProviderState.READY, *[ProviderState.WAITING] * 3)
    address = address_in(client.get("/videos/batches/").text)
    assert client.get(address).status_code == 204
    Video.objects.filter(title="Number 2").update(state=ProviderState.READY)
    answer = client.get(address).text
    assert "2 of 4 ready" in answer
    assert client.get(address_in(answer)).status_code == 204
    Video.objects.update(state=ProviderState.READY)
    answer = client.get(address_in(answer)).text
    assert "4 of 4 ready" in answer
    assert address_in(answer) is None


def test_the_list_tells_how_far_each_is_in_a_handful_of_queries(
    client, maria, batch, new_video, speaker, voice
):
    made_of(new_video, batch, maria, ProviderState.READY, ProviderState.MAKING)
    speaker("Ada")
    voice("Hello")
    send(client, "sheet", sheet=csv("Ada,hello", "Ada,x.mp3"))
    address = reverse("batches")
    with CaptureQueriesContext(connection) as few:
        page = client.get(address).text
    for words in ("1 of 2 ready", "Draft", "2 rows", "Spring videos"):
        assert words in page
    for number in range(5):
        one = Batch.objects.create(name=f"B{number}", made_by=maria, started_at=timezone.now())
        made_of(new_video, one, maria, ProviderState.READY, ProviderState.FAILED)
    with CaptureQueriesContext(connection) as many:
        client.get(address)
    assert len(few) == len(many)
