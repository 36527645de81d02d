"""What the card of a video shows, and the stamp by which a poll sees whether that has changed."""

from collections.abc import Iterable
from dataclasses import dataclass

from videos.models import Video
from videos.scheduling import count_ahead


@dataclass(frozen=True)
class VideoCard:
    """A video and its place in the queue."""

    video: Video
    ahead: int = 0  # how many videos are generated before it

    @property
    def stamp(self) -> str:
        return stamp(self.video, self.ahead)

    @property
    def poll_seconds(self) -> int:
        return self.video.poll_seconds(self.ahead)


def stamp(video: Video, ahead: int) -> str:
    """What a poll compares: the version of the row, and what changes without it: its place, and what it waits for."""
    return f"{video.stamp}.{ahead}{'.w' if video.waits_for else ''}"


def cards_of(videos: Iterable[Video]) -> list[VideoCard]:
    """The cards of these videos, in the same order."""
    videos = list(videos)
    ahead = count_ahead(videos)
    return [VideoCard(video, ahead.get(video.pk, 0)) for video in videos]


def card_of(video: Video) -> VideoCard:
    """The card of one video."""
    return cards_of([video])[0]
