"""Files that are made of a finished video."""

from datetime import datetime

from django.db import models
from django.urls import reverse
from django.utils import timezone

from dashboard.jobs.local_job import LocalJob, LocalState
from dashboard.models import OwnedModel, User
from videos.models.video import Video


class ExportKind(models.TextChoices):
    LOOK = "look", "Video with its look"  # becomes Video.dressed
    WEBM = "webm", "Transparent WebM"
    MOV = "mov", "Transparent ProRes"
    GIF = "gif", "GIF"
    WEBP = "webp", "Animated WebP"
    SOUND = "sound", "Sound"
    POSTER = "poster", "Poster"  # becomes Video.poster and Video.thumbnail


class Export(OwnedModel, LocalJob):
    """A file made of a finished video and its mask: for a program, or with a look. Kept for the next click.

    `made_by` is who asked for a download last; nobody for what follows from something else, as a look.
    """

    Kind = ExportKind
    TASK = "videos.exports.tasks.work"
    QUICK = (Kind.POSTER, Kind.SOUND)  # seconds, not minutes: the common workers do them

    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="exports", db_index=False)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    look = models.JSONField(default=dict, help_text="The look that it is made with.")
    look_key = models.CharField(max_length=16, blank=True)
    # Named here before it is written, so that what a killed run left is known to the next one.
    file = models.FileField(upload_to="videos/exports/", blank=True)
    size = models.PositiveBigIntegerField(default=0, help_text="Bytes.")
    used_at = models.DateTimeField(
        default=timezone.now, db_index=True, help_text="When somebody last asked for it."
    )

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
        return None if self.kind in self.QUICK else "studio"

    def get_absolute_url(self) -> str:
        return reverse("video", args=[self.video_id])

    # -- news: see dashboard.notifications.Newsworthy

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
        words = "is ready to download" if self.is_ready else "could not be made"
        return f"{self.get_kind_display()} of {self.video} {words}."
