"""The voices' list and pages, and who may do what there."""

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dashboard.jobs.provider_job import ProviderState
from tests import sample_media
from tests.conftest import FIXTURES
from tests.consent import OURS, VOICE
from videos.models import Video, Voice
from videos.voices import editing
from videos.voices import services as voice_services
from videos.voices.edit_spec import Edit

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def recording(maria) -> Voice:
    return voice_services.create_voice(
        FIXTURES / "hello.mp3", "Hello.mp3", maria, consent=OURS, script="Good <b>day</b>."
    )


def test_the_list_finds_a_voice_and_tells_what_became_of_it(signed_in, tom, recording):
    Voice.objects.create(name="Another", seconds=3, sound="x.wav")
    Video.objects.create(title="v", voice=recording)
    client = signed_in(tom)
    page = client.get(reverse("voices")).text
    assert "2 voices" in page
    assert "1 video" in page
    assert "not used yet" in page
    found = client.get(reverse("voices"), {"q": "HELL", "sort": "longest"}).text
    assert "1 voice<" in found
    assert "Another" not in found
    assert "Nothing found" in client.get(reverse("voices"), {"q": "nobody"}).text


def test_the_list_needs_as_many_queries_for_many_as_for_few(signed_in, maria):
    client, counts = signed_in(maria), []
    for number in (3, 20):
        Voice.objects.bulk_create(
            Voice(name=f"v{k}", seconds=1, sound="x.wav", made_by=maria) for k in range(number)
        )
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("voices"))
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 10


@pytest.mark.one_machine
def test_a_voice_s_page_has_its_videos_its_words_and_its_download(signed_in, tom, recording, maria):
    Video.objects.create(title="What it says", voice=recording, state=ProviderState.READY)
    part = editing.create_edit(recording, Edit.within(0.2, 1, recording.seconds, even=False), maria)
    page = signed_in(tom).get(recording.get_absolute_url())
    assert "What it says" in page.text
    assert "Good &lt;b&gt;day&lt;/b&gt;." in page.text
    assert part.name in page.text
    link = page.text.split('href="/media/')[1].split('"')[0]
    assert 'filename="Hello.wav"' in signed_in(tom).get(f"/media/{link}")["Content-Disposition"]
    assert "Keep forever" not in page.text
    assert recording.name in signed_in(tom).get(part.get_absolute_url()).text


@pytest.mark.parametrize("name", ["voice-rename", "voice-delete", "voice-keep"])
def test_only_who_made_it_and_the_owner_may_change_a_voice(signed_in, tom, owner, recording, name):
    address = reverse(name, args=[recording.pk])
    assert signed_in(tom).post(address, {"name": "Mine"}).status_code == 403
    assert signed_in(owner).get(address).status_code == 405
    assert signed_in(owner).post(address, {"name": "Mine"}).status_code == 302


def test_a_voice_is_renamed_and_deleted_and_what_was_cut_from_it_stays(signed_in, maria, recording):
    client = signed_in(maria)
    client.post(reverse("voice-rename", args=[recording.pk]), {"name": "مرحبا <i>"})
    assert "مرحبا &lt;i&gt;" in client.get(recording.get_absolute_url()).text
    part = editing.create_edit(recording, Edit.within(0.2, 1, recording.seconds, even=False), maria)
    answer = client.post(reverse("voice-delete", args=[recording.pk]), follow=True)
    assert "was moved to the trash" in answer.text
    client.post(reverse("trash-delete", args=["voice", recording.pk]))
    part.refresh_from_db()
    assert part.original is None  # a recording of its own from now on
    assert editing.get_edit(part) == Edit(0.0, part.seconds, False)
    assert client.get(part.get_absolute_url()).status_code == 200


def test_the_files_of_a_deleted_voice_are_gone(
    signed_in, maria, recording, django_capture_on_commit_callbacks
):
    editing.load_waveform(recording)
    names = [file.name for file in Voice.objects.get(pk=recording.pk).files]
    with django_capture_on_commit_callbacks(execute=True):
        signed_in(maria).post(reverse("voice-delete", args=[recording.pk]))
    assert all(default_storage.exists(name) for name in names)
    with django_capture_on_commit_callbacks(execute=True):
        signed_in(maria).post(reverse("trash-delete", args=["voice", recording.pk]))
    assert len(names) == 2
    assert not any(default_storage.exists(name) for name in names)


def test_a_voice_that_a_video_is_being_made_with_does_not_go_for_good(signed_in, maria, recording):
    video = Video.objects.create(title="v", voice=recording, state=ProviderState.WAITING)
    client, address = signed_in(maria), reverse("voice-delete", args=[recording.pk])
    client.post(address)
    for_good = reverse("trash-delete", args=["voice", recording.pk])
    assert "It can be deleted when the video is ready." in client.post(for_good, follow=True).text
    Video.objects.filter(pk=video.pk).update(state=ProviderState.READY)
    client.post(for_good)
    assert not Voice.all_objects.exists()


def test_a_take_that_was_stopped_too_late_is_cut_to_the_longest_where_a_file_is_refused(
    signed_in, maria, settings, tmp_path
):
    settings.CG_AVATAR_MAX_AUDIO_SECONDS = 2
    client, address = signed_in(maria), reverse("voice-upload")
    sound = sample_media.sound(tmp_path / "long.wav", 3.5).read_bytes()
    for fields, status in (({}, 422), ({"recorded": "yes"}, 200)):
        file = SimpleUploadedFile("Recording.wav", sound)
        answer = client.post(address, VOICE | fields | {"sound": file}, headers={"HX-Request": "true"})
        assert answer.status_code == status
    assert Voice.objects.get().seconds == 2


def test_the_words_of_the_sample_are_there_before_anybody_types_them(signed_in, maria):
    client = signed_in(maria)
    client.post(reverse("sample"))
    page = client.get(reverse("video-new"), {"voice": Voice.objects.get().pk}).text
    assert ">Hello, and welcome! This voice was made by a computer" in page


def test_pages_may_ask_for_the_microphone_and_for_nothing_else(signed_in, maria):
    policy = signed_in(maria).get(reverse("video-new"))["Permissions-Policy"]
    assert "microphone=(self)" in policy
    assert "camera=()" in policy
