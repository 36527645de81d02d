"""Changing the look of a video, and finding out how far that is."""

from django.db import transaction
from django.db.models import F

from videos.exports import services as exports
from videos.looks.look import Look
from videos.models import Export, Video


def change_look(video: Video, look: Look) -> None:
    """Save the look and apply it."""
    with transaction.atomic():
        Video.objects.filter(pk=video.pk).update(look=look.to_dict(), version=F("version") + 1)
        apply_look(Video.objects.get(pk=video.pk))


def apply_look(video: Video) -> None:
    """Apply the look of a finished video, also again after a failure; other videos get theirs when they finish."""
    with transaction.atomic():
        if video.is_ready:
            exports.apply_look(video)


def find_look_export(video: Video) -> Export | None:
    """The export that applies the video's look; None once the look is displayed, or if there is nothing to apply."""
    if not video.is_ready or video.parsed_look.is_plain or video.display_file != video.video:
        return None
    return exports.find_export(video, Export.Kind.LOOK)
