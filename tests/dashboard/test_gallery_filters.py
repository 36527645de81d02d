"""Galleries of thousands: finding one thing again, and doing something with many; what is new for a person."""

import io
import zipfile
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from avatars.models import Avatar
from dashboard.consent.listing import FILENAME
from dashboard.files import zip_stream
from dashboard.gallery.pagination import PER_PAGE
from dashboard.jobs.provider_job import ACTIVE_STATES, ProviderState
from videos.filters import VideoFilterForm
from videos.models import Video

PART = {"HX-Request": "true", "HX-Target": "results"}


@pytest.fixture
def videos(new_avatar, maria, tom):
    """Title, avatar, person, state, days ago, seconds."""
    people = {"Ada": new_avatar(name="Ada"), "Élise": new_avatar(name="Élise")}
    rows = [
        ("Welcome", "Ada", maria, ProviderState.READY, 0, 8),
        ("Newsletter 14", "Élise", tom, ProviderState.READY, 3, 60),
        ("ÄRGER 100%", "Ada", tom, ProviderState.FAILED, 20, 0),
        ("Course", "Ada", None, ProviderState.MAKING, 90, 0),
    ]
    return [
        Video.objects.create(
            title=title,
            avatar=people[avatar],
            made_by=person,
            state=state,
            seconds=seconds,
            created_at=timezone.now() - timedelta(days=days),
        )
        for title, avatar, person, state, days, seconds in rows
    ]


@pytest.fixture
def found(signed_in, maria, videos):
    client = signed_in(maria)

    def titles(**query):
        return [card.video.title for card in client.get(reverse("videos"), query).context["cards"]]

    return titles


@pytest.fixture(params=["with the index", "without"])
def either_way(request, monkeypatch):
    """A search finds the same with the index of words and without it, on a database that has none."""
    if request.param == "without":
        monkeypatch.setattr(VideoFilterForm, "SEARCH_INDEX", None)


@pytest.mark.usefixtures("either_way")
@pytest.mark.parametrize(
    ("words", "titles"),
    [
        ("WELC", ["Welcome"]),
        ("elise", []),
        ("éLISE", ["Newsletter 14"]),
        ("ärger", ["ÄRGER 100%"]),
        ("0%", ["ÄRGER 100%"]),
        ("tom ada", ["ÄRGER 100%"]),
        ("14 maria", []),
        ("é.*", []),
        ("welcome OR newsletter", []),
        ('"welcome', []),
        ("title:welcome", []),
        ("ewsl 14 to", ["Newsletter 14"]),
        ("to ma", []),
    ],
)
def test_a_search_looks_at_title_avatar_and_person_in_capitals_or_not(found, words, titles):
    assert found(q=words) == titles


def test_filters_and_orders_do_what_they_say(found, videos, maria):
    assert found(state="failed") == ["ÄRGER 100%"]
    assert found(state="making") == ["Course"]
    assert found(person=maria.pk) == ["Welcome"]
    assert found(person="0") == ["Course"]
    assert found(avatar=videos[1].avatar_id) == ["Newsletter 14"]
    assert found(made="today") == ["Welcome"]
    assert found(made="week", state="ready") == ["Welcome", "Newsletter 14"]
    assert found(sort="oldest")[0] == "Course"
    assert found(sort="name")[:2] == ["Course", "Newsletter 14"]
    assert found(sort="longest")[0] == "Newsletter 14"


def test_an_address_that_makes_no_sense_shows_everything(found):
    assert len(found(state="x", person="9 or 1", avatar="-1", made="?", sort="up", page="x")) == 4
    assert len(found(page="99999999999999999999999")) == 4


def test_pages_keep_what_was_asked_for_and_the_last_one_catches_who_went_too_far(
    signed_in, maria, new_avatar
):
    avatar = new_avatar()
    Video.objects.bulk_create(Video(title=f"Take {k}", avatar=avatar) for k in range(PER_PAGE * 2 + 1))
    client = signed_in(maria)
    page = client.get(reverse("videos"), {"q": "take", "state": ""})
    assert 'href="?q=take&amp;page=2"' in page.text
    assert "49 videos" in page.text
    last = client.get(reverse("videos"), {"q": "take", "page": "77"})
    assert len(last.context["cards"]) == 1
    assert 'aria-current="page"><span class="visually-hidden">Page </span>3' in last.text


def test_nothing_found_says_so_and_shows_the_way_back(signed_in, maria, videos):
    page = signed_in(maria).get(reverse("videos"), {"q": "<b>nobody"}).text
    assert "No video matches “<bdi>&lt;b&gt;nobody</bdi>”." in page
    assert "Show all videos" in page
    assert "Nothing found" in signed_in(maria).get(reverse("avatars"), {"q": "nobody"}).text


def test_typing_brings_the_results_alone_and_a_clean_address(signed_in, maria, videos):
    answer = signed_in(maria).get(reverse("videos"), {"q": "welc", "state": "", "sort": ""}, headers=PART)
    assert answer["HX-Push-Url"] == "/videos/?q=welc"
    assert "HX-Request" in answer["Vary"]
    assert answer.text.lstrip().startswith('<div class="results"')
    assert "<html" not in answer.text


def test_avatars_are_found_by_name_and_person(signed_in, maria, tom, new_avatar):
    new_avatar(name="Grace", made_by=tom)
    new_avatar(name="Mae", made_by=maria)
    answer = signed_in(maria).get(reverse("avatars"), {"q": "tom"})
    assert [card.avatar.name for card in answer.context["avatars"]] == ["Grace"]


