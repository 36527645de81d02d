"""The queue of videos that wait to be sent to the provider: which are next, and how many are ahead of each.

A single video goes before those of a batch, so that a large batch does not delay other people. Several batches take
turns: first the first video of each, then the second, and so on. Queued videos can be cancelled at no cost. A video
whose avatar is still being generated is not part of the queue until the avatar is ready.
"""

from bisect import bisect_left
from collections.abc import Iterable

from django.conf import settings

from dashboard.jobs.provider_job import ACTIVE_STATES, ProviderState
from videos.models import Video

ORDER = ("batch_position", "created_at", "pk")
AT_PROVIDER = (ProviderState.SENDING, ProviderState.MAKING)


def next_up() -> list[int]:
    """The keys of the videos that may be sent now: as many as CG_AVATAR_MAX_IN_FLIGHT still allows."""
    in_flight = Video.all_objects.filter(state__in=AT_PROVIDER).count()
    free = max(settings.CG_AVATAR_MAX_IN_FLIGHT - in_flight, 0)
    waiting = (
        Video.objects.due(ProviderState.WAITING).exclude(avatar__state__in=ACTIVE_STATES).order_by(*ORDER)
    )
    return list(waiting.values_list("pk", flat=True)[:free])


def count_ahead(videos: Iterable[Video]) -> dict[int, int]:
    """The number of videos ahead of each queued one, by its key; two queries for all of them."""
    videos = list(videos)
    queued_here = [
        video for video in videos if video.state == ProviderState.WAITING and not video.waits_for_avatar
    ]
    queued_there = [video for video in videos if is_queued_at_provider(video)]
    if not queued_here and not queued_there:
        return {}
    in_flight = sorted(Video.all_objects.filter(state__in=AT_PROVIDER).values_list("state_since", flat=True))
    # The provider has a queue of its own, in the order in which videos were sent.
    ahead = {video.pk: bisect_left(in_flight, video.state_since) for video in queued_there}
    if queued_here:
        waiting = Video.objects.filter(state=ProviderState.WAITING).exclude(avatar__state__in=ACTIVE_STATES)
        queue = list(waiting.order_by(*ORDER).values_list("batch_position", "created_at", "pk"))
        for video in queued_here:
            place = (video.batch_position, video.created_at, video.pk)
            ahead[video.pk] = len(in_flight) + bisect_left(queue, place)
    return ahead


def is_queued_at_provider(video: Video) -> bool:
    """Whether it was sent but the provider has not started it."""
    return video.state == ProviderState.SENDING or (
        video.state == ProviderState.MAKING and video.remote_state == "pending"
    )
