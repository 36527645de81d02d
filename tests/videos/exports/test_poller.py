"""What the poller does with exports: enqueueing, deleting unused ones, reapplying outdated looks."""

from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.jobs.local_job import LocalState
from tests.messages import clear_messages, list_messages
from tests.videos.exports.conftest import again, export_of, make_export
from videos.exports import poller as exports_poller
from videos.exports import services, tasks
from videos.models import Export, Video

pytestmark = pytest.mark.slow

Kind = Export.Kind


def test_the_poller_rings_for_what_nobody_works_on(finished):
    video = finished()
    export = services.request_export(video, Kind.WEBM)
    clear_messages()
    exports_poller.step()
    assert len(list_messages()) == 1
    exports_poller.step()
    assert len(list_messages()) == 1  # and does not make the line longer
    clear_messages()
    Export.claim(export.pk, LocalState.WAITING, to=LocalState.WORKING, seconds=60)
    exports_poller.step()
    assert not list_messages()  # somebody is at it
    Export.objects.update(holder=f"{Export.objects.get().holder.rpartition(' ')[0]} 999999999")
    exports_poller.step()
    assert len(list_messages()) == 1  # who was at it is dead


def test_what_nobody_took_for_a_month_goes_and_a_click_brings_it_back(
    finished, settings, kept, django_capture_on_commit_callbacks
):
    video = finished()
    old, young = make_export(video, Kind.SOUND), make_export(video, Kind.GIF)
    settings.EXPORT_DAYS = 30
    Export.objects.filter(pk=old.pk).update(used_at=timezone.now() - timedelta(days=31))
    with django_capture_on_commit_callbacks(execute=True):
        exports_poller.cleanup()
    assert old.file.name not in kept()
    assert young.file.name in kept()
    assert make_export(video, Kind.SOUND).is_ready


def test_a_look_of_an_older_version_is_drawn_again_by_itself(finished, django_capture_on_commit_callbacks):
    """As it was: its key said nothing of the face, and the person stood on the lower edge without a head."""
    video = finished(look={"frame": "16:9"}, styled_video="old.mp4", styled_key="41c05d3d0b0e6a29")
    by_hand = finished(look={"frame": "16:9", "x": 0.3}, styled_video="hand.mp4")
    Video.objects.filter(pk=by_hand.pk).update(styled_key=by_hand.parsed_look.key)
    for _ in range(2):
        exports_poller.cleanup()
    assert [export.video for export in Export.objects.all()] == [video]
    tasks.work(export_of(video, Kind.LOOK).pk)
    video = again(video)
    assert video.display_file == video.styled_video != "old.mp4"
