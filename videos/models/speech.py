"""Typed texts that become voices."""

import uuid
from datetime import datetime

from django.db import models
from django.urls import reverse

from dashboard.consent.consented_model import ConsentedModel
from dashboard.jobs.leased_job import JobQuerySet
from dashboard.jobs.local_job import LocalJob, LocalState
from dashboard.models import OwnedModel, User
from videos.models.voice import Voice


class SpeechQuerySet(JobQuerySet):
    """Typed; see JobQuerySet."""


class Speech(OwnedModel, ConsentedModel, LocalJob):
    """A typed text, and the synthetic voice that says it. Its result is a `Voice`, and goes with it.

    A sample is one sentence to listen to: its result is only a sound, deleted after an hour.
    """

    TASK = "videos.voices.speech.tasks.work"

    ref = models.UUIDField(
        default=uuid.uuid4, unique=True, help_text="Submitting the same page twice makes one voice."
    )
    name = models.CharField(max_length=200, blank=True, help_text="Of the voice; empty: its first words.")
    text = models.TextField(help_text="As typed, with its pause marks.")
    speaker = models.CharField(
        max_length=200, help_text="The synthetic voice: its source and its name there, as in draft:de."
    )
    speed = models.FloatField(default=1.0)
    is_sample = models.BooleanField(default=False)
    voice = models.OneToOneField(Voice, null=True, on_delete=models.CASCADE, related_name="speech")
    sound = models.FileField(upload_to="videos/samples/", blank=True, help_text="Of a sample.")
    # For captions: [word, start, end], as far as the source says when each word is spoken.
    words = models.JSONField(default=list)

    objects = SpeechQuerySet.as_manager()  # type: ignore[misc]  # the plugin infers no class variable here

    class Meta(LocalJob.Meta):
        ordering = ["-pk"]
        constraints = [
            *LocalJob.Meta.constraints,
            models.CheckConstraint(condition=models.Q(speed__gt=0), name="speech_speed_from_0"),
        ]
        indexes = [
            models.Index(fields=["state", "try_after"], name="speech_due"),
            models.Index(fields=["made_by", "state_since"], name="speech_news"),
        ]

    def __str__(self) -> str:
        return self.name or f"“{' '.join(self.text.split())[:60]}”"

    @property
    def cluster(self) -> str | None:
        """Draft voices take a second; others may take minutes, on this machine or on another one."""
        return None if self.speaker.startswith("draft:") else "download"

    def get_absolute_url(self) -> str:
        if self.voice_id:
            return reverse("voice", args=[self.voice_id])
        return reverse("speech", args=[self.pk])

    # -- news: see dashboard.notifications.Notifying

    @classmethod
    def being_made(cls) -> models.QuerySet["Speech"]:
        active = (LocalState.WAITING, LocalState.WORKING)
        return cls.objects.filter(state__in=active, is_sample=False, made_by__isnull=False)

    @classmethod
    def done_since(cls, user: User, moment: datetime) -> models.QuerySet["Speech"]:
        ended = (LocalState.READY, LocalState.FAILED)
        rows = cls.objects.filter(made_by=user, state_since__gt=moment, state__in=ended, is_sample=False)
        return rows.order_by("-state_since")

    @property
    def done_at(self) -> datetime:
        return self.state_since

    @property
    def outcome(self) -> str:
        return f"The voice {self} is ready." if self.is_ready else f"The voice {self} failed. {self.error}"
