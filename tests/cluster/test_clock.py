"""Leases end by the clock of the database, whatever the clocks of the machines say."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from dashboard.jobs import clock
from videos.models import Video

pytestmark = [
    pytest.mark.services,
    pytest.mark.django_db,
]


@pytest.mark.parametrize("hours", [1, -1])
def test_a_machine_whose_clock_is_wrong_takes_no_lease_from_another(new_video, hours):
    video = new_video(state="waiting")
    assert Video.claim(video.pk, "waiting", to="sending", seconds=600)
    real = clock.now()
    with time_machine.travel(timezone.now() + timedelta(hours=hours)):
        assert abs(clock.now() - real) < timedelta(seconds=10)
        assert not Video.objects.due("sending").exists()
        assert Video.claim(video.pk, "sending", to="sending", seconds=600) is None
