"""Cards in galleries: those that are done are drawn once, and still always say how things stand."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from avatars.models import Avatar
from dashboard.files import signed_links
from dashboard.gallery import card_cache
from dashboard.jobs.provider_job import ProviderState
from videos.models import Batch, BatchItem, ItemState, Video


@pytest.fixture
def film(new_video, maria):
    return new_video(
        title="Welcome",
        made_by=maria,
        state=ProviderState.READY,
        video="v.mp4",
        poster="p.jpg",
        width=9,
        height=16,
    )


@pytest.fixture
def card_of(signed_in):
    def card(thing, user):
        address = reverse(f"{thing._meta.model_name}-card", args=[thing.pk])
        return signed_in(user).get(address, {"v": "-"}).text

    return card


def test_a_finished_card_is_drawn_once_and_looks_the_same_again(card_of, film, maria):
    first = card_of(film, maria)
    before = card_cache.render_card.cache_info()
    assert card_of(film, maria) == first
    after = card_cache.render_card.cache_info()
    assert (after.hits, after.misses) == (before.hits + 1, before.misses)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"title": "<Later>"}, "&lt;Later&gt;"),
        ({"seconds": 61.0}, "1:01"),
        ({"poster": "other.jpg"}, "other.jpg"),
        ({"thumbnail": "small.webp"}, "small.webp"),
        ({"video": "again.mp4"}, "again.mp4"),
        ({"width": 100}, "is-wide"),
        ({"colour": "#123456"}, "#123456"),
        ({"made_by": None}, "data-others"),
        ({"created_at": timezone.now() - timedelta(days=1)}, "yesterday"),
        ({"styled_video": "worn.mp4", "look": {"frame": "16:9"}}, "worn.mp4"),
    ],
)
def test_whatever_changes_about_a_video_shows_on_its_card_at_once(card_of, film, maria, change, words):
    if "styled_video" in change:
        change["styled_key"] = Video(look=change["look"]).parsed_look.key
    assert words not in card_of(film, maria)
    Video.objects.filter(pk=film.pk).update(**change)
    assert words in card_of(film, maria)


def test_a_new_name_of_its_maker_shows_on_a_card_at_once(card_of, film, maria):
    assert "Maria" in card_of(film, maria)
    maria.name = "Mariana"
    maria.save()
    assert "Mariana" in card_of(film, maria)


def test_an_avatars_card_counts_its_videos_and_takes_its_new_name(card_of, new_avatar, new_video, maria):
    avatar = new_avatar(name="Ada", made_by=maria, state=ProviderState.READY)
    assert "video" not in card_of(avatar, maria).partition('class="card-line"')[2].partition("</p>")[0]
    new_video(avatar=avatar)
    Avatar.objects.filter(pk=avatar.pk).update(name="Grace")
    assert "1 video ·" in card_of(avatar, maria)
    assert ">Grace</a>" in card_of(avatar, maria)


def test_who_may_not_delete_a_video_has_a_card_of_their_own(card_of, film, maria, tom, owner):
    assert "data-others" not in card_of(film, maria)
    assert "data-others" in card_of(film, tom)
    assert "data-others" not in card_of(film, owner)


def test_a_card_has_new_links_when_the_old_ones_near_their_end(card_of, film, maria, monkeypatch):
    first = card_of(film, maria)
    later = signed_links.time.time() + signed_links.PAGE_SECONDS
    monkeypatch.setattr(signed_links.time, "time", lambda: later)
    second = card_of(film, maria)
    assert signed_links.link("v.mp4") in second
    assert signed_links.link("v.mp4") not in first


def test_the_buttons_of_what_failed_carry_the_token_of_who_looks(card_of, new_video, maria, owner):
    failed = new_video(made_by=maria, state=ProviderState.FAILED)
    assert "csrfmiddlewaretoken" in card_of(failed, maria)
    assert card_of(failed, maria) != card_of(failed, owner)


@pytest.mark.parametrize("page", ["home", "videos", "avatars"])
def test_a_page_takes_no_more_queries_when_there_is_more(signed_in, maria, tom, new_avatar, page):
    def grow(number):
        for k in range(number):
            state = [ProviderState.READY, ProviderState.FAILED, ProviderState.WAITING, ProviderState.MAKING][
                k % 4
            ]
            avatar = new_avatar(
                made_by=[maria, tom][k % 2], state=ProviderState.READY if k % 3 else ProviderState.FAILED
            )
            Video.objects.create(
                title=f"Take {k}", avatar=avatar, made_by=tom, state=state, poster="p.jpg" if k % 5 else ""
            )

    client = signed_in(maria)

    def queries():
        with CaptureQueriesContext(connection) as asked:
            assert client.get(reverse(page)).status_code == 200
        return len(asked)

    grow(40)  # more than a page has
    queries()
    few = queries()
    grow(40)
    assert queries() == few


def test_a_batch_takes_no_more_queries_when_it_has_more_rows(signed_in, maria, new_video):
    batch = Batch.objects.create(name="Course", made_by=maria, started_at=timezone.now())
    client = signed_in(maria)
    states = [
        ProviderState.READY,
        ProviderState.FAILED,
        ProviderState.WAITING,
        ProviderState.MAKING,
        ProviderState.CANCELLED,
    ]

    def grow(start, number):
        for k in range(start, start + number):
            video = new_video(state=states[k % 5], batch=batch, made_by=maria, remote_state="pending")
            BatchItem.objects.create(
                batch=batch,
                number=k,
                video=video,
                avatar=video.avatar,
                voice=video.voice,
                state=ItemState.READY,
            )
        BatchItem.objects.create(
            batch=batch, number=start + number, avatar=video.avatar, audio_url="http://x"
        )

    def queries():
        with CaptureQueriesContext(connection) as asked:
            assert client.get(batch.get_absolute_url()).status_code == 200
            assert client.get(f"{batch.get_absolute_url()}status/?v=x").status_code == 200
        return len(asked)

    grow(1, 5)
    queries()
    few = queries()
    grow(10, 15)
    assert queries() == few


@pytest.mark.parametrize("page", ["voices", "video-new", "batches"])
def test_lists_of_voices_and_batches_take_no_more_queries_when_there_is_more(
    signed_in, maria, new_video, page
):
    client = signed_in(maria)

    def grow(number):
        for _ in range(number):
            avatar = new_video(made_by=maria, state=ProviderState.READY).avatar
            Avatar.objects.filter(pk=avatar.pk).update(state=ProviderState.READY)
            Batch.objects.create(name="Course", made_by=maria, started_at=timezone.now())

    def queries():
        with CaptureQueriesContext(connection) as asked:
            assert client.get(reverse(page)).status_code == 200
        return len(asked)

    grow(3)
    queries()
    few = queries()
    grow(10)
    assert queries() == few
