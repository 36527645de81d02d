"""The downloads, what a click does, the thumbnail's form, the link for the team."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from dashboard.jobs.local_job import LocalState
from dashboard.jobs.provider_job import ProviderState
from tests.messages import list_messages
from tests.sign_in import expect_sign_in
from tests.videos.exports.conftest import again, export_of
from videos.exports import services, tasks
from videos.exports.views import catalogue
from videos.models import Export, Video

Kind = Export.Kind
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/videos/1/"}


@pytest.fixture
def ready(new_video, maria):
    """A ready video whose files nobody reads."""

    def make(**fields) -> Video:
        plain = {
            "state": ProviderState.READY,
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
    """A row of the menu of formats."""
    return page.split(f'id="format-{kind}"')[1].split("</li>")[0]


def progress_of(page: str, kind: str) -> str:
    """The row below the button, which says how far it is."""
    return page.split(f'id="preparing-{kind}"')[1].split("</li>")[0]


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
        ("webp", ("384 × 480", "15 seconds", "every browser")),
        ("gif", ("320 × 400", "12 seconds", "email, chats and slides")),
        ("sound", ("M4A",)),
    ):
        row = row_of(page, kind)
        assert "<button" in row
        for word in words:
            assert word in row


def test_one_button_downloads_what_is_shown_and_the_rest_is_in_groups(signed_in, tom, finished):
    page = signed_in(tom).get(finished(captions="c.vtt").get_absolute_url()).text
    main, menu = page.split('id="downloads"')[1].split('class="formats-menu"')
    assert main.count("is-primary") == 1
    assert "Download video" in main
    assert "192 × 240" in main
    assert re.search(r"\d\.\d\xa0KB", main)
    groups = re.findall(r"<h3[^>]*>(.*?)</h3>|id=.format-([a-z]+). *>", menu)
    assert [title or key for title, key in groups] == [
        *("For the web", "webm", "webp", "gif"),
        *("For editing", "mask", "mov"),
        *("Audio and captions", "sound", "recording", "vtt", "srt"),
    ]


def test_any_member_may_have_a_file_made_and_sees_how_far_it_is(signed_in, tom, ready):
    video, client = ready(), signed_in(tom)
    row = client.post(address(video, "export-make", "webm"), headers=HTMX).text
    assert "Queued: Transparent video" in row
    assert "Preparing…" in row_of(row, "webm")  # the menu's row comes along
    assert len(list_messages()) == 1
    export = export_of(video, Kind.WEBM)
    poll = address(video, "export", "webm")
    assert f'hx-get="{poll}?v={export.version}"' in row
    assert client.get(poll, {"v": export.version}, headers=HTMX).status_code == 204
    working = Export.claim(export.pk, LocalState.WAITING, to=LocalState.WORKING, seconds=60)
    working.renew_lease(60, progress=42)
    assert "Preparing Transparent video… 42 %" in client.get(poll, {"v": export.version}, headers=HTMX).text
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
    assert [item["text"] for item in said["items"]] == ["Transparent WebM of Spring is ready to download."]
    assert said["items"][0]["url"] == video.get_absolute_url()
    assert signed_in(maria).get(reverse("news"), {"since": since}).json()["items"] == []


def test_without_a_script_the_same_form_leads_back_to_the_page(signed_in, tom, ready):
    video, client = ready(), signed_in(tom)
    answer = client.post(address(video, "export-make", "gif"))
    assert answer["Location"] == f"{video.get_absolute_url()}#downloads"
    assert "Queued: Animation" in progress_of(client.get(video.get_absolute_url()).text, "gif")


def test_only_those_who_are_signed_in(client, ready):
    video = ready()
    for what in ("export-make", "export-file", "export"):
        call = client.post if what == "export-make" else client.get
        with expect_sign_in():
            assert call(address(video, what, "webm")).status_code == 302
    assert not Export.objects.exists()


def test_a_look_at_an_address_makes_nothing_and_a_wrong_one_is_not_there(signed_in, tom, ready):
    video, client = ready(), signed_in(tom)
    assert client.get(address(video, "export-make", "webm")).status_code == 405
    for kind in ("look", "poster", "exe"):
        assert client.post(address(video, "export-make", kind)).status_code == 404
    assert not Export.objects.exists()
    unfinished = ready(state=ProviderState.MAKING)
    assert client.post(address(unfinished, "export-make", "webm")).status_code == 404


def test_what_cannot_be_made_says_why_and_has_no_button(signed_in, tom, ready):
    video, client = ready(mask=""), signed_in(tom)
    page = client.get(video.get_absolute_url()).text
    assert page.count("has no mask") == 1
    for kind in ("webm", "mov", "webp"):
        assert "Not available without a mask." in row_of(page, kind)
        assert "<button" not in row_of(page, kind)
        assert "without a mask" in client.post(address(video, "export-make", kind), headers=HTMX).text
    assert "<button" in row_of(page, "gif")
    assert not Export.objects.exists()


def test_what_failed_says_why_and_can_be_tried_again(signed_in, tom, ready):
    video, client = ready(), signed_in(tom)
    Export.objects.create(video=video, kind=Kind.MOV, state=LocalState.FAILED, error="The disk is full.")
    row = row_of(client.get(video.get_absolute_url()).text, "mov")
    assert "The disk is full." in row
    assert "Try again" in row
    answer = client.post(address(video, "export-make", "mov"), headers=HTMX).text
    assert "Queued" in progress_of(answer, "mov")


@pytest.mark.one_machine
def test_the_file_comes_under_the_videos_title_and_is_kept_for_longer(signed_in, tom, finished):
    video, client = finished(), signed_in(tom)
    export = services.request_export(video, Kind.SOUND)
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
    assert "It is being prepared again" in page


def test_a_video_with_a_look_is_offered_with_it_and_without(signed_in, tom, ready):
    look = {"background": "colour"}
    video = ready(look=look, styled_video="d.mp4")
    Video.objects.update(styled_key=video.parsed_look.key)
    page = signed_in(tom).get(video.get_absolute_url()).text
    assert "Ada.mp4" in page.split("Download video")[0].rpartition("<a ")[2]
    assert "original.mp4" in row_of(page, "original")
    assert "fits the original" in row_of(page, "mask")


def test_the_facts_say_the_size_of_what_plays(signed_in, tom, ready):
    video = ready(look={"frame": "16:9"}, styled_video="d.mp4")
    Video.objects.update(styled_key=video.parsed_look.key)
    page = signed_in(tom).get(video.get_absolute_url()).text
    facts = page.split('id="video-facts"')[1]
    assert "1280 × 720, 0:08" in facts
    assert "1280 × 720" in page.split('id="download-facts"')[1].split("</p>")[0]
    assert "720 × 900" in row_of(page, "original")


def test_until_the_look_is_there_the_button_says_that_it_gives_the_original(signed_in, tom, ready):
    video = ready(look={"frame": "9:16"})
    services.apply_look(video)
    main = signed_in(tom).get(video.get_absolute_url()).text.split('id="download-facts"')[1].split("</p>")[0]
    assert "720 × 900" in main
    assert "This is the original. Your new background is still being applied." in main


@pytest.mark.parametrize(
    ("fits", "words"),
    [(True, "could not be downloaded"), (False, "does not match the audio"), (None, "does not provide them")],
)
def test_a_video_with_a_script_and_no_captions_says_why(signed_in, tom, ready, fits, words):
    page = signed_in(tom).get(ready(script="Hello", script_matches=fits).get_absolute_url()).text
    assert words in row_of(page, "captions")


def test_the_archive_has_what_is_shown(signed_in, tom, finished):
    import io
    import zipfile

    video = finished()
    Video.objects.filter(pk=video.pk).update(look={"background": "colour"})
    video = again(video)
    services.apply_look(video)
    tasks.work(export_of(video, Kind.LOOK).pk)
    answer = signed_in(tom).get(reverse("videos-zip"), {"pk": video.pk})
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    assert archive.namelist() == ["Ada Hello.mp4", "Permissions.txt"]
    assert archive.read("Ada Hello.mp4") == again(video).styled_video.read()


def test_the_page_asks_the_database_as_often_with_many_exports_as_with_one(signed_in, tom, ready):
    video, client = ready(), signed_in(tom)
    first, *others = catalogue.FORMATS
    client.get(video.get_absolute_url())  # marks what is kept for a while, for example whether it was checked
    counts = []
    for kinds in ([first], others):
        for kind in kinds:
            Export.objects.create(video=video, kind=kind, state=LocalState.READY, file="x")
        with CaptureQueriesContext(connection) as queries:
            client.get(video.get_absolute_url())
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 10


# ---------------------------------------------------------------- thumbnail, link, once more


def test_the_thumbnail_is_chosen_by_who_made_the_video(signed_in, maria, tom, ready):
    video = ready()
    choose = reverse("video-thumbnail-choose", args=[video.pk])
    assert signed_in(tom).post(choose, {"seconds": 2}).status_code == 403
    assert 'id="thumbnail"' not in signed_in(tom).get(video.get_absolute_url()).text
    answer = signed_in(maria).post(choose, {"seconds": "2.5"})
    assert answer["Location"] == f"{video.get_absolute_url()}#thumbnail"
    assert again(video).poster_at == 2.5
    assert export_of(video, Kind.POSTER).state == LocalState.WAITING
    assert "Changing the thumbnail" in signed_in(maria).get(video.get_absolute_url()).text


@pytest.mark.parametrize("seconds", ["", "-1", "20", "nan", "first"])
def test_a_moment_that_is_not_in_the_video_is_refused_with_its_length(signed_in, maria, ready, seconds):
    video = ready()
    answer = signed_in(maria).post(
        reverse("video-thumbnail-choose", args=[video.pk]), {"seconds": seconds}, headers=HTMX
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
