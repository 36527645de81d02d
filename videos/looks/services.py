"""How far a look is: what the exports know of it."""

from videos.exports import tasks as exports
from videos.models import Export, Video


def lay_on(video: Video) -> None:
    """Have a finished video dressed; others are when they come home. Within the transaction that saved the look."""
    if video.is_ready:
        exports.dress(video)


def laying(video: Video) -> Export | None:
    """Who lays the video's look on, while it does not have it yet."""
    if not video.is_ready or video.parsed_look.is_plain or video.display_file != video.video:
        return None
    return exports.find(video, Export.Kind.LOOK)
