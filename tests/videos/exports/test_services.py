"""Requesting exports, and deleting them with their video."""

import pytest
from django.core.files.storage import default_storage

from tests.messages import list_messages
from tests.stored_files import overwrite
from tests.videos.exports.conftest import COLOUR, again, make_export, show_look
from videos import tasks as video_tasks
from videos.exports import services, tasks
from videos.models import Export

pytestmark = pytest.mark.slow

Kind = Export.Kind


def test_two_clicks_are_one_file(finished):
    video = finished()
    first, second = services.request_export(video, Kind.SOUND), services.request_export(video, Kind.SOUND)
    assert first.pk == second.pk
    assert len(list_messages()) == 1
    tasks.work(first.pk)
    name = again(first).file.name
    tasks.work(first.pk)
    assert services.request_export(video, Kind.SOUND).file.name == name


def test_large_files_have_a_line_of_their_own(finished):
    video = finished()
    services.request_export(video, Kind.MOV)
    services.request_export(video, Kind.SOUND)
    assert sorted(message.cluster for message in list_messages()) == ["dashboard", "studio"]


def test_without_a_mask_the_person_cannot_be_cut_out_and_the_rest_can(finished):
    video = finished(mask=False)
    assert "has no mask" in services.explain_unavailable(video, Kind.WEBM)
    assert not services.explain_unavailable(video, Kind.GIF)
    assert make_export(video, Kind.MOV).error == video.why_no_mask
    assert make_export(video, Kind.GIF).is_ready


def test_one_that_failed_is_tried_again_by_the_same_click(finished, card):
    video = finished()
    whole = card.video.read_bytes()
    overwrite(video.video.name, whole[:4000])
    export = make_export(video, Kind.WEBM)
    assert export.is_failed
    assert "damaged" in export.error
    overwrite(video.video.name, whole)
    assert make_export(video, Kind.WEBM).is_ready


def test_a_file_that_somebody_deleted_from_the_disk_is_made_again(finished):
    video = finished()
    export = make_export(video, Kind.SOUND)
    default_storage.delete(export.file.name)
    assert make_export(video, Kind.SOUND).file.name != export.file.name


def test_a_deleted_video_takes_everything_with_it(finished, kept, django_capture_on_commit_callbacks):
    before = kept()
    video = finished(voice=None, avatar=None)
    make_export(video, Kind.SOUND)
    make_export(video, Kind.GIF)
    video = show_look(video, COLOUR)
    services.request_export(video, Kind.WEBM)
    with django_capture_on_commit_callbacks(execute=True):
        video_tasks.remove(video)
    assert not Export.objects.exists()
    assert kept() == before


def test_the_storage_is_asked_for_sizes_once_and_not_by_lists(finished, signed_in, maria, monkeypatch):
    video, client, asked = finished(), signed_in(maria), []
    storage = type(default_storage._wrapped)
    size = storage.size

    def count(self, name):
        asked.append(name)
        return size(self, name)

    monkeypatch.setattr(storage, "size", count)
    for address in ("/videos/", "/avatars/"):
        client.get(address)
    assert asked == []
    first = client.get(video.get_absolute_url()).text
    assert len(asked) == len(set(asked)) > 1
    asked.clear()
    assert "KB" in first
    assert client.get(video.get_absolute_url()).status_code == 200
    assert asked == []
