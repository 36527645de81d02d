"""Files that are gone: rows are marked when somebody notices, pages say so and offer what is left."""

from io import BytesIO

import pytest
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.urls import reverse

from dashboard.files import missing_files, signed_links
from dashboard.jobs.provider_job import ProviderState
from dashboard.models import StoredFilesModel
from tests import sample_media
from tests.consent import VOICE
from tests.run_tasks import work_on_avatar, work_on_video
from videos import tasks
from videos.exports import services as exports
from videos.missing_files import sweep_exports
from videos.models import Backdrop, Export, Video, Voice

GONE = "file-missing"


@pytest.fixture(autouse=True)
def _no_cursor(db: None) -> None:
    cache.clear()


@pytest.fixture
def client(signed_in, maria):
    return signed_in(maria)


def lose(row: StoredFilesModel, *names: str) -> None:
    for name in names:
        default_storage.delete(getattr(row, name).name)


def test_the_page_of_a_voice_says_so_and_takes_the_recording_again(client, new_video, maria, tmp_path):
    voice = new_video().voice
    Voice.objects.update(made_by=maria)
    page = client.get(voice.get_absolute_url()).text
    assert GONE not in page
    assert ">Download</a>" in page
    lose(voice, "sound")
    page = client.get(voice.get_absolute_url()).text
    assert "The file of this recording is gone." in page
    assert ">Download</a>" not in page
    assert f'?voice={voice.pk}">Make a video' not in page
    address = reverse("voice-restore", args=[voice.pk])
    assert "No file was received" in client.post(address, follow=True).text
    no_sound = {"sound": _file(b"no sound", "a.wav"), **VOICE}
    assert GONE in client.post(address, no_sound, follow=True).text
    sound = sample_media.sound(tmp_path / "again.wav", 2.0).read_bytes()
    assert "Tick the box" in client.post(address, {"sound": _file(sound, "a.wav")}, follow=True).text
    page = client.post(address, {"sound": _file(sound, "a.wav"), **VOICE}, follow=True).text
    assert GONE not in page
    voice.refresh_from_db()
    assert default_storage.exists(voice.sound.name)
    assert round(voice.seconds) == 2


def _file(content: bytes, name: str) -> BytesIO:
    file = BytesIO(content)
    file.name = name
    return file


def test_a_new_video_of_a_recording_that_is_gone_is_refused_at_the_form(client, speaker, new_video):
    voice = new_video(avatar=speaker).voice
    lose(voice, "sound")
    form = {"avatar": speaker.pk, "voice": voice.pk, "ref": "6d8c4a6e-35a9-4a7e-8f5c-0a7d4ad6f4f3"}
    answer = client.post(reverse("video-new"), form)
    assert answer.status_code == 422
    assert "The file of this recording is gone." in answer.text
    assert Video.objects.count() == 1


def test_a_video_that_waits_while_its_recording_goes_fails_with_a_sentence(provider, new_video):
    video = new_video()
    lose(video.voice, "sound")
    work_on_video(video.pk)
    video.refresh_from_db()
    assert video.state == ProviderState.FAILED
    assert "The file of this recording is gone." in video.error
    assert provider.count("video.generate") == 0


def test_a_video_whose_file_is_gone_offers_no_download_but_what_is_left(client, finished):
    video = finished()
    lose(video, "video")
    page = client.get(video.get_absolute_url()).text
    assert "The file of this video is gone." in page
    assert "Download video" not in page
    assert "Generate it again" in page
    assert "Fetch it again" not in page  # the provider does not know it
    assert "<video" not in page


def test_a_video_whose_file_is_gone_is_fetched_again(provider, client, new_video, maria, media_files):
    remote = provider.add_video()
    provider.finish(remote["video_id"])
    row = {"state": ProviderState.COPYING, "remote_id": remote["video_id"], "provider": provider.url}
    video = new_video(made_by=maria, remote_state="finished", **row)
    work_on_video(video.pk)
    video.refresh_from_db()
    lose(video, "video")
    assert "Fetch it again" in client.get(video.get_absolute_url()).text
    client.post(reverse("video-fetch", args=[video.pk]))
    work_on_video(video.pk)
    video.refresh_from_db()
    assert (video.state, video.missing_files) == (ProviderState.READY, [])
    assert all(default_storage.exists(file.name) for file in video.files)
    assert "Download video" in client.get(video.get_absolute_url()).text


def test_what_the_provider_no_longer_has_is_generated_anew(provider, client, new_video, maria):
    video = new_video(
        made_by=maria, remote_id="old", provider=provider.url, state="ready", video="videos/videos/x.mp4"
    )
    lose(video, "video")
    client.get(video.get_absolute_url())
    client.post(reverse("video-fetch", args=[video.pk]))
    work_on_video(video.pk)
    video.refresh_from_db()
    assert (video.state, video.error) == (ProviderState.FAILED, tasks.NO_LONGER_THERE)
    client.post(reverse("video-retry", args=[video.pk]))
    video.refresh_from_db()
    assert video.state == ProviderState.WAITING


