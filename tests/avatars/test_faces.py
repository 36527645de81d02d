"""A portrait with several faces: the largest becomes the avatar, the others can be chosen."""

import pytest
from django.core.files.storage import default_storage

from avatars import services
from avatars.models import Avatar
from dashboard.jobs.provider_job import ProviderState
from tests.run_tasks import work_on_avatar

pytestmark = pytest.mark.slow

TWO = [[0.5, 0.2, 0.3, 0.3], [0.1, 0.25, 0.2, 0.2]]


def asked(provider):
    """The body of the one avatar.generate."""
    (body,) = [body for name, body in provider.calls if name == "avatar.generate"]
    return body


@pytest.fixture
def of_two(new_avatar):
    def make(**fields):
        size = {"portrait_width": 1200, "portrait_height": 800}
        return new_avatar(**{"state": ProviderState.READY, "faces": TWO, **size, **fields})

    return make


def test_the_page_offers_the_other_faces_of_the_picture(signed_in, maria, of_two):
    page = signed_in(maria).get(of_two().get_absolute_url()).content.decode()
    assert "This picture has 2 faces." in page
    assert page.count("Make an avatar of face") == 1
    assert "Make an avatar of face 2" in page


def test_a_picture_of_one_face_and_one_without_its_portrait_offer_nothing(signed_in, maria, of_two):
    for avatar in (of_two(faces=TWO[:1]), of_two(faces=[]), of_two(portrait="")):
        assert b"Use another one" not in signed_in(maria).get(avatar.get_absolute_url()).content


def test_choosing_a_face_makes_a_new_avatar_of_the_same_portrait(signed_in, maria, of_two):
    old = of_two()
    answer = signed_in(maria).post(f"/avatars/{old.pk}/face/", {"face": "2"})
    new = Avatar.objects.exclude(pk=old.pk).get()
    assert answer["Location"] == new.get_absolute_url()
    assert (new.made_by, new.wanted_face, new.state) == (maria, TWO[1], ProviderState.WAITING)
    assert new.portrait.name != old.portrait.name
    with new.portrait.open() as mine, old.portrait.open() as theirs:
        assert mine.read() == theirs.read()
    services.delete_avatar(old)
    assert default_storage.exists(new.portrait.name)


@pytest.mark.parametrize("face", ["1", "0", "3", "-1", "x", ""])
def test_a_face_that_is_not_offered_cannot_be_chosen(signed_in, maria, of_two, face):
    avatar = of_two()
    assert signed_in(maria).post(f"/avatars/{avatar.pk}/face/", {"face": face}).status_code == 404
    assert Avatar.objects.count() == 1


def test_a_link_cannot_choose_a_face_for_somebody(signed_in, maria, of_two):
    assert signed_in(maria).get(f"/avatars/{of_two().pk}/face/?face=2").status_code == 405


def test_what_the_provider_found_is_kept_and_the_chosen_face_is_sent(provider, new_avatar):
    provider.extra |= {"faces": TWO, "face": 1, "warnings": ["The face is rather dark."]}
    avatar = new_avatar(wanted_face=TWO[1])
    work_on_avatar(avatar.pk)
    avatar.refresh_from_db()
    assert (avatar.state, avatar.faces, avatar.face) == (ProviderState.READY, TWO, 1)
    assert avatar.warnings == ["The face is rather dark."]
    assert asked(provider)["face"] == TWO[1]


@pytest.mark.parametrize(
    "extra",
    [
        {},
        {"faces": None, "face": None, "warnings": None},
        {"faces": "two", "face": "x", "warnings": "dark"},
        {"faces": [[1, 2], 3], "face": -1, "warnings": [7]},
        {"faces": [[0.1, 0.1, 0.1, 400]], "face": 10**30},
    ],
)
def test_providers_that_say_nothing_or_nonsense_about_faces_do_not_matter(provider, new_avatar, extra):
    provider.extra |= extra
    avatar = new_avatar()
    work_on_avatar(avatar.pk)
    avatar.refresh_from_db()
    assert (avatar.state, avatar.faces, avatar.face, avatar.warnings) == (ProviderState.READY, [], 0, [])
    assert "face" not in asked(provider)
