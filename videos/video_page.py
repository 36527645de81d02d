"""What the page of one video shows in addition to its row."""

from dataclasses import dataclass

from django.conf import settings

from dashboard.request import Request
from videos import masks
from videos.directions import describe
from videos.exports import catalogue, services
from videos.looks.services import find_look_export
from videos.missing_files import can_fetch_again
from videos.models import Export, MaskDownload, Share, ShareComment, Video
from videos.sharing.listing import list_comments, list_for_video


@dataclass(frozen=True)
class MaskNotice:
    """What the page says of a mask that did not come with its video."""

    download: MaskDownload | None
    can_be_requested: bool

    @property
    def is_pending(self) -> bool:
        return self.download is not None and self.download.is_active

    @property
    def stamp(self) -> str:
        """Changes with everything that is said while the mask is being downloaded."""
        if self.download is None or not self.is_pending:
            return ""
        return f"{self.download.version}.{self.download.minutes_to_next_try}"


@dataclass(frozen=True)
class VideoPage:
    address: str  # to share with the team
    base: str  # how addresses for visitors begin
    shares: list[Share]
    comments: list[ShareComment]  # of visitors
    catalogue: catalogue.Catalogue | None
    look_export: Export | None  # while the player still shows the original
    thumbnail_export: Export | None
    mask: MaskNotice
    can_fetch_again: bool  # its file is gone here, and the provider may still have it
    generated_in: float | None  # seconds
    movement: str  # in words; empty: natural


def build_video_page(request: Request, video: Video) -> VideoPage:
    """Collect everything that the page shows."""
    path = video.get_absolute_url()
    base = settings.PUBLIC_URL or request.build_absolute_uri("/").rstrip("/")
    return VideoPage(
        address=base + path,
        base=base,
        shares=list_for_video(video),
        comments=list_comments(video),
        catalogue=catalogue.list_downloads(video),
        look_export=find_look_export(video),
        thumbnail_export=services.find_export(video, Export.Kind.POSTER),
        can_fetch_again=can_fetch_again(video),
        mask=build_mask_notice(video),
        generated_in=(video.finished_at - video.created_at).total_seconds() if video.finished_at else None,
        movement=describe(video.direction),
    )


def build_mask_notice(video: Video) -> MaskNotice:
    """What the page says of the mask of this video."""
    return MaskNotice(masks.find_download(video), masks.can_request(video))
