"""Projects, tags, favourites and saved filters, and making a video like another one."""

import pytest
from django.test import Client
from django.urls import reverse

from dashboard.jobs.provider_job import ProviderState
from dashboard.models import Project, SavedFilter, Tag
from dashboard.permissions import Role
from videos.models import Video

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(signed_in, maria) -> Client:
    return signed_in(maria)


@pytest.fixture
def two(maria, new_video):
    first = new_video(made_by=maria, title="Take one", state=ProviderState.READY)
    second = new_video(
        made_by=maria, title="Take two", state=ProviderState.READY, avatar=first.avatar, voice=first.voice
    )
    return first, second


def organize(client, row, **fields):
    return client.post(reverse("organize", args=["video", row.pk]), fields, follow=True)


def test_a_video_is_put_into_a_new_project_and_tagged_and_found_by_both(client, two):
    page = organize(client, two[0], new_project="Spring  campaign", tags="Museum, #intro, museum,").text
    project = Project.objects.get()
    assert project.name == "Spring campaign"
    assert [tag.name for tag in two[0].tags.all()] == ["intro", "Museum"]
    assert f'href="/videos/?project={project.pk}"' in page
    for query in (f"project={project.pk}", f"tag={Tag.objects.get(name='Museum').pk}"):
        found = client.get(f"/videos/?{query}").text
        assert ("Take one" in found, "Take two" in found) == (True, False)
    assert "Take two" in client.get("/videos/?project=0").text


def test_the_same_words_in_another_case_make_nothing_new(client, two):
    organize(client, two[0], new_project="Spring", tags="Museum")
    organize(client, two[1], new_project="SPRING", tags="mUSEUM")
    assert (Project.objects.count(), Tag.objects.count()) == (1, 1)


def test_a_tag_goes_with_its_last_row_and_a_project_leaves_its_rows(client, two):
    organize(client, two[0], new_project="Spring", tags="museum")
    organize(client, two[0], project=str(Project.objects.get().pk), tags="")
    assert not Tag.objects.exists()
    client.post(reverse("project-delete", args=[Project.objects.get().pk]))
    assert Video.objects.get(pk=two[0].pk).project is None


def test_selected_rows_are_moved_and_tagged_and_those_of_others_left_alone(client, tom, two):
    Video.objects.filter(pk=two[1].pk).update(made_by=tom)
    answer = client.post(
        reverse("organize-selected", args=["video"]),
        {"pk": [row.pk for row in two], "project": "new", "new_project": "Spring", "tags": "a, b"},
        follow=True,
    )
    assert "1 item was organized. 1 was left alone" in answer.text
    assert Project.objects.get().videos.get() == two[0]
    client.post(
        reverse("organize-selected", args=["video"]),
        {"pk": [two[0].pk], "project": "keep", "remove_tags": "A"},
    )
    assert [tag.name for tag in two[0].tags.all()] == ["b"]
    assert Project.objects.get().videos.exists()


def test_everybody_has_favourites_of_their_own_also_viewers(client, signed_in, tom, two):
    tom.role = Role.VIEWER
    tom.save()
    star = reverse("favourite", args=["video", two[0].pk])
    answer = signed_in(tom).post(star, {"favourite": "yes"}, headers={"HX-Request": "true"})
    assert 'aria-pressed="true"' in answer.text
    assert "Take two" not in signed_in(tom).get("/videos/?favourite=yes").text
    assert "Take one" in signed_in(tom).get("/videos/?favourite=yes").text
    assert "Nothing found" in client.get("/videos/?favourite=yes").text


def test_a_filter_is_saved_replaced_and_removed_by_its_person(client, signed_in, tom, two):
    saving = {"gallery": "videos", "name": "Ready ones", "query": "?state=ready&page=3"}
    assert client.post(reverse("filter-save"), saving).url == "/videos/?state=ready"
    client.post(reverse("filter-save"), saving | {"query": "state=failed", "name": "ready ones"})
    saved = SavedFilter.objects.get()
    assert saved.query == "state=failed"
    assert 'href="/videos/?state=failed"' in client.get("/videos/").text
    assert "Ready ones" not in signed_in(tom).get("/videos/").text
    assert signed_in(tom).post(reverse("filter-delete", args=[saved.pk])).status_code == 404
    client.post(reverse("filter-delete", args=[saved.pk]))
    assert not SavedFilter.objects.exists()


def test_the_page_of_projects_counts_what_is_in_them(client, two):
    organize(client, two[0], new_project="Spring", tags="museum")
    page = client.get("/projects/").text
    assert page.count("1 video<") == 2
    client.post(reverse("video-delete", args=[two[0].pk]))
    assert "1 video<" not in client.get("/projects/").text


def test_a_name_that_another_project_has_is_refused(client, maria):
    for name in ("Spring", "Autumn"):
        client.post("/projects/", {"name": name})
    spring = Project.objects.get(name="Spring")
    answer = client.post(reverse("project-rename", args=[spring.pk]), {"name": "autumn"}, follow=True)
    assert "There is a project “autumn” already." in answer.text


def test_a_duplicate_with_changes_begins_with_all_that_the_video_was_made_of(client, speaker, two):
    video = two[0]
    Video.objects.filter(pk=video.pk).update(avatar=speaker, script="Hello there", look={"zoom": 1.2})
    link = next(part for part in client.get(video.get_absolute_url()).text.split('"') if ";copy=" in part)
    page = client.get(link.replace("&amp;", "&")).text
    assert 'value="Take one"' in page
    assert ">Hello there</textarea>" in page
