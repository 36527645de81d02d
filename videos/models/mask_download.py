"""Masks that could not be downloaded together with their videos."""

from django.db import models

from dashboard.jobs.leased_job import JobQuerySet
from dashboard.jobs.local_job import LocalJob, LocalState
from videos.models.video import Video


class MaskDownloadQuerySet(JobQuerySet):
    """Typed; see JobQuerySet."""


class MaskDownload(LocalJob):
    """The mask of a finished video, which is shown without it: downloaded in the background, also again on request."""

    TASK = "videos.masks.download"
    MAX_ATTEMPTS = 5

    video = models.OneToOneField(Video, on_delete=models.CASCADE, related_name="mask_download")

    objects = MaskDownloadQuerySet.as_manager()  # type: ignore[misc]  # the plugin infers no class variable here

    class Meta(LocalJob.Meta):
        indexes = [models.Index(fields=["state", "try_after"], name="mask_download_due")]

    def __str__(self) -> str:
        return f"mask of {self.video_id}"

    @property
    def cluster(self) -> str | None:
        return "download"

    @classmethod
    def background_downloads(cls) -> JobQuerySet:
        """See dashboard.provider.copy_scheduling."""
        return cls.objects.filter(state=LocalState.WORKING)
