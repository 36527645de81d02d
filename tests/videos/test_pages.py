"""The videos' pages, the making of a new one, home and the error pages."""

import re
import uuid
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.views.defaults import bad_request, server_error

from avatars.models import Avatar
from dashboard.files.filenames import for_filename, from_filename
from dashboard.jobs.provider_job import ProviderState, current_provider
from tests.conftest import FIXTURES
from tests.consent import VOICE
from tests.messages import list_messages
from tests.placeholder_files import store_placeholders
from videos.models import Video, Voice

HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/videos/new/"}


def sound(name: str = "good_morning.mp3") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, (FIXTURES / "hello.mp3").read_bytes(), "audio/mpeg")


@pytest.fixture
def ready_avatar(new_avatar, maria):
    return new_avatar(state=ProviderState.READY, remote_id="a1", provider=current_provider(), made_by=maria)


@pytest.fixture
def voice(db, maria):
    return store_placeholders(
        Voice.objects.create(name="Welcome", seconds=8, peaks=[0.1, 0.9] * 100, sound="x.wav", made_by=maria)
    )


def make(client, **data):
    return client.post(reverse("video-new"), VOICE | {"ref": str(uuid.uuid4()), **data})


def test_a_video_is_made_from_an_avatar_and_a_voice(signed_in, maria, ready_avatar, voice):
    answer = make(signed_in(maria), avatar=ready_avatar.pk, voice=voice.pk)
    video = Video.objects.get()
    assert answer["Location"] == video.get_absolute_url()
    assert (video.title, video.made_by, video.state) == ("Ada: Welcome", maria, ProviderState.WAITING)
    assert len(list_messages()) == 1


def test_a_double_click_makes_one_video(signed_in, maria, ready_avatar, voice):
    client, ref = signed_in(maria), str(uuid.uuid4())
    first = make(client, avatar=ready_avatar.pk, voice=voice.pk, ref=ref)
    second = make(client, avatar=ready_avatar.pk, voice=voice.pk, ref=ref)
    assert first["Location"] == second["Location"]
    assert Video.objects.count() == 1


def test_without_a_script_the_sound_comes_with_the_form(signed_in, maria, ready_avatar):
    make(signed_in(maria), avatar=ready_avatar.pk, sound=sound(), title="مرحبا")
    video = Video.objects.get()
    assert (video.title, video.voice.name) == ("مرحبا", "Good morning")


def test_the_page_says_what_is_missing_and_keeps_what_was_chosen(signed_in, maria, ready_avatar, voice):
    client = signed_in(maria)
    answer = make(client, avatar=ready_avatar.pk, title="Spring")
    assert answer.status_code == 422
    assert "Add a voice" in answer.text
    assert f'value="{ready_avatar.pk}" required checked' in answer.text
    assert 'value="Spring"' in answer.text
    assert "Choose an avatar." in make(client, voice=voice.pk).text
    assert not Video.objects.exists()


def test_a_sound_that_is_none_is_refused_on_the_page(signed_in, maria, ready_avatar):
    answer = make(signed_in(maria), avatar=ready_avatar.pk, sound=SimpleUploadedFile("x.mp3", b"no sound"))
    assert answer.status_code == 422
    assert not Voice.objects.exists()
    assert not Video.objects.exists()


def test_an_avatar_that_cannot_speak_yet_is_not_offered_and_not_taken(signed_in, maria, new_avatar, voice):
    avatar = new_avatar(made_by=maria)
    client = signed_in(maria)
    assert "No avatars are ready yet" in client.get(reverse("video-new")).text
    assert "not ready yet" in make(client, avatar=avatar.pk, voice=voice.pk).text
    assert not Video.objects.exists()


@pytest.mark.parametrize("odd", ["", "x", "-1", "999", "1" * 30, "²"])
def test_a_choice_made_elsewhere_is_made_here_and_an_odd_one_is_no_harm(
    signed_in, maria, ready_avatar, voice, odd
):
    client = signed_in(maria)
    page = client.get(reverse("video-new"), {"avatar": ready_avatar.pk, "voice": voice.pk}).text
    chosen = re.findall(r'name="([\w-]+)"[^>]* checked', page)
    assert chosen == ["avatar", "voice", "look-frame", "look-resolution", "look-background", "look-automatic"]
    assert client.get(reverse("video-new"), {"avatar": odd, "voice": odd}).status_code == 200


