"""Files made from a finished video."""

from datetime import datetime

from django.db import models
from django.urls import reverse
from django.utils import timezone

from dashboard.jobs.leased_job import JobQuerySet
from dashboard.jobs.local_job import LocalJob, LocalState
from dashboard.models import OwnedModel, User
from videos.models.video import Video


class ExportKind(models.TextChoices):
    LOOK = "look", "Video with background"  # becomes Video.styled_video
    WEBM = "webm", "Transparent WebM"
    MOV = "mov", "Transparent ProRes"
    GIF = "gif", "GIF"
    WEBP = "webp", "Animated WebP"
    SOUND = "sound", "Audio"
    POSTER = "poster", "Thumbnail"  # becomes Video.poster and Video.thumbnail


class ExportQuerySet(JobQuerySet):
    """Typed; see JobQuerySet."""


class Export(OwnedModel, LocalJob):
    """A file made from a finished video and its mask: a download, or the video with its look. Kept for reuse.

    `made_by` is the last person who requested a download; empty for what is made without a request, such as a look.
    """

    Kind = ExportKind
    TASK = "videos.exports.tasks.work"
    QUICK_KINDS = (
        Kind.POSTER,
        Kind.SOUND,
    )  # these take seconds, not minutes, so the common workers make them

    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="exports", db_index=False)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    look = models.JSONField(default=dict, help_text="The look it is made with.")
    look_key = models.CharField(max_length=16, blank=True)
    # Saved before the file is written, so that the next run can delete what a killed run left behind.
    file = models.FileField(upload_to="videos/exports/", blank=True)
    size = models.PositiveBigIntegerField(default=0, help_text="Bytes.")
    used_at = models.DateTimeField(
        default=timezone.now, db_index=True, help_text="When it was last requested."
    )

    objects = ExportQuerySet.as_manager()  # type: ignore[misc]  # the plugin infers no class variable here

    class Meta(LocalJob.Meta):
        constraints = [
            *LocalJob.Meta.constraints,
            models.UniqueConstraint(fields=["video", "kind", "look_key"], name="export_once_per_look"),
            models.CheckConstraint(
                condition=models.Q(kind__in=ExportKind.values), name="export_kind_is_known"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "try_after"], name="export_due"),
            models.Index(fields=["made_by", "state_since"], name="export_news"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.video_id}"

    @property
    def cluster(self) -> str | None:
        return None if self.kind in self.QUICK_KINDS else "studio"

    def get_absolute_url(self) -> str:
        return reverse("video", args=[self.video_id])

    # -- news: see dashboard.notifications.Notifying

    @classmethod
    def being_made(cls) -> models.QuerySet["Export"]:
        active = (LocalState.WAITING, LocalState.WORKING)
        return cls.objects.filter(state__in=active, made_by__isnull=False)

    @classmethod
    def done_since(cls, user: User, moment: datetime) -> models.QuerySet["Export"]:
        ended = (LocalState.READY, LocalState.FAILED)
        rows = cls.objects.filter(made_by=user, state_since__gt=moment, state__in=ended)
        return rows.select_related("video").order_by("-state_since")

    @property
    def done_at(self) -> datetime:
        return self.state_since

    @property
    def outcome(self) -> str:
        words = "is ready to download" if self.is_ready else "failed"
        return f"{self.get_kind_display()} of {self.video} {words}."
