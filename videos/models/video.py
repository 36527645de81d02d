"""The talking videos."""

import functools
from datetime import datetime

from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse

from avatars.models import Avatar
from dashboard.jobs.provider_job import ProviderJob, ProviderState
from dashboard.models import Tombstone, User
from dashboard.provider.answers import MAX_STATE
from videos.looks.framing import Framing
from videos.looks.look import Look
from videos.models.voice import Voice

NO_MASK = "This video came without a mask, so its background cannot be removed or replaced."


class Video(ProviderJob):
    """A talking video. States: dashboard.jobs.provider_job.ProviderState."""

    KIND = Tombstone.Kind.VIDEO
    TASK = "videos.tasks.generate"
    COPY_TASK = "videos.tasks.copy"

    class MaskProblem(models.TextChoices):
        LOST = (
            "lost",
            "The mask of this video could not be downloaded, so its background cannot be removed or replaced.",
        )
        UNFIT = (
            "unfit",
            "The mask that came with this video is damaged or does not fit it, so its background cannot be "
            "removed or replaced.",
        )

    title = models.CharField(max_length=200)
    avatar = models.ForeignKey(
        Avatar, null=True, on_delete=models.SET_NULL, related_name="videos", db_index=False
    )
    # Empty for a video that was brought in from the provider, which does not give its sound back.
    voice = models.ForeignKey(Voice, null=True, on_delete=models.SET_NULL, related_name="videos")
    script = models.TextField(blank=True, help_text="What the voice says, if somebody typed it.")
    remote_state = models.CharField(
        max_length=MAX_STATE, blank=True, help_text="The provider's own word for it."
    )
    seen_at = models.DateTimeField(null=True, help_text="When the provider last said anything about it.")
    lost_since = models.DateTimeField(null=True, help_text="Since when the provider does not know it.")
    finished_at = models.DateTimeField(null=True)
    video = models.FileField(upload_to="videos/videos/", blank=True)
    mask = models.FileField(upload_to="videos/masks/", blank=True)
    mask_problem = models.CharField(
        max_length=8,
        choices=MaskProblem.choices,
        blank=True,
        help_text="Why there is no mask, if one was to come.",
    )
    poster = models.FileField(upload_to="videos/posters/", blank=True)
    captions = models.FileField(upload_to="videos/captions/", blank=True)  # WebVTT
    words_fit = models.BooleanField(
        null=True, help_text="Whether the script fitted the sound; empty: the provider says nothing about it."
    )
    thumbnail = models.FileField(upload_to="videos/thumbnails/", blank=True)
    poster_at = models.FloatField(
        null=True, help_text="The moment that was chosen for the poster, in seconds."
    )
    # The person alone, from video and mask, with an alpha channel: for previews of other looks.
    cutout = models.FileField(upload_to="videos/cutouts/", blank=True)
    look = models.JSONField(default=dict, help_text="videos.looks.look.Look; empty: the original.")
    # A copy of the avatar's, which may be deleted before the video is.
    framing = models.JSONField(default=dict, help_text="Where the head is in it, if the provider says so.")
    # The video with its look, and the look that it has: another than `look` while that is being made.
    dressed = models.FileField(upload_to="videos/dressed/", blank=True)
    dressed_key = models.CharField(max_length=16, blank=True)
    # Its index (below) leaves out the many that are in none: SQLite would take it to look for them.
    batch = models.ForeignKey(
        "videos.Batch", null=True, on_delete=models.SET_NULL, related_name="videos", db_index=False
    )
    # Its place in its batch, from 1; lower ones go first (see videos.scheduling). 0: ordered by itself.
    turn = models.PositiveIntegerField(default=0)
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    seconds = models.FloatField(default=0)
    colour = models.CharField(max_length=7, default="#8a8f98", help_text="Shown while the poster loads.")

    class Meta(ProviderJob.Meta):
        ordering = ["-created_at", "-pk"]
        constraints = [
            *ProviderJob.Meta.constraints,
            models.CheckConstraint(condition=models.Q(seconds__gte=0), name="video_length_from_0"),
            models.CheckConstraint(
                condition=models.Q(poster_at=None) | models.Q(poster_at__gte=0), name="video_poster_from_0"
            ),
        ]
        indexes = [
            *ProviderJob.Meta.indexes,
            models.Index(Lower("title"), name="video_by_title"),
            models.Index(fields=["seconds"], name="video_by_length"),
            models.Index(fields=["avatar", "created_at"], name="video_by_avatar"),
            models.Index(fields=["batch"], name="video_by_batch", condition=models.Q(batch__isnull=False)),
            # All that a search looks at, in the gallery's order: it reads this index and no row.
            models.Index(fields=["created_at", "title", "avatar", "made_by"], name="video_search"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("video", args=[self.pk])

    @classmethod
    def done_since(cls, user: User, moment: datetime) -> models.QuerySet["Video"]:
        """Without those of a batch, which tells of all of them at once."""
        return super().done_since(user, moment).filter(batch=None)

    @property
    def is_cancellable(self) -> bool:
        """While it waits, here or in the provider's own queue, where we can only stop waiting for it."""
        if self.state == ProviderState.MAKING:
            return self.remote_state == "pending"
        return self.state in (ProviderState.WAITING, ProviderState.UNSURE)

    @property
    def why_no_mask(self) -> str:
        """A sentence; empty where there is a mask."""
        if self.mask:
            return ""
        return self.get_mask_problem_display() or NO_MASK

    @property
    def waits_for_avatar(self) -> bool:
        """It was ordered together with its avatar, which cannot speak yet."""
        return self.state == ProviderState.WAITING and self.avatar is not None and self.avatar.is_active

    @functools.cached_property
    def looks(self) -> Look:
        return Look.of(self.look)

    @property
    def face(self) -> Framing | None:
        """Where the head is in it; None where nobody knows."""
        return Framing.of(self.framing or (self.avatar.framing if self.avatar else None))

    @property
    def poster_moment(self) -> float:
        """In seconds. The first frame unless somebody chose: there the person looks as in the portrait, and
        later moments may be a blink."""
        return self.poster_at if self.poster_at is not None else 0.0

    @property
    def shown(self) -> models.fields.files.FieldFile:
        """What the player plays: with its look, once that is made."""
        if self.dressed and self.dressed_key == self.looks.key:
            return self.dressed
        return self.video

    @property
    def is_poster_true(self) -> bool:
        """Not while it still has the look that is about to be replaced."""
        return not self.dressed or self.shown == self.dressed

    @property
    def shown_size(self) -> tuple[int, int]:
        """Width and height of what the player plays, in pixels."""
        if self.dressed and self.shown == self.dressed:
            return self.looks.canvas(self.width, self.height)
        return self.width, self.height

    @property
    def files(self) -> list[models.fields.files.FieldFile]:
        own = (self.video, self.mask, self.poster, self.thumbnail, self.captions, self.cutout, self.dressed)
        return [file for file in own if file]
