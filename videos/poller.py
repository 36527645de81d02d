"""Watches the videos that the provider is making: one list for all of them, a look at one only when it is needed."""

import logging
import uuid
from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from dashboard.jobs.enqueue import enqueue_due
from dashboard.jobs.isolation import do_each, run_each
from dashboard.jobs.provider_job import ProviderState
from dashboard.models import Lease
from dashboard.provider.answers import RemoteVideo
from dashboard.provider.client import ProviderError, client
from videos.models import Video
from videos.scheduling import next_up
from videos.tasks import request_sync, start
from videos.voices import services as voice_services

log = logging.getLogger(__name__)

IDLE_SECONDS = 1.0  # a new video begins with the first look
SLOW_AFTER = timedelta(minutes=2)  # another provider takes 10 to 30 minutes: no need to ask every 5 s
SLOW_SECONDS = 20.0
TIME_LIMIT = timedelta(hours=3)
LOST_LIMIT = timedelta(minutes=10)


def step() -> float:
    """One look; the seconds until the next."""
    run_each(Video.release_dead_leases, _enqueue_due, _hourly)
    making = list(Video.objects.filter(state=ProviderState.MAKING))
    if not making:
        return IDLE_SECONDS
    try:
        items = {item.video_id: item for item in client().list_videos([video.remote_id for video in making])}
    except ProviderError as error:
        # Nothing is failed for a provider that is away for a moment: only time can do that.
        log.warning("video.list: %s", error)
        _fail_overdue(making)
        return max(error.retry_after, settings.POLL_SECONDS * 4)
    now = timezone.now()
    due = [video for video in making if video.try_after <= now]
    do_each(due, lambda video: _look(video, items.get(video.remote_id)), after_fault=Video.postpone)
    _fail_overdue(video for video in making if video.state == ProviderState.MAKING)
    return _pace(making)


def _enqueue_due() -> None:
    enqueue_due(Video.objects.filter(pk__in=next_up()).due(ProviderState.WAITING))
    enqueue_due(Video.objects.due(ProviderState.SENDING, ProviderState.COPYING))


def _look(video: Video, item: RemoteVideo | None) -> None:
    if item is None:
        item = _ask_for(video)
    if item is None:
        return
    sentence = (item.error or _reason(video)) if item.status == "error" else ""
    with transaction.atomic():
        _save(video, item, sentence)


def _save(video: Video, item: RemoteVideo, sentence: str) -> None:
    now = timezone.now()
    if item.status == "finished":
        video.move(ProviderState.COPYING, remote_state=item.status, seen_at=now, progress=100, attempts=0)
        start(video)
    elif item.status == "error":
        video.move(ProviderState.FAILED, remote_state=item.status, seen_at=now, error=sentence)
    else:  # pending, in_progressing, or a word that we do not know yet
        progress = min(item.progress or 0, 99)
        if (item.status, progress) != (video.remote_state, video.progress) or video.lost_since:
            video.save_fields(remote_state=item.status, progress=progress, seen_at=now, lost_since=None)


def _ask_for(video: Video) -> RemoteVideo | None:
    """It is not in the list: the list may be cut, or the provider has lost it."""
    try:
        return client().get_video(video.remote_id)
    except ProviderError as error:
        if not error.is_unknown_id:
            return None
    now = timezone.now()
    if video.lost_since is None:
        video.save_fields(lost_since=now)
    elif now - video.lost_since > LOST_LIMIT:
        video.move(ProviderState.FAILED, error="The avatar service no longer knows this video. Try again.")
    return None


def _reason(video: Video) -> str:
    """The provider's own words, where it has any."""
    try:
        said = client().get_video(video.remote_id).error
    except ProviderError:
        said = ""
    return said or "The avatar service could not make this video. Try again, or use another recording."


def _fail_overdue(videos: Iterable[Video]) -> None:
    overdue = [video for video in videos if video.time_in_state > TIME_LIMIT]
    do_each(overdue, _fail_slow)


def _fail_slow(video: Video) -> None:
    with transaction.atomic():
        video.move(ProviderState.FAILED, error="This took too long. Try again.")


def _pace(making: list[Video]) -> float:
    if settings.EMBEDDED:
        return settings.POLL_SECONDS
    fresh = any(video.time_in_state <= SLOW_AFTER for video in making)
    return settings.POLL_SECONDS if fresh else SLOW_SECONDS


def _hourly() -> None:
    if settings.SYNC_MINUTES and Lease.acquire("sync videos", uuid.uuid4(), settings.SYNC_MINUTES * 60):
        request_sync()
    if Lease.acquire("spare voices", uuid.uuid4(), 3600):
        voice_services.delete_unused()
