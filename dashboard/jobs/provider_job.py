"""What avatars and videos have in common: a row that stands for something at the provider."""

import uuid
from datetime import datetime, timedelta
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models.fields.files import FieldFile
from django.utils import timezone

from dashboard.files import disk
from dashboard.health.problems import OUTAGE, has_problem
from dashboard.jobs.leased_job import Job, JobQuerySet, job_constraints
from dashboard.models import OwnedModel, Tombstone, User
from dashboard.provider import access
from dashboard.provider.parsing import MAX_ID
from dashboard.trash.trashable_model import NOT_IN_TRASH, TrashableModel


def current_provider() -> str:
    """The provider that is in use; ids are valid only with the provider that gave them."""
    return "embedded" if settings.EMBEDDED else settings.CG_AVATAR_API_URL


class ProviderState(models.TextChoices):
    """The states of an avatar or a video.

    ::

        waiting ──▶ sending ──▶ making ──▶ copying ──▶ ready
           ▲  ╲       │ ╲         │  ╲        │
           │   ╲      │  ╲        │   ╲       │         sending, copying: a task holds a lease
           │    ╲     ▼   ▼       ▼    ▼      ▼         making: the provider works, the poller watches
           │     ╲  unsure ───▶ failed      failed
           │      ╲   │            │
           │       ▼  ▼            │
           │     cancelled         │          an avatar goes from sending directly to copying and
           └────────┴──────────────┘          is never cancelled; unsure: the answer was lost and
                  try again                   only a person can say whether to pay twice

    From ready back to copying: a file is gone here and is fetched again.
    """

    WAITING = "waiting", "Queued"
    SENDING = "sending", "Generating"
    MAKING = "making", "Generating"
    COPYING = "copying", "Finishing"
    UNSURE = "unsure", "Unclear"
    READY = "ready", "Ready"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


ACTIVE_STATES = (
    ProviderState.WAITING,
    ProviderState.SENDING,
    ProviderState.MAKING,
    ProviderState.COPYING,
)