# ---------------------------------------------------------------- many at once


def test_people_delete_what_they_made_and_hear_what_was_left(signed_in, maria, videos):
    keys = [video.pk for video in videos]
    answer = signed_in(maria).post(
        reverse("videos-delete") + "?q=a&page=2", {"pk": [*keys, "x"]}, follow=True
    )
    assert answer.redirect_chain == [("/videos/?q=a&page=2", 302)]
    assert "1 video was moved to the trash. 3 were kept" in answer.text
    assert Video.objects.count() == 3


def test_the_owner_deletes_all_that_was_selected(signed_in, owner, new_avatar, maria):
    keys = [new_avatar(made_by=maria).pk for _ in range(3)]
    answer = signed_in(owner).post(reverse("avatars-delete"), {"pk": keys}, follow=True)
    assert "3 avatars were moved to the trash." in answer.text
    assert not Avatar.objects.exists()


def unpacked(answer):
    return zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))


def test_selected_videos_come_as_one_archive_with_their_masks(signed_in, maria, new_video):
    keys = []
    for number in range(2):
        video = new_video(title="Ada: Hello/1", state=ProviderState.READY)
        video.video.save("a.mp4", ContentFile(b"film%d" % number), save=False)
        video.mask.save("m.mp4", ContentFile(b"mask%d" % number))
        keys.append(video.pk)
    keys.append(new_video(title="Later").pk)
    answer = signed_in(maria).get(reverse("videos-zip"), {"pk": keys})
    assert 'filename="Videos.zip"' in answer["Content-Disposition"]
    archive = unpacked(answer)
    assert archive.testzip() is None
    assert archive.namelist() == [
        "Ada Hello 1.mp4",
        "Ada Hello 1 mask.mp4",
        "Ada Hello 1 (2).mp4",
        "Ada Hello 1 (2) mask.mp4",
        FILENAME,
    ]
    assert archive.read("Ada Hello 1.mp4") == b"film1"  # the newest first
    assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}


def test_selected_avatars_come_as_their_pictures_and_what_is_gone_is_named(signed_in, maria, new_avatar):
    here, gone = new_avatar(name="مريم"), new_avatar(name="Gone")
    default_storage.delete(gone.portrait.name)
    archive = unpacked(signed_in(maria).get(reverse("avatars-zip"), {"pk": [here.pk, gone.pk]}))
    assert archive.namelist() == ["مريم.jpg", FILENAME, zip_stream.MISSING]
    assert "Gone.jpg" in archive.read(zip_stream.MISSING).decode()


def test_nothing_to_download_is_a_sentence(signed_in, maria, new_video):
    answer = signed_in(maria).get(reverse("videos-zip"), {"pk": new_video().pk}, follow=True)
    assert "None of these can be downloaded yet." in answer.text


def test_an_archive_is_written_in_small_parts():
    name = default_storage.save("big.mp4", ContentFile(bytes(5 * zip_stream.CHUNK)))
    parts = list(zip_stream.stream([("big.mp4", name, timezone.now())]))
    assert len(parts) > 5
    assert max(map(len, parts)) < 2 * zip_stream.CHUNK


@pytest.mark.parametrize(
    ("asked", "index"),
    [({"state__in": ACTIVE_STATES, "batch": None}, "state"), ({"batch": 1}, "video_by_batch")],
)
def test_videos_that_are_in_no_batch_are_not_looked_up_by_their_batch(db, asked, index):
    """Nearly all are in none: home would read them all."""
    if connection.vendor != "sqlite":
        pytest.skip("a planner that knows the size of the table reads this one whole")
    assert index in Video.objects.filter(**asked).order_by().explain()


# ---------------------------------------------------------------- news


def news(client, **query):
    return client.get(reverse("news"), query)


def test_the_news_are_what_became_of_ones_own_things(signed_in, maria, tom, new_video):
    mine, others = new_video(made_by=maria), new_video(made_by=tom)
    client = signed_in(maria)
    assert "data-busy" in client.get(reverse("home")).text
    assert news(client, since=timezone.now().isoformat()).status_code == 204
    now = timezone.now()
    Video.objects.filter(pk__in=[mine.pk, others.pk]).update(state=ProviderState.READY, state_since=now)
    said = news(client, since=now.isoformat()).json()
    assert [item["text"] for item in said["items"]] == ["Hello is ready."]
    assert said["busy"] is False
    again = news(client, since=said["since"], shown=said["items"][0]["key"]).json()
    assert again["items"] == []
    assert "data-busy" not in client.get(reverse("home")).text


def test_what_failed_is_news_too_and_old_news_are_none(signed_in, maria, new_avatar):
    new_avatar(made_by=maria, state=ProviderState.FAILED)
    old = new_avatar(made_by=maria, state=ProviderState.READY)
    Avatar.objects.filter(pk=old.pk).update(state_since=timezone.now() - timedelta(hours=2))
    said = news(signed_in(maria), since="2020-01-01T00:00:00Z").json()
    assert [(item["text"], item["bad"]) for item in said["items"]] == [("Ada failed.", True)]
    assert news(signed_in(maria), since="9999-99-99T00:00:00").json()["items"]


def test_asking_for_news_takes_a_handful_of_queries(
    signed_in, maria, new_avatar, django_assert_max_num_queries
):
    for _ in range(9):
        new_avatar(made_by=maria, portrait="x.jpg")
    client = signed_in(maria)
    with django_assert_max_num_queries(7):
        news(client, since=timezone.now().isoformat())
