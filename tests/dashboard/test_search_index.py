"""The index of words keeps up with whatever happens to what it points to."""

import pytest
from django.apps import apps

from avatars.models import Avatar
from dashboard.gallery import filters, pagination, search_index
from dashboard.models import User
from videos.models import Video
from videos.search import VIDEOS


@pytest.fixture
def film(new_video, new_avatar, maria):
    return new_video(title="Welcome", avatar=new_avatar(name="Grace"), made_by=maria)


def found(*words):
    return [video.title for video in Video.objects.filter(VIDEOS.match_all(list(words)))]


def test_a_row_is_found_by_its_words_and_those_of_what_it_points_to(film, new_video):
    new_video(title="Other")
    assert found("welc") == found("GRACE") == found("aria") == found("grace", "come") == ["Welcome"]
    assert found("welcome", "other") == []


def test_what_is_renamed_is_found_by_its_new_name_alone(film, maria):
    Video.objects.filter(pk=film.pk).update(title="Farewell")
    Avatar.objects.filter(pk=film.avatar_id).update(name="Hedy")
    maria.name = "Élodie"
    maria.save()
    assert found("farewell", "hedy", "élodie") == ["Farewell"]
    assert found("welcome") == found("grace") == found("maria") == []


def test_what_is_deleted_is_found_no_more(film, new_avatar):
    film.avatar.delete()
    assert found("grace") == []
    film.refresh_from_db()
    film.avatar = new_avatar(name="Hedy")
    film.save()
    assert found("hedy") == ["Welcome"]
    User.objects.get(name="Maria").delete()
    assert found("maria") == []
    film.delete()
    assert found("welcome") == []


def test_migrations_go_on_without_the_index_and_it_catches_up(film, new_video):
    gone = new_video(title="Gone")
    VIDEOS._drop_triggers(plan=["a migration"])
    try:
        assert VIDEOS.match_all(["welcome"]) is None
        new_video(title="Brand new")
        Video.objects.filter(pk=film.pk).update(title="Farewell")
        gone.delete()
    finally:
        VIDEOS._create_or_update(sender=apps.get_app_config("videos"))
    assert found("brand") == ["Brand new"]
    assert found("farewell") == ["Farewell"]
    assert found("welcome") == found("gone") == []


def test_what_nearly_everything_has_is_not_looked_up_in_the_index(film, new_video, monkeypatch):
    new_video(title="Welcome too")
    monkeypatch.setattr(search_index, "MAX_ROWS", 1)
    assert VIDEOS.match_all(["welcome"]) is None
    assert found("welcome", "too") == ["Welcome too"]
    assert VIDEOS.match_all(["ab"]) is None


def test_matches_of_very_common_words_are_not_counted_one_by_one(
    film, new_video, maria, signed_in, monkeypatch
):
    new_video(title="Welcome too")
    new_video(title="Welcome 3")
    for module in (search_index, filters):
        monkeypatch.setattr(module, "MAX_ROWS", 1)
    monkeypatch.setattr(pagination, "PER_PAGE", 1)
    client = signed_in(maria)
    assert "More than 1 videos" in client.get("/videos/?q=welcome").text
    assert "More than 2 videos" in client.get("/videos/?q=welcome+e&page=2").text
    assert "3 videos" in client.get("/videos/?q=welcome&page=3").text
