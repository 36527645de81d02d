"""What a gallery tells of what came and went elsewhere while somebody looks at it."""

import html
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from avatars.models import Avatar
from dashboard.gallery.live_changes import MAX_NEW, Mark, match_changed
from dashboard.jobs.provider_job import ProviderState
from tests.sign_in import expect_sign_in
from videos.models import Batch, Video, Voice

MAKERS = {
    "videos": ("video", lambda **fields: Video.objects.create(title="Take", **fields)),
    "avatars": ("avatar", lambda **fields: Avatar.objects.create(name="Ada", **fields)),
    "voices": ("voice", lambda **fields: Voice.objects.create(name="Hello", seconds=1, **fields)),
    "batches": ("batch", lambda **fields: Batch.objects.create(name="Spring", **fields)),
}


@pytest.fixture
def client(signed_in, maria):
    return signed_in(maria)


def poll_of(text: str) -> str:
    """The address of the next poll, as the page has it."""
    return html.unescape(re.search(r'id="changes" hx-get="([^"]+)"', text)[1])


def words_of(text: str) -> str:
    found = re.search(r'id="changes-show".*?>(.*?)<span', text, re.S)
    return found[1] if found else ""


def ask(client, address: str, shown: list[int]):
    """As gallery-changes.js does: with the keys of what the page shows."""
    return client.get(f"{address}&shown={','.join(map(str, shown))}", headers={"HX-Request": "true"})


@pytest.mark.parametrize("gallery", MAKERS)
def test_what_is_made_elsewhere_is_told_once_and_shown_by_a_link(client, gallery):
    one, make = MAKERS[gallery]
    first = make()
    address = poll_of(client.get(reverse(gallery)).text)
    assert ask(client, address, [first.pk]).status_code == 204
    make()
    answer = ask(client, address, [first.pk])
    assert words_of(answer.text) == f"1 new {one}"
    assert f'"text": "1 new {one}."' in answer["HX-Trigger"]
    assert f'href="{reverse(gallery)}"' in answer.text
    address = poll_of(answer.text)
    assert ask(client, address, [first.pk]).status_code == 204  # it is said already
    make()
    answer = ask(client, address, [first.pk])
    assert words_of(answer.text).startswith("2 new")


@pytest.mark.parametrize("gallery", MAKERS)
def test_an_empty_gallery_tells_of_the_first_one_and_leads_to_the_whole_page(client, gallery):
    _, make = MAKERS[gallery]
    address = poll_of(client.get(reverse(gallery)).text)
    assert ask(client, address, []).status_code == 204
    make()
    answer = ask(client, address, [])
    assert words_of(answer.text).startswith("1 new")
    assert 'hx-target="#results"' not in answer.text  # there is nothing on the page that could be replaced


@pytest.mark.parametrize("gallery", MAKERS)
def test_what_is_deleted_elsewhere_is_told_too(client, gallery):
    one, make = MAKERS[gallery]
    here, gone = make(), make()
    address = poll_of(client.get(reverse(gallery)).text)
    shown = [here.pk, gone.pk]
    gone.delete()
    assert words_of(ask(client, address, shown).text) == f"1 {one} was deleted"
    make()
    assert words_of(ask(client, address, shown).text) == f"1 new {one}, 1 deleted"


def test_only_what_the_filters_let_through_is_new(client, maria, tom, new_avatar):
    ada, grace = new_avatar(name="Ada"), new_avatar(name="Grace")
    Video.objects.create(title="Welcome", avatar=ada, made_by=tom)

    def polls(**query):
        return poll_of(client.get(reverse("videos"), query).text)

    matching = [
        polls(q="welcome"),
        polls(person=tom.pk),
        polls(avatar=ada.pk, made="today"),
        polls(state="making"),
    ]
    other = [
        polls(q="newsletter"),
        polls(person=maria.pk),
        polls(avatar=grace.pk),
        polls(state="ready"),
        polls(q="welcome", person="0"),
    ]
    shown = [Video.objects.get().pk]
    Video.objects.create(title="Welcome back", avatar=ada, made_by=tom)
    assert [words_of(ask(client, address, shown).text) for address in matching] == ["1 new video"] * 4
    assert [ask(client, address, shown).status_code for address in other] == [204] * 5


