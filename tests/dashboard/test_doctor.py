"""`manage.py doctor`: what does not fit is listed, and mended with --repair."""

import os
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from django_q.models import OrmQ

from dashboard.jobs.provider_job import ProviderState

pytestmark = pytest.mark.one_machine


def doctor(*options: str) -> tuple[str, bool]:
    """What it prints, and whether everything is fine in the end."""
    output = StringIO()
    try:
        call_command("doctor", *options, stdout=output)
    except CommandError:
        return output.getvalue(), False
    return output.getvalue(), True


@pytest.fixture
def healthy(new_video, settings, tmp_path):
    """An installation in which everything fits."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return new_video()


def test_where_everything_fits_it_says_so(healthy):
    output, fine = doctor()
    assert (output, fine) == ("Everything is fine.\n", True)


def test_a_row_without_its_file_is_named_and_left_to_a_person(healthy):
    Path(healthy.voice.sound.path).unlink()
    output, fine = doctor("--repair")
    assert f"videos.Voice {healthy.voice.pk}: its sound is missing" in output
    assert "from a backup" in output
    assert not fine


def test_a_file_without_a_row_is_moved_aside(healthy, settings):
    stray, new = settings.MEDIA_ROOT / "videos" / "stray.mp4", settings.MEDIA_ROOT / "videos" / "new.mp4"
    for path in (stray, new):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"a film")
    os.utime(stray, (0, 0))
    output, fine = doctor()
    assert ("videos/stray.mp4" in output, "new.mp4" in output, fine) == (True, False, False)
    output, fine = doctor("--repair")
    assert ("Repaired." in output, fine) == (True, True)
    assert (settings.DATA_DIR / "files-without-rows" / "videos" / "stray.mp4").read_bytes() == b"a film"
    assert doctor() == ("Everything is fine.\n", True)


def test_a_row_that_nobody_goes_on_with_is_sent_again(healthy):
    type(healthy).claim(healthy.pk, ProviderState.WAITING, to=ProviderState.SENDING, seconds=1)
    type(healthy).objects.update(lease_until=timezone.now() - timedelta(hours=1))
    OrmQ.objects.all().delete()
    output, _ = doctor("--repair")
    assert f"videos.Video {healthy.pk}: nobody goes on with it" in output
    assert OrmQ.objects.count() == 1


def test_messages_that_nobody_takes_are_taken_out(healthy):
    OrmQ.objects.create(key="gone", payload="", lock=timezone.now() - timedelta(hours=2))
    assert "(gone)" in doctor("--repair")[0]
    assert doctor()[1]


def test_rows_of_a_clock_that_was_ahead_are_brought_to_the_present(healthy):
    tomorrow = timezone.now() + timedelta(days=1)
    type(healthy).objects.update(created_at=tomorrow, try_after=tomorrow)
    output, fine = doctor("--repair")
    assert ("wait for a time far ahead" in output, "made in the future" in output, fine) == (True, True, True)
    assert doctor()[1]
