"""The command palette: what it finds, and for whom."""

import pytest

from dashboard.models import Project
from dashboard.permissions import Role

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def find(client, text=""):
    return client.get("/find/", {"q": text}, headers=HTMX).text


def test_it_finds_pages_actions_and_things_by_their_names(signed_in, maria, new_video):
    video = new_video(title="Spring greetings", made_by=maria)
    Project.objects.create(name="Spring campaign")
    client = signed_in(maria)
    found = find(client, "spring")
    assert f'href="{video.get_absolute_url()}"' in found
    assert "Spring campaign" in found
    assert f'href="{video.avatar.get_absolute_url()}"' in find(client, video.avatar.name)
    assert 'href="/trash/"' in find(client, "deleted")
    assert 'href="/videos/new/"' in find(client)
    assert "Nothing found" in find(client, "zzz%")


def test_it_offers_only_what_a_person_may_do_and_nothing_of_the_trash(signed_in, tom, new_video):
    video = new_video(title="Spring greetings", made_by=tom)
    client = signed_in(tom)
    client.post(f"/videos/{video.pk}/delete/")
    assert "Spring greetings" not in find(client, "spring")
    tom.role = Role.VIEWER
    tom.save()
    assert "Make a video" not in find(signed_in(tom))
    assert "Activity" not in find(signed_in(tom))


def test_without_a_script_it_is_a_page(signed_in, maria):
    page = signed_in(maria).get("/find/", {"q": "voices"}).text
    assert "<h1>Find</h1>" in page
    assert 'href="/videos/voices/"' in page
