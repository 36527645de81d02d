"""Several videos requested at once."""

import functools
import uuid
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.urls import reverse
from django.utils import timezone

from dashboard.consent.consented_model import ConsentedModel
from dashboard.jobs.leased_job import JobQuerySet, job_constraints
from dashboard.jobs.local_job import LocalJob, LocalState
from dashboard.jobs.provider_job import ProviderState
from dashboard.models import OwnedModel, User
from dashboard.trash.trashable_model import NotInTrashManager, TrashableModel

if TYPE_CHECKING:
    from videos.batches.progress import Tally

if TYPE_CHECKING:
    pass


class Batch(OwnedModel, TrashableModel, ConsentedModel):
    """Several videos requested at once: each row is a BatchItem, which becomes a Video.

    A sheet starts as a draft: its rows can be reviewed and fixed, and nothing is generated yet. When the valid rows
    are started, the others stay drafts of the same batch.

    Its statement is about the audio that its sheet names by web addresses; a file has its own.
    """

    name = models.CharField(max_length=200)
    ref = models.UUIDField(
        default=uuid.uuid4, unique=True, help_text="Submitting the same page twice creates one batch."
    )
    look = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, help_text="Empty: a draft.")
    done_at = models.DateTimeField(null=True, help_text="When its last video was finished.")
    discarded_rows = models.PositiveIntegerField(default=0, help_text="Number of rows that were discarded.")
    sounds = models.JSONField(
        default=dict, help_text="Names of uploaded files, and the keys of their voices."
    )

    objects: ClassVar = NotInTrashManager()
    all_objects: ClassVar = models.Manager()

    # Set by videos.batches.progress for pages.
    tally: "Tally"
    rows: list["BatchItem"]
    stamps: str
    can_retry: int
    can_cancel: int

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [
            *TrashableModel.Meta.indexes,
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
        """No row has been started yet."""
        return self.started_at is None

    @property
    def drafts(self) -> "models.QuerySet[BatchItem]":
        """The rows that have not been started, because they have errors or nobody has pressed the button."""
        return self.items.filter(state=ItemState.DRAFT)

    # -- news: see dashboard.notifications.Notifying
    NEWS_WORDS: ClassVar = None

    @classmethod
    def being_made(cls) -> models.QuerySet["Batch"]:
        return cls.objects.filter(started_at__isnull=False, done_at=None)

    @classmethod
    def done_since(cls, user: User, moment: datetime) -> models.QuerySet["Batch"]:
        return cls.objects.filter(made_by=user, done_at__gt=moment).order_by("-done_at")

    @functools.cached_property
    def outcome_counts(self) -> tuple[int, int]:
        """How many are ready, and how many failed."""
        states = [*self.items.exclude(state=ItemState.READY).values_list("state", flat=True)]
        states += self.videos.values_list("state", flat=True)
        return states.count(ProviderState.READY), sum(
            state in (ProviderState.FAILED, ProviderState.UNSURE) for state in states
        )

    @property
    def is_ready(self) -> bool:
        return not self.outcome_counts[1]

    @property
    def outcome(self) -> str:
        ready, failed = self.outcome_counts
        words = f"{ready} video{' is' if ready == 1 else 's are'} ready"
        return f"{self}: {words}{f', {failed} failed' if failed else ''}."


class ItemState(models.TextChoices):
    """LocalState with two more states.

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


class BatchItemQuerySet(JobQuerySet):
    """Typed; see JobQuerySet."""


class BatchItem(LocalJob):
    """One row of a batch: downloads its sound if that is a URL, then becomes a video."""

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
    # As typed: they are resolved to `avatar`, `voice` and `audio_url` again whenever something changes.
    avatar_text = models.CharField(max_length=200, blank=True)
    sound_text = models.CharField(max_length=2000, blank=True)
    avatar = models.ForeignKey("avatars.Avatar", null=True, on_delete=models.SET_NULL, related_name="+")
    voice = models.ForeignKey("videos.Voice", null=True, on_delete=models.SET_NULL, related_name="+")
    audio_url = models.URLField(max_length=2000, blank=True)
    script = models.TextField(blank=True)
    video = models.OneToOneField(
        "videos.Video", null=True, on_delete=models.SET_NULL, related_name="batch_item"
    )

    objects = BatchItemQuerySet.as_manager()  # type: ignore[misc]  # the plugin infers no class variable here

    # Set by videos.batches.progress for pages.
    display_state: str
    ahead: int
    can_cancel: bool

    class Meta(LocalJob.Meta):
        ordering = ["number"]
        constraints = [
            *job_constraints(ItemState),
            models.UniqueConstraint(fields=["batch", "number"], name="one_item_per_row"),
            models.CheckConstraint(condition=models.Q(number__gte=1), name="item_number_from_1"),
        ]

    def __str__(self) -> str:
        return self.title or f"{self.batch_id}.{self.number}"