def test_what_can_be_made_again_is_made_again(client, finished):
    video = finished()
    lose(video, "poster", "mask", "cutout")
    page = client.get(video.get_absolute_url()).text
    assert "Download video" in page
    assert "The mask of this video could not be downloaded" in page
    video.refresh_from_db()
    assert not video.mask
    assert not video.cutout
    assert exports.find_export(video, Export.Kind.POSTER).is_active


def test_a_disk_that_is_away_changes_no_row_but_its_mark(client, finished, monkeypatch):
    video = finished()
    monkeypatch.setattr("django.core.files.storage.FileSystemStorage.exists", lambda *_: False)
    client.get(video.get_absolute_url())
    monkeypatch.undo()
    video.refresh_from_db()
    assert {"video", "mask", "poster"} <= set(video.missing_files)
    assert video.mask
    missing_files.sweep()
    video.refresh_from_db()
    assert video.missing_files == []


@pytest.mark.parametrize("proxy", ["", "/protected-media/"])
def test_a_link_to_a_file_that_is_gone_marks_its_row(client, finished, settings, proxy):
    settings.X_ACCEL_PREFIX = proxy  # whoever sends the files
    video = finished()
    link = signed_links.link(video.video.name)
    lose(video, "video")
    assert client.get(link).status_code == 404
    video.refresh_from_db()
    assert video.missing_files == ["video"]


def test_the_sweep_looks_at_some_rows_in_turn(new_video, monkeypatch):
    monkeypatch.setattr(missing_files, "MAX_ROWS", 2)
    voices = [new_video().voice for _ in range(3)]
    for voice in voices:
        lose(voice, "sound")
    counts = []
    for _ in range(2):
        missing_files.sweep()
        counts.append(Voice.objects.exclude(missing_files=[]).count())
    assert counts == [2, 3]


def test_lists_do_not_look_at_the_storage(client, finished, monkeypatch):
    finished()

    def refuse(*_):
        raise AssertionError("a list looked at the storage")

    monkeypatch.setattr("django.core.files.storage.FileSystemStorage.exists", refuse)
    for name in ("videos", "avatars", "voices", "home"):
        assert client.get(reverse(name)).status_code == 200


def test_a_download_whose_file_is_gone_is_made_anew_by_a_click(client, finished):
    video = finished()
    export = Export.objects.create(video=video, kind="webm", state="ready", file="videos/exports/x.webm")
    answer = client.get(reverse("export-file", args=[video.pk, "webm"]), follow=True)
    assert "It is being prepared again" in answer.text
    export.refresh_from_db()
    assert export.is_active


def test_the_sweep_forgets_downloads_whose_file_is_gone(finished):
    video = finished()
    default_storage.save("videos/exports/other.webm", _django_file())
    export = Export.objects.create(video=video, kind="webm", state="ready", file="videos/exports/gone.webm")
    working = Export.objects.create(video=video, kind="mov", state="working", file="videos/exports/new.mov")
    sweep_exports()
    assert [export.pk, working.pk][1:] == list(Export.objects.values_list("pk", flat=True))


def _django_file():
    from django.core.files.base import ContentFile

    return ContentFile(b"x")


def test_a_background_picture_that_is_gone_is_no_longer_offered(client, new_backdrop, finished):
    backdrop = new_backdrop()
    page = reverse("video-new")
    finished()
    assert f'value="{backdrop.pk}"' in client.get(page).text
    lose(backdrop, "picture")
    missing_files.sweep()
    assert Backdrop.objects.get().missing_files == ["picture"]
    assert f'name="look-picture" value="{backdrop.pk}"' not in client.get(page).text


def test_the_picture_of_an_avatar_is_fetched_again(provider, client, new_avatar, maria):
    avatar = new_avatar(made_by=maria)
    work_on_avatar(avatar.pk)
    avatar.refresh_from_db()
    lose(avatar, "preview")
    page = client.get(avatar.get_absolute_url()).text
    assert "The picture of this avatar is gone." in page
    assert "Make a video" in page
    client.post(reverse("avatar-fetch", args=[avatar.pk]))
    work_on_avatar(avatar.pk)
    avatar.refresh_from_db()
    assert avatar.state == ProviderState.READY
    assert default_storage.exists(avatar.preview.name)
    assert GONE not in client.get(avatar.get_absolute_url()).text


def test_a_portrait_that_is_gone_before_it_was_sent_fails_with_a_sentence(provider, new_avatar):
    avatar = new_avatar()
    lose(avatar, "portrait")
    work_on_avatar(avatar.pk)
    avatar.refresh_from_db()
    assert "The file of this portrait is gone." in avatar.error
    assert provider.count("avatar.generate") == 0


@pytest.mark.parametrize("name", ["video-fetch", "video-mask-again"])
def test_nobody_else_may_do_that(signed_in, tom, finished, name):
    assert signed_in(tom).post(reverse(name, args=[finished().pk])).status_code == 403
