"""Follows the videos that the provider is generating: one request for all, single requests only if needed."""

import logging
import random
import uuid
from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from dashboard.jobs.continue_on_error import do_each, run_each
from dashboard.jobs.enqueue import MAX_ROWS, enqueue_due
from dashboard.jobs.provider_job import ProviderState
from dashboard.models import Lease
from dashboard.provider import copy_scheduling
from dashboard.provider.answers import ProviderError
from dashboard.provider.client import client, count_free_requests
from dashboard.provider.parsing import RemoteVideo
from dashboard.provider.sync import take_held
from videos.models import Video
from videos.scheduling import next_up
from videos.tasks import request_sync, start
from videos.voices import services as voice_services

log = logging.getLogger(__name__)

IDLE_SECONDS = 1.0  # so that a new video starts soon
SLOW_AFTER = timedelta(minutes=2)  # other providers take 10 to 30 minutes, so they are asked less often
SLOW_SECONDS = 20.0
TIME_LIMIT = timedelta(hours=3)
LOST_LIMIT = timedelta(minutes=10)


def step() -> float:
    """One pass; the seconds until the next."""
    run_each(Video.release_dead_leases, _enqueue_due, _run_hourly)
    making = list(Video.all_objects.filter(state=ProviderState.MAKING))
    if not making:
        return IDLE_SECONDS
    try:
        listed = client(is_poll=True).list_videos([video.remote_id for video in making])
    except ProviderError as error:
        # Videos do not fail because the provider is unavailable for a moment, only when they are overdue. A wrong key
        # says nothing about them: they wait until it is renewed.
        log.warning("video.list: %s", error)
        if not error.denies_access:
            _fail_overdue(making)
        return max(error.retry_after, settings.POLL_SECONDS * 4)
    items = {item.video_id: item for item in listed}
    now = timezone.now()
    due = [video for video in making if video.try_after <= now]
    random.shuffle(due)  # single requests may not be enough for all of them
    do_each(due, lambda video: _update(video, items.get(video.remote_id)), on_error=Video.postpone)
    _fail_overdue(video for video in making if video.state == ProviderState.MAKING)
    return _get_interval(making)


def _enqueue_due() -> None:
    begun, next_ones = Video.all_objects.due(ProviderState.SENDING), next_up()
    copying = Video.all_objects.due(ProviderState.COPYING)
    if not next_ones and not begun.exists() and not copying.exists():
        return
    free = min(count_free_requests(), MAX_ROWS)  # each of them makes a request
    free -= copy_scheduling.enqueue_copies(Video, max_rows=free)
    free -= enqueue_due(begun, max_rows=free)
    enqueue_due(Video.all_objects.filter(pk__in=next_ones).due(ProviderState.WAITING), max_rows=free)


def _update(video: Video, item: RemoteVideo | None) -> None:
    if item is None:
        item = _fetch_unlisted(video)
    if item is None:
        return
    try:
        error = (item.error or _get_error(video)) if item.status == "error" else ""
    except ProviderError:  # it is asked for later
        return
    with transaction.atomic():
        _save(video, item, error)


def _save(video: Video, item: RemoteVideo, error: str) -> None:
    now = timezone.now()
    if item.status == "finished":
        video.move(ProviderState.COPYING, remote_state=item.status, seen_at=now, progress=100, attempts=0)
        start(video)
    elif item.status == "error":
        video.move(ProviderState.FAILED, remote_state=item.status, seen_at=now, error=error)
    else:  # pending, in_progressing, or a status that is not known yet
        progress = min(item.progress or 0, 99)
        if (item.status, progress) != (video.remote_state, video.progress) or video.lost_since:
            video.save_fields(remote_state=item.status, progress=progress, seen_at=now, lost_since=None)


def _fetch_unlisted(video: Video) -> RemoteVideo | None:
    """Request a video that is missing in the list: the list may be limited, or the provider has lost the video."""
    try:
        return client(is_poll=True).get_video(video.remote_id)
    except ProviderError as error:
        if not error.is_unknown_id:
            return None
    now = timezone.now()
    if video.lost_since is None:
        video.save_fields(lost_since=now)
    elif now - video.lost_since > LOST_LIMIT:
        video.move(ProviderState.FAILED, error="The avatar service no longer knows this video. Try again.")
    return None


def _get_error(video: Video) -> str:
    """The error message of the provider, if it has one. Raises ProviderError while its limit does not allow to ask."""
    try:
        error = client(is_poll=True).get_video(video.remote_id).error
    except ProviderError as failure:
        if failure.retry_after:
            raise
        error = ""
    return error or "The avatar service could not make this video. Try again, or use another recording."


def _fail_overdue(videos: Iterable[Video]) -> None:
    overdue = [video for video in videos if video.time_in_state > TIME_LIMIT]
    do_each(overdue, _fail_slow)


def _fail_slow(video: Video) -> None:
    with transaction.atomic():
        video.move(ProviderState.FAILED, error="This took too long. Try again.")


def _get_interval(making: list[Video]) -> float:
    if settings.EMBEDDED:
        return settings.POLL_SECONDS
    is_recent = any(video.time_in_state <= SLOW_AFTER for video in making)
    return settings.POLL_SECONDS if is_recent else SLOW_SECONDS


def _run_hourly() -> None:
    interval = settings.SYNC_MINUTES * 60
    if take_held(Video) or (interval and Lease.acquire("sync videos", uuid.uuid4(), interval)):
        request_sync()
    if Lease.acquire("spare voices", uuid.uuid4(), 3600):
        voice_services.delete_unused()
