"""The list of downloads, what a click does, the poster's form, the link for the team."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ

from dashboard.jobs.base import State
from dashboard.jobs.local_job import LocalState
from tests.videos.exports.conftest import again, export_of
from videos.exports import tasks
from videos.exports.views import catalogue
from videos.models import Export, Video

Kind = Export.Kind
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/videos/1/"}


@pytest.fixture
def ready(new_video, maria):
    """A ready video whose files nobody reads."""

    def make(**fields) -> Video:
        plain = {
            "state": State.READY,
            "video": "v.mp4",
            "mask": "m.mp4",
            "seconds": 8,
            "width": 720,
            "height": 900,
        }
        return new_video(**plain | {"made_by": maria, "title": "Ada"} | fields)

    return make


def address(video: Video, what: str, kind: str) -> str:
    return reverse(what, args=[video.pk, kind])


def row_of(page: str, kind: str) -> str:
    return page.split(f'id="download-{kind}"')[1].split("</li>")[0]


def test_each_row_says_which_programs_it_is_for(signed_in, tom, ready):
    page = signed_in(tom).get(ready().get_absolute_url()).text
    for kind, words in (
        ("webm", ("Chrome, Edge and Firefox", "OBS", "Safari and most video editors show no transparency")),
        (
            "mov",
            (
                "ProRes 4444",
                "Final Cut Pro, Premiere Pro, After Effects, DaVinci Resolve and Keynote",
                "about 117 MB",
            ),
        ),
        ("webp", ("480 pixels and 15 seconds", "every browser")),
        ("gif", ("400 pixels and 12 seconds", "mail, chats and slides")),
        ("sound", ("M4A",)),
    ):
        row = row_of(page, kind)
        assert "Make it" in row
        for word in words:
            assert word in row
    assert "Plays everywhere" in row_of(page, "video")


def test_any_member_may_have_a_file_made_and_sees_how_far_it_is(signed_in, tom, ready):
    video, client = ready(), signed_in(tom)
    row = client.post(address(video, "export-make", "webm"), headers=HTMX).text
    assert "Waiting for its turn" in row
    assert OrmQ.objects.count() == 1
    export = export_of(video, Kind.WEBM)
    poll = address(video, "export", "webm")
    assert f'hx-get="{poll}?v={export.version}"' in row
    assert client.get(poll, {"v": export.version}, headers=HTMX).status_code == 204
    working = Export.claim(export.pk, LocalState.WAITING, to=LocalState.WORKING, seconds=60)
    working.renew(60, progress=42)
    assert "Making it… 42 %" in client.get(poll, {"v": export.version}, headers=HTMX).text
    working.move(LocalState.READY, file="videos/exports/x.webm", size=5_000_000)
    answer = client.get(poll, {"v": 0}, headers=HTMX)
    assert "4.8\xa0MB" in answer.text
    assert address(video, "export-file", "webm") in answer.text
    assert "hx-get" not in answer.text
    assert "Transparent video (WebM) is ready." in answer.headers["HX-Trigger"]


def test_who_asked_for_it_hears_on_any_page_that_it_is_there(signed_in, tom, maria, ready):
    video, client = ready(title="Spring", made_by=None), signed_in(tom)
    client.post(address(video, "export-make", "webm"), headers=HTMX)
    assert "data-busy" in client.get("/avatars/").text
    assert "data-busy" not in signed_in(maria).get("/avatars/").text
    since = timezone.now().isoformat()
    Export.objects.update(state=LocalState.READY, state_since=timezone.now(), file="x.webm")
    said = client.get(reverse("news"), {"since": since}).json()
    assert not said["busy"]
    assert [item["text"] for item in said["items"]] == ["Transparent WebM of Spring: can be downloaded."]
    assert said["items"][0]["url"] == video.get_absolute_url()
    assert signed_in(maria).get(reverse("news"), {"since": since}).json()["items"] == []


def test_without_a_script_the_same_form_leads_back_to_the_page(signed_in, tom, ready):
    video, client = ready(), signed_in(tom)
    answer = client.post(address(video, "export-make", "gif"))
    assert answer["Location"] == f"{video.get_absolute_url()}#downloads"
    assert "Waiting for its turn" in row_of(client.get(video.get_absolute_url()).text, "gif")


def test_only_those_who_are_signed_in(client, ready):
    video = ready()
    for what in ("export-make", "export-file", "export"):
        call = client.post if what == "export-make" else client.get
        assert "/accounts/login/" in call(address(video, what, "webm"))["Location"]
    assert not Export.objects.exists()


def test_a_look_at_an_address_makes_nothing_and_a_wrong_one_is_not_there(signed_in, tom, ready):
    video, client = ready(), signed_in(tom)
    assert client.get(address(video, "export-make", "webm")).status_code == 405
    for kind in ("look", "poster", "exe"):
        assert client.post(address(video, "export-make", kind)).status_code == 404
    assert not Export.objects.exists()
    unfinished = ready(state=State.MAKING)
    assert client.post(address(unfinished, "export-make", "webm")).status_code == 404


def test_what_cannot_be_made_says_why_and_has_no_button(signed_in, tom, ready):
    video, client = ready(mask=""), signed_in(tom)
    page = client.get(video.get_absolute_url()).text
    assert page.count("came without a mask") == 1
    for kind in ("webm", "mov", "webp"):
        assert "Not available without a mask." in row_of(page, kind)
        assert "<button" not in row_of(page, kind)
        assert "without a mask" in client.post(address(video, "export-make", kind), headers=HTMX).text
    assert "Make it" in row_of(page, "gif")
    assert not Export.objects.exists()


def test_what_failed_says_why_and_can_be_tried_again(signed_in, tom, ready):
    video, client = ready(), signed_in(tom)
    Export.objects.create(video=video, kind=Kind.MOV, state=LocalState.FAILED, error="The disk is full.")
    row = row_of(client.get(video.get_absolute_url()).text, "mov")
    assert "The disk is full." in row
    assert "Try again" in row
    assert "Waiting" in client.post(address(video, "export-make", "mov"), headers=HTMX).text


def test_the_file_comes_under_the_videos_title_and_is_kept_for_longer(signed_in, tom, finished):
    video, client = finished(), signed_in(tom)
    export = tasks.want(video, Kind.SOUND)
    tasks.work(export.pk)
    long_ago = timezone.now() - timedelta(days=29)
    Export.objects.update(used_at=long_ago)
    answer = client.get(address(video, "export-file", "sound"), follow=True)
    assert answer["Content-Type"] == "audio/mp4"
    assert 'filename="Ada Hello.m4a"' in answer["Content-Disposition"]
    assert len(b"".join(answer.streaming_content)) == again(export).size
    assert again(export).used_at > long_ago


def test_a_file_that_was_removed_meanwhile_is_explained(signed_in, tom, ready):
    video, client = ready(), signed_in(tom)
    Export.objects.create(video=video, kind=Kind.MOV, state=LocalState.READY, file="videos/exports/gone.mov")
    page = client.get(address(video, "export-file", "mov"), follow=True).text
    assert "not kept any more" in page


def test_a_video_with_a_look_is_offered_with_it_and_without(signed_in, tom, ready):
    look = {"background": "colour"}
    video = ready(look=look, dressed="d.mp4")
    Video.objects.update(dressed_key=video.looks.key)
    page = signed_in(tom).get(video.get_absolute_url()).text
    assert "Video with its look" in row_of(page, "video")
    assert "as%20it%20came.mp4" in row_of(page, "plain")
    assert "fits the video as it came" in row_of(page, "mask")


def test_the_archive_has_what_is_shown(signed_in, tom, finished):
    import io
    import zipfile

    video = finished()
    Video.objects.filter(pk=video.pk).update(look={"background": "colour"})
    video = again(video)
    tasks.dress(video)
    tasks.work(export_of(video, Kind.LOOK).pk)
    answer = signed_in(tom).get(reverse("videos-zip"), {"pk": video.pk})
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    assert archive.namelist() == ["Ada Hello.mp4"]
    assert archive.read("Ada Hello.mp4") == again(video).dressed.read()


def test_the_page_asks_the_database_as_often_with_many_exports(
    signed_in, tom, ready, django_assert_max_num_queries
):
    video, client = ready(), signed_in(tom)
    for kind in catalogue.FORMS:
        Export.objects.create(video=video, kind=kind, state=LocalState.READY, file="x")
    with django_assert_max_num_queries(9):
        client.get(video.get_absolute_url())


# ---------------------------------------------------------------- poster, link, once more


def test_the_poster_is_chosen_by_who_made_the_video(signed_in, maria, tom, ready):
    video = ready()
    choose = reverse("video-poster-choose", args=[video.pk])
    assert signed_in(tom).post(choose, {"seconds": 2}).status_code == 403
    assert "Choose the poster" not in signed_in(tom).get(video.get_absolute_url()).text
    answer = signed_in(maria).post(choose, {"seconds": "2.5"})
    assert answer["Location"] == f"{video.get_absolute_url()}#poster"
    assert again(video).poster_at == 2.5
    assert export_of(video, Kind.POSTER).state == LocalState.WAITING
    assert "Changing the poster" in signed_in(maria).get(video.get_absolute_url()).text


@pytest.mark.parametrize("seconds", ["", "-1", "20", "nan", "first"])
def test_a_moment_that_is_not_in_the_video_is_refused_with_its_length(signed_in, maria, ready, seconds):
    video = ready()
    answer = signed_in(maria).post(
        reverse("video-poster-choose", args=[video.pk]), {"seconds": seconds}, headers=HTMX
    )
    assert "between 0 and 8.0 seconds" in answer.text
    assert again(video).poster_at is None
    assert not Export.objects.exists()


def test_the_link_is_the_address_that_the_team_uses(signed_in, tom, ready, settings):
    video, client = ready(), signed_in(tom)
    assert (
        f'value="http://testserver/videos/{video.pk}/" readonly' in client.get(video.get_absolute_url()).text
    )
    settings.PUBLIC_URL = "https://studio.example.com"
    assert 'value="https://studio.example.com/videos/' in client.get(video.get_absolute_url()).text


def test_the_same_avatar_or_the_same_voice_is_chosen_already(signed_in, tom, ready):
    video, client = ready(), signed_in(tom)
    page = client.get(video.get_absolute_url()).text
    assert f'/videos/new/?avatar={video.avatar.pk}">Same avatar, new voice' in page
    assert f'/videos/new/?voice={video.voice.pk}">Same voice, new avatar' in page
    assert "Same voice" not in client.get(ready(voice=None).get_absolute_url()).text