class ProviderJob(OwnedModel, TrashableModel, Job):
    """A job whose work is done by the provider of the API."""

    TRANSITIONS = {
        ProviderState.WAITING: {ProviderState.SENDING, ProviderState.CANCELLED, ProviderState.FAILED},
        ProviderState.SENDING: {
            ProviderState.SENDING,
            ProviderState.WAITING,
            ProviderState.MAKING,
            ProviderState.COPYING,
            ProviderState.UNSURE,
            ProviderState.FAILED,
        },
        ProviderState.MAKING: {ProviderState.COPYING, ProviderState.FAILED, ProviderState.CANCELLED},
        ProviderState.COPYING: {ProviderState.COPYING, ProviderState.READY, ProviderState.FAILED},
        ProviderState.UNSURE: {
            ProviderState.WAITING,
            ProviderState.MAKING,
            ProviderState.COPYING,
            ProviderState.FAILED,
            ProviderState.CANCELLED,
        },
        ProviderState.READY: {ProviderState.COPYING},
        ProviderState.FAILED: {ProviderState.WAITING, ProviderState.MAKING, ProviderState.COPYING},
        ProviderState.CANCELLED: {ProviderState.WAITING},
    }
    UNFINISHED = ACTIVE_STATES
    KIND: ClassVar[Tombstone.Kind]
    MAX_ATTEMPTS = 5  # of copying
    NEWS_WORDS: ClassVar[tuple[str, str] | None]
    COPY_TASK: ClassVar[str]  # TASK makes the generate call; this one copies the result

    state = models.CharField(max_length=16, choices=ProviderState.choices, default=ProviderState.WAITING)
    provider = models.CharField(
        max_length=200, default=current_provider, help_text="Where remote_id is valid."
    )
    remote_id = models.CharField(max_length=MAX_ID, blank=True)
    client_ref = models.UUIDField(default=uuid.uuid4, unique=True)
    # Set before a generate call, cleared by its answer: otherwise the answer was lost.
    asked_at = models.DateTimeField(null=True)
    # Ids at the provider that were unknown here before the call: if its answer is lost, a new one is ours.
    unknown_before = models.JSONField(default=list)

    class Meta:
        abstract = True
        constraints = [
            *job_constraints(ProviderState),
            models.UniqueConstraint(
                fields=["provider", "remote_id"],
                condition=~models.Q(remote_id=""),
                name="%(class)s_once_per_remote_id",
            ),
        ]
        indexes = [
            *TrashableModel.Meta.indexes,
            # SQLite adds the key to it, which makes it the order of the galleries.
            models.Index(fields=["created_at"], condition=NOT_IN_TRASH, name="%(class)s_by_date"),
            models.Index(fields=["state", "try_after"], name="%(class)s_due"),
            # The filters of the galleries in their order, and the news of a person.
            models.Index(
                fields=["state", "created_at"],
                condition=NOT_IN_TRASH,
                name="%(class)s_by_state",
            ),
            # Rows that came to a state after a gallery was loaded with this state as its filter.
            models.Index(fields=["state", "state_since"], name="%(class)s_by_change"),
            models.Index(
                fields=["made_by", "created_at"],
                condition=NOT_IN_TRASH,
                name="%(class)s_by_person",
            ),
            models.Index(fields=["made_by", "state_since"], condition=NOT_IN_TRASH, name="%(class)s_news"),
        ]

    # -- news: see dashboard.notifications.Notifying

    @classmethod
    def being_made(cls) -> models.QuerySet[Self]:
        return cls.all_objects.filter(NOT_IN_TRASH, state__in=ACTIVE_STATES)

    @classmethod
    def done_since(cls, user: User, moment: datetime) -> models.QuerySet[Self]:
        ended = (ProviderState.READY, ProviderState.FAILED, ProviderState.UNSURE)
        rows = cls.all_objects.filter(NOT_IN_TRASH, made_by=user, state_since__gt=moment, state__in=ended)
        return rows.order_by("-state_since")

    @property
    def done_at(self) -> datetime:
        return self.state_since

    @property
    def outcome(self) -> str:
        return f"{self} {'is ready' if self.is_ready else 'failed'}."

    # -- its tasks

    @property
    def log_ref(self) -> str:
        return str(self.client_ref)  # also sent to the provider: the lines of our own engine have it too

    @property
    def task(self) -> str:
        return self.COPY_TASK if self.state == ProviderState.COPYING else self.TASK

    @property
    def cluster(self) -> str | None:
        """Both wait for the provider, possibly for minutes, so each has a cluster of its own."""
        return "download" if self.state == ProviderState.COPYING else "generate"

    @classmethod
    def background_downloads(cls) -> JobQuerySet:
        """Results that leave one worker to others while they are copied: see dashboard.provider.copy_scheduling."""
        in_background = models.Q(attempts__gt=1) | models.Q(made_by=None)
        return cls.all_objects.filter(in_background, state=ProviderState.COPYING)

    # -- its state

    @property
    def is_active(self) -> bool:
        """Whether it is being worked on or waits for that: its card polls."""
        return self.state in ACTIVE_STATES

    @property
    def is_delayed(self) -> bool:
        """Whether an attempt failed and the next one is due later."""
        return self.state == ProviderState.WAITING and self.try_after > timezone.now()

    @property
    def is_copy_delayed(self) -> bool:
        """Whether its result could not be copied yet: `error` says why, `next_try` when that is tried again."""
        return self.state == ProviderState.COPYING and self.attempts > 0 and self.try_after > timezone.now()

    @property
    def stamp(self) -> str:
        """Changes with everything that a card shows of the row: a poll compares it."""
        return f"{self.version}.{self.minutes_to_next_try}" if self.is_copy_delayed else str(self.version)

    @property
    def waits_for(self) -> str:
        """The sentence for what it waits for: room on the disk, or a provider that answers; empty if it does not."""
        if not self.is_active:
            return ""
        if self.error.endswith(disk.WAITING):
            return self.error
        is_elsewhere = self.state == ProviderState.MAKING and not settings.EMBEDDED
        obstacle = "" if is_elsewhere else disk.find_obstacle()
        if obstacle:
            return f"{obstacle} {disk.WAITING}"
        return access.WAITING if self.state == ProviderState.WAITING and has_problem(OUTAGE) else ""

    def poll_seconds(self, ahead: int) -> int:
        """The interval of its card's polls: our own engine makes short videos in seconds."""
        return 1 if settings.EMBEDDED and not ahead and not self.is_delayed else 2

    @property
    def files(self) -> list[FieldFile]:
        """Its stored files."""
        raise NotImplementedError

    @property
    def time_in_state(self) -> timedelta:
        return timezone.now() - self.state_since

    @property
    def is_at_provider(self) -> bool:
        """Whether the provider of the settings may know it: it was made there."""
        return bool(self.remote_id) and self.provider == current_provider()

    @property
    def is_ready(self) -> bool:
        return self.state == ProviderState.READY

    @property
    def is_failed(self) -> bool:
        return self.state == ProviderState.FAILED

    def fail(self, sentence: str) -> None:
        """Move to `failed`. Raises ForbiddenTransition, LeaseLost."""
        self.move(ProviderState.FAILED, error=sentence)

    def record_tombstone(self) -> None:
        """Keep a sync from creating the row again. Call it in the transaction that deletes the row."""
        if self.remote_id:
            Tombstone.record(self.KIND, self.provider, self.remote_id)
        if self.asked_at:  # without an answer, the id is not known: use the reference
            Tombstone.record(self.KIND, self.provider, f"ref:{self.client_ref}")
