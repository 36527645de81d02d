"""Several videos ordered at once."""

import functools
import uuid
from datetime import datetime

from django.db import models
from django.urls import reverse
from django.utils import timezone

from dashboard.jobs.base import job_constraints
from dashboard.jobs.local_job import LocalJob, LocalState
from dashboard.jobs.provider_job import ProviderState
from dashboard.models import OwnedModel, User


class Batch(OwnedModel):
    """Several videos ordered at once: each is a BatchItem, and soon a Video.

    A sheet is a draft first: its rows are there to be reviewed and fixed, and nothing is made yet. When those that are
    fine are made, the others stay drafts, of the same batch.
    """

    name = models.CharField(max_length=200)
    ref = models.UUIDField(
        default=uuid.uuid4, unique=True, help_text="The same page sent twice is one batch."
    )
    look = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, help_text="Empty: a draft.")
    done_at = models.DateTimeField(null=True, help_text="When nothing of it was left to be made.")
    left_out = models.PositiveIntegerField(default=0, help_text="Rows of the sheet that somebody discarded.")
    sounds = models.JSONField(default=dict, help_text="Names of files that came along, and their voices.")

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["created_at"], name="batch_by_date"),
            models.Index(fields=["done_at"], name="batch_by_end"),
            models.Index(fields=["made_by", "done_at"], name="batch_by_person"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("batch", args=[self.pk])

    @property
    def is_draft(self) -> bool:
        """Nothing of it is made yet."""
        return self.started_at is None

    @property
    def drafts(self) -> "models.QuerySet[BatchItem]":
        """The rows that are not made yet, because something is wrong with them or nobody has pressed the button."""
        return self.items.filter(state=ItemState.DRAFT)

    # -- news: see dashboard.notifications.Newsworthy

    @classmethod
    def being_made(cls) -> models.QuerySet["Batch"]:
        return cls.objects.filter(started_at__isnull=False, done_at=None)

    @classmethod
    def done_since(cls, user: User, moment: datetime) -> models.QuerySet["Batch"]:
        return cls.objects.filter(made_by=user, done_at__gt=moment).order_by("-done_at")

    @functools.cached_property
    def numbers(self) -> tuple[int, int]:
        """How many are ready, and how many could not be made."""
        states = [*self.items.exclude(state=ItemState.READY).values_list("state", flat=True)]
        states += self.videos.values_list("state", flat=True)
        return states.count(ProviderState.READY), sum(
            state in (ProviderState.FAILED, ProviderState.UNSURE) for state in states
        )

    @property
    def is_ready(self) -> bool:
        return not self.numbers[1]

    @property
    def outcome(self) -> str:
        ready, failed = self.numbers
        words = f"{ready} video{' is' if ready == 1 else 's are'} ready"
        return f"{self}: {words}{f', {failed} could not be made' if failed else ''}."


class ItemState(models.TextChoices):
    """LocalState, and two more.

    ::

        draft ──▶ waiting ──▶ working ──▶ ready        draft: a row of a sheet that is being reviewed
                   ▲   │
                   │   ▼                               ready: it is a video now, which has states of its own
                  cancelled
    """

    DRAFT = "draft"
    WAITING = LocalState.WAITING.value
    WORKING = LocalState.WORKING.value
    READY = LocalState.READY.value
    FAILED = LocalState.FAILED.value
    CANCELLED = "cancelled"


class BatchItem(LocalJob):
    """One row of a batch: fetches its sound where it is an address, then becomes a video."""

    TRANSITIONS = LocalJob.TRANSITIONS | {
        ItemState.DRAFT: {ItemState.WAITING},
        ItemState.WAITING: LocalJob.TRANSITIONS[LocalState.WAITING] | {ItemState.CANCELLED, ItemState.READY},
        ItemState.CANCELLED: {ItemState.WAITING},
    }

    TASK = "videos.batches.tasks.work"

    state = models.CharField(max_length=16, choices=ItemState.choices, default=ItemState.WAITING)
    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="items", db_index=False)
    number = models.PositiveIntegerField(help_text="The row in the sheet, from 1.")
    title = models.CharField(max_length=200, blank=True)
    # As they were written: what they mean is looked up again whenever something changes.
    said_avatar = models.CharField(max_length=200, blank=True)
    said_sound = models.CharField(max_length=2000, blank=True)
    avatar = models.ForeignKey("avatars.Avatar", null=True, on_delete=models.SET_NULL, related_name="+")
    voice = models.ForeignKey("videos.Voice", null=True, on_delete=models.SET_NULL, related_name="+")
    audio_url = models.URLField(max_length=2000, blank=True)
    script = models.TextField(blank=True)
    video = models.OneToOneField(
        "videos.Video", null=True, on_delete=models.SET_NULL, related_name="batch_item"
    )

    class Meta(LocalJob.Meta):
        ordering = ["number"]
        constraints = [
            *job_constraints(ItemState),
            models.UniqueConstraint(fields=["batch", "number"], name="one_item_per_row"),
            models.CheckConstraint(condition=models.Q(number__gte=1), name="item_number_from_1"),
        ]

    def __str__(self) -> str:
        return self.title or f"{self.batch_id}.{self.number}"