def test_an_uploaded_voice_comes_back_chosen_with_length_wave_and_player(signed_in, maria):
    answer = signed_in(maria).post(reverse("voice-upload"), VOICE | {"sound": sound()}, headers=HTMX)
    voice = Voice.objects.get()
    assert answer.status_code == 200
    assert f'value="{voice.pk}" checked' in answer.text
    assert "Good morning" in answer.text
    assert f'data-play-label="Play {voice.name}"' in answer.text
    assert 'd="M0.5' in answer.text


def test_a_refused_voice_is_a_sentence(signed_in, maria, settings):
    client = signed_in(maria)
    answer = client.post(
        reverse("voice-upload"), VOICE | {"sound": SimpleUploadedFile("x.mp3", b"?")}, headers=HTMX
    )
    assert answer.status_code == 422
    assert answer.text.endswith(".")
    settings.CG_AVATAR_MAX_AUDIO_SECONDS = 1
    answer = client.post(reverse("voice-upload"), VOICE | {"sound": sound()}, headers=HTMX)
    assert answer.status_code == 422
    assert "second" in answer.text
    assert "At most 1 second." in client.get(reverse("video-new")).text
    assert not Voice.objects.exists()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"state": ProviderState.WAITING}, "Generating…"),
        ({"state": ProviderState.SENDING}, "Generating…"),
        ({"state": ProviderState.MAKING, "remote_state": "pending"}, "Generating…"),
        ({"state": ProviderState.MAKING, "progress": 43}, "Generating 43 %"),
        ({"state": ProviderState.COPYING}, "Finishing…"),
        (
            {"state": ProviderState.FAILED, "error": "This took too long. Try again."},
            "<strong>Failed.</strong> This took too long. Try again.",
        ),
        ({"state": ProviderState.WAITING, "try_after": timezone.now() + timedelta(days=1)}, ">Queued<"),
        ({"state": ProviderState.CANCELLED}, ">Cancelled<"),
        ({"state": ProviderState.UNSURE, "error": "It may have been started or not."}, ">Cancel<"),
        ({"state": ProviderState.CANCELLED}, ">Generate<"),
        ({"state": ProviderState.READY, "seconds": 72}, "1:12"),
    ],
)
def test_a_card_tells_in_plain_words_what_happens(signed_in, maria, new_video, fields, words):
    video = new_video(made_by=maria, **fields)
    client = signed_in(maria)
    assert words in client.get(reverse("videos")).text
    card = client.get(reverse("video-card", args=[video.pk]))
    assert words in card.text
    assert ('hx-trigger="every ' in card.text) == video.is_active


def test_a_waiting_video_tells_its_place_in_the_line(signed_in, maria, new_video):
    now = timezone.now()
    for minutes in (3, 2, 1):
        new_video(created_at=now - timedelta(minutes=minutes))
    page = signed_in(maria).get(reverse("videos")).text
    assert page.count("Generating") == 2  # the first of them: words and bar
    assert "(1 ahead of you)" in page
    assert "(2 ahead of you)" in page


def test_the_poll_notices_a_new_place_in_the_line(signed_in, maria, new_video):
    first = new_video(created_at=timezone.now() - timedelta(minutes=3))
    second = new_video()
    client = signed_in(maria)
    address = reverse("video-card", args=[second.pk])
    assert client.get(address, {"v": f"{second.version}.1"}).status_code == 204
    Video.objects.filter(pk=first.pk).update(state=ProviderState.READY)
    answer = client.get(address, {"v": f"{second.version}.1"})
    assert answer.status_code == 200
    assert "ahead of you" not in answer.text