def test_a_video_that_gets_ready_is_new_where_only_ready_ones_are_shown(client, new_video):
    hour_ago = timezone.now() - timedelta(hours=1)
    ready = new_video(state=ProviderState.READY, state_since=hour_ago)
    making = new_video(state=ProviderState.MAKING, state_since=hour_ago)
    all_, only_ready = (
        poll_of(client.get(reverse("videos"), query).text) for query in ({}, {"state": "ready"})
    )
    assert ask(client, only_ready, [ready.pk]).status_code == 204
    Video.objects.filter(pk=making.pk).update(state=ProviderState.READY, state_since=timezone.now())
    assert words_of(ask(client, only_ready, [ready.pk]).text) == "1 new video"
    assert ask(client, all_, [ready.pk, making.pk]).status_code == 204


def test_the_link_keeps_the_filters_and_shows_the_newest_first(client, new_video):
    video = new_video()
    for query, shows, is_in_place in (
        ({"q": "hello", "page": "1"}, "/videos/?q=hello", True),
        ({"q": "hello", "sort": "oldest"}, "/videos/?q=hello", False),
    ):
        address = poll_of(client.get(reverse("videos"), query).text)
        new_video()
        answer = ask(client, address, [video.pk]).text
        assert f'href="{shows}"' in answer
        assert ('hx-target="#results"' in answer) == is_in_place


def test_what_was_uploaded_on_the_page_itself_is_counted_and_not_announced(client, new_avatar):
    first = new_avatar()
    address = poll_of(client.get(reverse("avatars")).text)
    mine = new_avatar()
    answer = ask(client, address, [first.pk, mine.pk])
    assert words_of(answer.text) == ""
    assert '<h2 class="found-words" id="found-words" hx-swap-oob="true">2 avatars</h2>' in answer.text
    assert "HX-Trigger" not in answer
    assert ask(client, poll_of(answer.text), [first.pk, mine.pk]).status_code == 204


def test_more_than_anybody_counts_is_said_so(client):
    address = poll_of(client.get(reverse("avatars")).text)
    Avatar.objects.bulk_create(Avatar(name="Ada") for _ in range(MAX_NEW + 5))
    assert words_of(ask(client, address, []).text) == f"{MAX_NEW}+ new avatars"


@pytest.mark.parametrize("query", ["", "?mark=x", "?mark=1-2-3", "?mark=9999999999999999999-1", "?mark=1-"])
def test_a_poll_that_makes_no_sense_is_answered_by_nothing(client, query):
    assert client.get(reverse("videos-changes") + query).status_code == 204


def test_the_poll_reads_no_table_and_asks_once(client, new_video, django_assert_num_queries):
    shown = [new_video().pk for _ in range(3)]
    mark = Mark.now(Video)
    for state in ("", "ready", "failed") if connection.vendor == "sqlite" else ():
        rows = Video.all_objects.filter(match_changed(mark, set(shown), state))
        plan = rows.order_by().values("pk", "trashed_at").explain()
        assert "SCAN" not in plan, plan
        assert "USING INTEGER PRIMARY KEY (rowid>?)" in plan
        assert ("INDEX video_by_change (state=? AND state_since>?)" in plan) == bool(state), plan
    address = poll_of(client.get(reverse("videos"), {"state": "ready"}).text)
    with django_assert_num_queries(3) as asked:  # session, person, and what changed
        assert ask(client, address, shown).status_code == 204
    assert "video" in asked[2]["sql"]


def test_a_poll_that_has_something_to_tell_asks_no_more_when_there_is_more(client, new_video):
    shown = [new_video().pk]
    address = poll_of(client.get(reverse("videos"), {"q": "hello"}).text)

    def queries() -> int:
        new_video()
        with CaptureQueriesContext(connection) as asked:
            assert ask(client, address, shown).status_code == 200
        return len(asked)

    few = queries()
    for _ in range(5):
        new_video()
    assert queries() == few


def test_only_who_is_signed_in_is_told(client, new_video):
    address = poll_of(client.get(reverse("videos")).text)
    client.logout()
    new_video()
    with expect_sign_in():
        answer = ask(client, address, [])
    assert "new video" not in answer.text
    assert answer["HX-Redirect"].startswith("/accounts/login/")
