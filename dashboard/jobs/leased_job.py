"""Rows that are jobs: the row holds the state of the work, a message in the queue only names the row.

A task claims its row by one conditional UPDATE and holds a lease on it while it works. If its process dies, the lease
expires, the poller enqueues the row again, and the next worker continues from the state of the row.
"""

import os
import random
import uuid
from datetime import timedelta
from typing import Any, ClassVar, Self

from django.db import connection, models
from django.db.models import F, Q
from django.utils import timezone

from dashboard.jobs import clock
from dashboard.processes.instance import get_instance, name_process
from dashboard.processes.running import is_running

FAULT_SECONDS = 30
LONGEST_LEASE = 45 * 60.0  # seconds
LATEST_LEASE = timedelta(minutes=50)  # no lease and no delay of a job ends later than so long from now


class LeaseLost(Exception):
    """This process no longer holds the row: it was cancelled, deleted, or claimed by another worker."""


class ForbiddenTransition(Exception):
    """A change of state that TRANSITIONS does not contain: an error in the code."""


def job_constraints(states: type[models.TextChoices]) -> list[models.BaseConstraint]:
    """Constraints of every table of jobs."""
    return [
        models.CheckConstraint(
            condition=Q(state__in=states.values), name="%(app_label)s_%(class)s_state_is_known"
        ),
        models.CheckConstraint(
            condition=Q(progress__lte=100), name="%(app_label)s_%(class)s_progress_to_100"
        ),
    ]


class JobQuerySet(models.QuerySet):  # type: ignore[type-arg]  # the plugin of django-stubs adds them
    def due(self, *states: str) -> Self:
        """Rows in these states that may be claimed now."""
        now = clock.now()
        # Later than any can be: the clock was ahead when it was set, and has been put back.
        latest = now + LATEST_LEASE
        # A row that another process has just made is due, although the clock there may be a little ahead.
        tolerance = timedelta(0) if connection.vendor == "sqlite" else clock.TOLERANCE
        free = Q(lease_until=None) | Q(lease_until__lt=now) | Q(lease_until__gt=latest)
        return self.filter(
            free, Q(try_after__lte=now + tolerance) | Q(try_after__gt=latest), state__in=states
        )