def test_the_last_poll_of_a_page_brings_the_player_and_the_downloads_once(signed_in, maria, new_video):
    video = new_video(made_by=maria, state=ProviderState.MAKING, progress=10)
    client = signed_in(maria)
    assert "every 1s" in client.get(video.get_absolute_url()).text
    Video.objects.filter(pk=video.pk).update(
        state=ProviderState.READY, version=9, video="v.mp4", mask="m.mp4", width=720, height=900
    )
    answer = client.get(reverse("video-status", args=[video.pk]), {"v": "0.0"})
    assert "<video" in answer.text
    assert "hx-trigger" not in answer.text.partition("video-side")[0]
    assert 'id="video-side" hx-swap-oob="true"' in answer.text
    assert "Hello.mp4" in answer.text
    assert "Hello is ready." in answer["HX-Trigger"]


def test_the_page_of_a_video_whose_files_are_gone_still_opens(signed_in, maria, new_video):
    video = new_video(state=ProviderState.READY, video="gone.mp4", poster="gone.jpg")
    assert signed_in(maria).get(video.get_absolute_url()).status_code == 200


@pytest.mark.parametrize("name", ["video-rename", "video-retry", "video-cancel", "video-delete"])
def test_only_who_made_it_and_the_owner_may_change_a_video(signed_in, maria, tom, owner, new_video, name):
    video = new_video(made_by=maria)
    address = reverse(name, args=[video.pk])
    assert signed_in(tom).post(address, {"title": "Mine"}).status_code == 403
    assert signed_in(owner).get(address).status_code == 405
    assert signed_in(owner).post(address, {"title": "Mine"}).status_code == 302


def test_try_again_on_a_videos_own_page_brings_back_the_page_and_on_its_card_the_card(
    signed_in, maria, new_video
):
    video = new_video(made_by=maria, state=ProviderState.FAILED, error="Try again.")
    client, retry = signed_in(maria), f'hx-post="{reverse("video-retry", args=[video.pk])}"'
    assert retry not in client.get(video.get_absolute_url()).text
    assert retry in client.get(reverse("videos")).text


def test_a_waiting_video_can_be_cancelled_and_made_after_all(signed_in, maria, new_video):
    video = new_video(made_by=maria)
    client = signed_in(maria)
    assert "Cancel" in client.get(video.get_absolute_url()).text
    client.post(reverse("video-cancel", args=[video.pk]))
    video.refresh_from_db()
    assert video.state == ProviderState.CANCELLED
    answer = client.post(reverse("video-retry", args=[video.pk]), headers=HTMX)
    assert "Generating" in answer.text


def test_what_is_being_made_already_is_told_to_be_too_late_to_cancel(signed_in, maria, new_video):
    video = new_video(made_by=maria, state=ProviderState.COPYING)
    answer = signed_in(maria).post(reverse("video-cancel", args=[video.pk]), follow=True)
    assert "Too late to cancel" in answer.text


def test_a_video_is_renamed_and_deleted(signed_in, maria, new_video):
    video = new_video(made_by=maria, state=ProviderState.READY)
    client = signed_in(maria)
    client.post(reverse("video-rename", args=[video.pk]), {"title": "Spring / <b>"})
    page = client.get(video.get_absolute_url()).text
    assert "Spring / &lt;b&gt;" in page
    client.post(reverse("video-delete", args=[video.pk]))
    assert not Video.objects.exists()
    assert client.get(reverse("video-status", args=[video.pk])).headers["HX-Redirect"] == reverse("videos")


def test_the_gallery_needs_as_many_queries_for_many_as_for_few(
    signed_in, maria, new_video, voice, ready_avatar
):
    client = signed_in(maria)
    counts = []
    for number in (26, 30):
        for k in range(number):
            state = ProviderState.WAITING if k % 2 else ProviderState.READY
            new_video(avatar=ready_avatar, voice=voice, made_by=maria, state=state)
        with CaptureQueriesContext(connection) as queries:
            page = client.get(reverse("videos"))
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 13
    assert "56 videos" in page.text


def test_sync_is_asked_for_by_a_button(signed_in, maria):
    assert "made elsewhere" in signed_in(maria).post(reverse("video-sync"), follow=True).text


# ---------------------------------------------------------------- home


def test_home_leads_a_new_team_to_the_first_video(signed_in, maria):
    page = signed_in(maria).get("/").text
    assert "Welcome" in page
    assert "Add a portrait" in page
    assert "In progress" not in page


def test_home_ticks_off_the_steps_already_done(signed_in, maria, ready_avatar, voice):
    assert signed_in(maria).get("/").text.count("is-done") == 2


