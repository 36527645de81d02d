"""The line of videos that wait for a place at the provider: who goes next, and how many are before whom.

A video that somebody ordered by itself goes before those of a batch, so that two hundred at once keep nobody
waiting; of several batches each has its turn, first with its first video, then with its second, and so on.
Who waits here can still be cancelled without a cost. A video whose avatar is still being made stands beside the line
until it can speak.
"""

from bisect import bisect_left
from collections.abc import Iterable

from django.conf import settings

from dashboard.jobs.provider_job import ACTIVE_STATES, ProviderState
from videos.models import Video

ORDER = ("batch_position", "created_at", "pk")
AWAY = (ProviderState.SENDING, ProviderState.MAKING)


def next_up() -> list[int]:
    """Which waiting videos may be sent now: as many as there are places at the provider."""
    away = Video.objects.filter(state__in=AWAY).count()
    free = max(settings.CG_AVATAR_MAX_IN_FLIGHT - away, 0)
    waiting = (
        Video.objects.due(ProviderState.WAITING).exclude(avatar__state__in=ACTIVE_STATES).order_by(*ORDER)
    )
    return list(waiting.values_list("pk", flat=True)[:free])


def count_ahead(videos: Iterable[Video]) -> dict[int, int]:
    """How many videos are ahead of each one that waits, by its key: two queries for all of them."""
    videos = list(videos)
    here = [video for video in videos if video.state == ProviderState.WAITING and not video.waits_for_avatar]
    there = [video for video in videos if waits_there(video)]
    if not here and not there:
        return {}
    away = sorted(Video.objects.filter(state__in=AWAY).values_list("state_since", flat=True))
    # The provider keeps a queue of its own: who came to it first.
    ahead = {video.pk: bisect_left(away, video.state_since) for video in there}
    if here:
        line = Video.objects.filter(state=ProviderState.WAITING).exclude(avatar__state__in=ACTIVE_STATES)
        line = list(line.order_by(*ORDER).values_list(*ORDER))
        for video in here:
            ahead[video.pk] = len(away) + bisect_left(
                line, (video.batch_position, video.created_at, video.pk)
            )
    return ahead


def waits_there(video: Video) -> bool:
    return video.state == ProviderState.SENDING or (
        video.state == ProviderState.MAKING and video.remote_state == "pending"
    )
