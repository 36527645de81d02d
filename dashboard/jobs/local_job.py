"""Jobs that this installation does itself: applying a look, making a download, downloading a sound."""

from typing import ClassVar

from django.db import models

from dashboard.jobs.leased_job import Job, job_constraints
from dashboard.jobs.runner import Phase

MAX_ATTEMPTS = 4
FAILED = "This didn’t work. Try again, or tell the owner of this site."


class LocalState(models.TextChoices):
    """The states of a local job.

    ::

        waiting ──▶ working ──▶ ready       working: a task holds a lease
           ▲        │  │  ▲       │
           ├────────┘  │  └─ again when the lease expired
           │           ▼          │
           └──────── failed       ▼         ready to waiting: the result was deleted, make it again
           └──────────────────────┘
    """

    WAITING = "waiting"
    WORKING = "working"
    READY = "ready"
    FAILED = "failed"


class LocalJob(Job):
    """A job that this installation does itself."""

    NEWS_WORDS: ClassVar[tuple[str, str] | None] = None  # see dashboard.notifications

    TRANSITIONS = {
        LocalState.WAITING: {LocalState.WORKING, LocalState.FAILED},
        LocalState.WORKING: {
            LocalState.WORKING,
            LocalState.WAITING,
            LocalState.READY,
            LocalState.FAILED,
        },
        LocalState.READY: {LocalState.WAITING},
        LocalState.FAILED: {LocalState.WAITING},
    }

    UNFINISHED = (LocalState.WAITING, LocalState.WORKING)

    state = models.CharField(max_length=16, choices=LocalState.choices, default=LocalState.WAITING)

    class Meta:
        abstract = True
        constraints = job_constraints(LocalState)
        indexes = [models.Index(fields=["state", "try_after"], name="%(class)s_due")]

    @property
    def is_active(self) -> bool:
        return self.state in self.UNFINISHED

    @property
    def is_ready(self) -> bool:
        return self.state == LocalState.READY

    @property
    def is_failed(self) -> bool:
        return self.state == LocalState.FAILED

    def retry(self) -> None:
        """Start again, as a person asked for. Raises ForbiddenTransition, LeaseLost."""
        self.move(LocalState.WAITING, attempts=0, progress=0, error="")


def working_phase(lease_seconds: float) -> Phase:
    """The only phase of a local job."""
    return Phase(
        due=(LocalState.WAITING, LocalState.WORKING),
        working=LocalState.WORKING,
        waiting=LocalState.WAITING,
        failed=LocalState.FAILED,
        lease_seconds=lease_seconds,
        max_attempts=MAX_ATTEMPTS,
        sentence=FAILED,
    )