def test_home_shows_what_runs_and_what_is_new(signed_in, maria, new_video):
    running = new_video(state=ProviderState.MAKING, progress=50, title="Running")
    new_video(state=ProviderState.READY, title="Finished")
    page = signed_in(maria).get("/").text
    assert page.count(f'id="video-{running.pk}"') == 1
    assert (
        page.index("Running")
        < page.index("Newest videos")
        < page.index("Finished")
        < page.index("Newest avatars")
    )


# ---------------------------------------------------------------- every page


def test_every_page_is_free_of_the_machine_room_s_words(signed_in, maria, new_video, new_avatar):
    for state in ProviderState.values:
        new_video(made_by=maria, state=state, error="Try again.")
    new_avatar(made_by=maria, state=ProviderState.UNSURE, error="Try again.")
    client = signed_in(maria)
    for address in ("/", reverse("avatars"), reverse("videos"), reverse("video-new")):
        text = client.get(address).text.lower()
        for word in (">job", " job ", " task ", " render", " api ", "traceback"):
            assert word not in text, (address, word)


def test_no_page_carries_inline_scripts_or_handlers(signed_in, maria, new_video):
    video = new_video(made_by=maria)
    client = signed_in(maria)
    for address in (
        "/",
        reverse("avatars"),
        reverse("videos"),
        reverse("video-new"),
        video.get_absolute_url(),
    ):
        answer = client.get(address)
        assert "script-src 'self'" in answer["Content-Security-Policy"]
        assert "onclick" not in answer.text
        assert "hx-on" not in answer.text
        assert answer.text.count("<script") == answer.text.count("<script src=") + answer.text.count(
            '<script type="module" src='
        )


def test_errors_have_pages_of_their_own_look(signed_in, maria, tom, new_avatar, settings):
    assert "Page not found" in signed_in(maria).get("/nothing/").text
    avatar = new_avatar(made_by=maria)
    assert "have permission" in signed_in(tom).post(reverse("avatar-delete", args=[avatar.pk])).text
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(maria)
    assert "This page has expired" in strict.post(reverse("avatar-delete", args=[avatar.pk])).text


def test_a_failure_of_our_own_has_a_page_that_needs_no_database(rf):
    # No `db` fixture: a query would raise.
    assert b"wrong on our side" in server_error(rf.get("/")).content
    assert b"couldn\xe2\x80\x99t be processed" in bad_request(rf.get("/"), ValueError()).content


@pytest.mark.parametrize(
    ("filename", "name"),
    [
        ("maria-portrait_02.jpg", "Maria portrait 02"),
        ("20240102_113000.jpg", "Recording"),
        ("C:\\Users\\me\\Grüße an alle.wav", "Grüße an alle"),
        ("مرحبا.mp3", "مرحبا"),
        ("x" * 300 + ".wav", "X" + "x" * 199),
        (".wav", "Wav"),
    ],
)
def test_a_file_name_becomes_the_name_a_person_would_have_given(filename, name):
    assert from_filename(filename, "Recording") == name


def test_a_title_becomes_a_file_name_that_every_system_takes():
    assert for_filename('A/B: "what?" *now*') == "A B what now"
    assert for_filename("...") == "Video"


def test_a_page_that_waits_for_its_avatar_comes_again_when_it_can_speak(signed_in, maria, new_avatar, voice):
    avatar = new_avatar(made_by=maria)
    client = signed_in(maria)
    page = client.get(reverse("video-new"), {"avatar": avatar.pk, "voice": voice.pk})
    assert "is being prepared" in page.text
    poll = reverse("video-speaker", args=[avatar.pk])
    assert client.get(poll, {"voice": voice.pk}).status_code == 204
    Avatar.objects.update(state=ProviderState.FAILED)
    assert client.get(poll)["HX-Redirect"] == avatar.get_absolute_url()
    Avatar.objects.update(state=ProviderState.READY, provider=current_provider(), remote_id="a")
    address = client.get(poll, {"voice": voice.pk})["HX-Redirect"]
    assert {"avatar", "voice"} <= set(re.findall(r'name="([\w-]+)"[^>]* checked', client.get(address).text))
