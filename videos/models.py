"""Voices and the videos in which an avatar speaks them."""

from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone

from avatars.models import Avatar
from dashboard.jobs import State
from dashboard.models import Forgotten, OwnedModel
from dashboard.remote import RemoteJob


class Voice(OwnedModel):
    """A recording, decoded once and kept as WAV, which every provider takes."""

    name = models.CharField(max_length=200)
    sound = models.FileField(upload_to="videos/voices/")
    seconds = models.FloatField()
    peaks = models.JSONField(default=list, help_text="About 200 loudness values, 0 to 1, for the waveform.")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.name


class Video(RemoteJob):
    """A talking video. States: dashboard.jobs.State."""

    KIND = Forgotten.Kind.VIDEO

    title = models.CharField(max_length=200)
    avatar = models.ForeignKey(Avatar, null=True, on_delete=models.SET_NULL, related_name="videos")
    # Empty for a video that was brought in from the provider, which does not give its sound back.
    voice = models.ForeignKey(Voice, null=True, on_delete=models.SET_NULL, related_name="videos")
    script = models.TextField(blank=True, help_text="What the voice says, if somebody typed it.")
    remote_state = models.CharField(max_length=40, blank=True, help_text="The provider's own word for it.")
    seen_at = models.DateTimeField(null=True, help_text="When the provider last said anything about it.")
    lost_since = models.DateTimeField(null=True, help_text="Since when the provider does not know it.")
    finished_at = models.DateTimeField(null=True)
    video = models.FileField(upload_to="videos/videos/", blank=True)
    mask = models.FileField(upload_to="videos/masks/", blank=True)
    poster = models.FileField(upload_to="videos/posters/", blank=True)
    captions = models.FileField(upload_to="videos/captions/", blank=True)  # WebVTT
    thumbnail = models.FileField(upload_to="videos/thumbnails/", blank=True)
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    seconds = models.FloatField(default=0)
    colour = models.CharField(max_length=7, default="#8a8f98", help_text="Shown while the poster loads.")

    class Meta(RemoteJob.Meta):
        ordering = ["-created_at", "-pk"]
        indexes = [
            *RemoteJob.Meta.indexes,
            models.Index(Lower("title"), name="video_by_title"),
            models.Index(fields=["seconds"], name="video_by_length"),
            models.Index(fields=["avatar", "created_at"], name="video_by_avatar"),
            # All that a search looks at, in the gallery's order: it reads this index and no row.
            models.Index(fields=["created_at", "title", "avatar", "made_by"], name="video_search"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("video", args=[self.pk])

    @property
    def is_cancellable(self) -> bool:
        """While it waits, here or in the provider's own queue, where we can only stop waiting for it."""
        if self.state == State.MAKING:
            return self.remote_state == "pending"
        return self.state in (State.WAITING, State.UNSURE)

    @property
    def place(self) -> int:
        """How many videos are before this one while it waits."""
        ahead = (State.WAITING, State.SENDING, State.MAKING)
        return Video.objects.filter(state__in=ahead, created_at__lt=self.created_at).count()

    @property
    def files(self) -> list[models.fields.files.FieldFile]:
        return [file for file in (self.video, self.mask, self.poster, self.thumbnail, self.captions) if file]