class Job(models.Model):
    """The columns and methods of every job. Subclasses define `state` and TRANSITIONS."""

    TRANSITIONS: ClassVar[dict[str, set[str]]]  # for each state, the states that may follow it
    TASK: ClassVar[str]  # dotted name of the task that works on a row, called with its key
    UNFINISHED: ClassVar[tuple[str, ...]]  # the states of rows that are to be worked on
    MAX_ATTEMPTS: ClassVar[int] = 0  # where pages say it

    state = models.CharField(max_length=16)
    state_since = models.DateTimeField(default=timezone.now)
    version = models.PositiveIntegerField(default=0, help_text="Grows with each change; a poll compares it.")
    attempts = models.PositiveSmallIntegerField(default=0)
    try_after = models.DateTimeField(default=timezone.now)
    lease = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    holder = models.CharField(
        max_length=100, blank=True, help_text="Instance and process that has the lease."
    )
    progress = models.PositiveSmallIntegerField(default=0, help_text="0 to 100.")
    # While it waits: for what, as a sentence.
    error = models.TextField(blank=True, help_text="A sentence that says what to do.")
    created_at = models.DateTimeField(default=timezone.now)

    objects = JobQuerySet.as_manager()
    # Also what is in the trash (dashboard.trash): a task that has begun goes on there.
    all_objects = JobQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def task(self) -> str:
        """The task for the present state."""
        return self.TASK

    @property
    def cluster(self) -> str | None:
        """The cluster of workers for its task; None for the default one."""
        return None

    @property
    def log_ref(self) -> str:
        """What lines of the log about it have as their `ref`."""
        return f"{self._meta.model_name} {self.pk}"

    @property
    def minutes_to_next_try(self) -> int:
        return max(round((self.try_after - clock.now()).total_seconds() / 60), 0)

    @property
    def next_try(self) -> str:
        """ "Trying again in 2 minutes (attempt 3 of 5)."; without the last number if MAX_ATTEMPTS is 0."""
        minutes = self.minutes_to_next_try
        when = f"in {minutes} minute{'' if minutes == 1 else 's'}" if minutes else "in a moment"
        of = f" of {self.MAX_ATTEMPTS}" if self.MAX_ATTEMPTS else ""
        return f"Trying again {when} (attempt {self.attempts + 1}{of})."

    @classmethod
    def lock(cls, pk: int) -> Self | None:
        """The row as it is now; nobody else changes it until the transaction ends. Before all that belongs to it."""
        return cls._base_manager.select_for_update(no_key=True).filter(pk=pk).first()

    # -- leases

    @classmethod
    def claim(cls, pk: int, *states: str, to: str, seconds: float) -> Self | None:
        """Hold a lease on the row for `seconds` and move it to `to`. None if it is not in `states` or already held."""
        for state in states:
            if to not in cls.TRANSITIONS[state]:
                raise ForbiddenTransition(f"{cls.__name__}: {state} to {to}")
        now = clock.now()
        lease = uuid.uuid4()
        claimed = (
            cls.all_objects.due(*states)
            .filter(pk=pk)
            .update(
                state=to,
                state_since=models.Case(
                    models.When(state=to, then=F("state_since")), default=models.Value(now)
                ),
                version=F("version") + 1,
                attempts=F("attempts") + 1,
                lease=lease,
                lease_until=now + timedelta(seconds=seconds),
                holder=name_process(os.getpid()),
            )
        )
        if not claimed:
            return None
        return cls._base_manager.filter(pk=pk, lease=lease).first()

    @classmethod
    def release_dead_leases(cls) -> None:
        """End the leases of processes of this instance that no longer run; those of other instances expire."""
        held = cls.all_objects.filter(lease_until__gt=clock.now(), holder__startswith=f"{get_instance()} ")
        for pk, lease, holder in held.values_list("pk", "lease", "holder"):
            if not is_running(int(holder.rpartition(" ")[2])):
                cls.all_objects.filter(pk=pk, lease=lease).update(lease_until=clock.now())

    @classmethod
    def release_interrupted(cls, pids: list[int]) -> None:
        """Release the rows of these processes of this machine, which are ended by no fault of the rows.

        The attempt that is interrupted does not count.
        """
        rows = cls.all_objects.filter(lease_until__gt=clock.now(), attempts__gt=0)
        rows.filter(holder__in=[name_process(pid) for pid in pids]).update(
            lease_until=clock.now(), attempts=F("attempts") - 1
        )

    def renew_lease(self, seconds: float, **fields: Any) -> None:
        """Extend the lease, and save fields. Raises LeaseLost."""
        until = clock.now() + timedelta(seconds=min(seconds, LONGEST_LEASE))
        self._write(fields, lease_until=until)

    def check_lease(self) -> None:
        """Raises LeaseLost if the row was deleted, or is no longer held by this object. Changes nothing."""
        if not type(self).all_objects.filter(pk=self.pk, state=self.state, lease=self.lease).exists():
            raise LeaseLost(f"{type(self).__name__} {self.pk}")

    def save_fields(self, **fields: Any) -> None:
        """Save fields now, if the lease and the state are unchanged. Raises LeaseLost."""
        self._write(fields)

    def move(self, to: str, **fields: Any) -> None:
        """Change the state, and release the lease; the sentence in `error` goes. Raises ForbiddenTransition, LeaseLost."""
        if to not in self.TRANSITIONS[self.state]:
            raise ForbiddenTransition(f"{type(self).__name__} {self.pk}: {self.state} to {to}")
        now = clock.now()
        self._write(
            {"try_after": now, "error": "", **fields}, state=to, state_since=now, lease=None, lease_until=None
        )

    def reschedule(self, to: str, seconds: float, **fields: Any) -> None:
        """Release the row for a later attempt. The delay is random by a fifth, so that many rows do not retry at once."""
        delay = seconds * random.uniform(0.8, 1.2)  # noqa: S311 - not a secret
        self.move(to, try_after=clock.now() + timedelta(seconds=delay), **fields)

    def postpone(self) -> None:
        """Keep the row from being claimed for a while after an unexpected error."""
        wait = timedelta(seconds=backoff(self.attempts + 1, first=FAULT_SECONDS))
        # By key alone: the transaction with the fields of this object may have been rolled back.
        row = type(self).all_objects.filter(pk=self.pk)
        row.update(try_after=clock.now() + wait, attempts=F("attempts") + 1)

    def _write(self, fields: dict[str, Any], **more: Any) -> None:
        fields = fields | more
        rows = type(self).all_objects.filter(pk=self.pk, state=self.state, lease=self.lease)
        if not rows.update(version=F("version") + 1, **fields):
            raise LeaseLost(f"{type(self).__name__} {self.pk}")
        self.version += 1
        for name, value in fields.items():
            setattr(self, name, value)


def backoff(attempts: int, *, first: float = 5, most: float = 300) -> float:
    """Seconds until the next attempt after so many: 5, 10, 20, … 300."""
    return min(first * 2.0 ** max(attempts - 1, 0), most)
