"""What the page of one video shows beside the row itself."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest

from videos.exports import catalogue, tasks
from videos.looks.services import laying
from videos.models import Export, Video


@dataclass(frozen=True)
class VideoPage:
    address: str  # for the team
    catalogue: catalogue.Catalogue | None
    look_export: Export | None  # what has the look made, while the player still shows the original
    thumbnail_export: Export | None
    generated_in: float | None  # seconds


def build_video_page(request: HttpRequest, video: Video) -> VideoPage:
    path = video.get_absolute_url()
    return VideoPage(
        address=settings.PUBLIC_URL + path if settings.PUBLIC_URL else request.build_absolute_uri(path),
        catalogue=catalogue.list_downloads(video),
        look_export=laying(video),
        thumbnail_export=tasks.find(video, Export.Kind.POSTER),
        generated_in=(video.finished_at - video.created_at).total_seconds() if video.finished_at else None,
    )
