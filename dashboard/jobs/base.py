"""Rows that are jobs: the row says what is to be done, the queue only which row to look at.

A task claims its row by one conditional UPDATE and holds a lease on it while it works. When its process dies, the
lease expires, the poller enqueues the row again, and the next worker goes on from what the row says.
"""

import os
import random
import socket
import uuid
from datetime import timedelta
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

_MACHINE = socket.gethostname()[:80]
FAULT_SECONDS = 30


class LeaseLost(Exception):
    """The row is no longer ours: it was cancelled, deleted, or another worker took it over."""


class ForbiddenTransition(Exception):
    """A state change that the drawing of the states does not know: a mistake in the code."""


def job_constraints(states: type[models.TextChoices]) -> list[models.BaseConstraint]:
    """What the database itself holds a job to, whatever the code does."""
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
        """Rows in these states that nobody holds and whose time has come."""
        now = timezone.now()
        free = Q(lease_until=None) | Q(lease_until__lt=now)
        return self.filter(free, state__in=states, try_after__lte=now)


class Job(models.Model):
    """Common columns and moves of every row that is a job. Subclasses set `state` and TRANSITIONS."""

    TRANSITIONS: ClassVar[dict[str, set[str]]]  # for each state, the states that may follow it
    TASK: ClassVar[str]  # dotted name of the task that takes up a row, given its number

    state = models.CharField(max_length=16)
    state_since = models.DateTimeField(default=timezone.now)
    version = models.PositiveIntegerField(default=0, help_text="Grows with each change; a poll compares it.")
    attempts = models.PositiveSmallIntegerField(default=0)
    try_after = models.DateTimeField(default=timezone.now)
    lease = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    holder = models.CharField(max_length=100, blank=True, help_text="Machine and process that has the lease.")
    progress = models.PositiveSmallIntegerField(default=0, help_text="0 to 100.")
    error = models.TextField(blank=True, help_text="A sentence that says what to do.")
    created_at = models.DateTimeField(default=timezone.now)

    objects = JobQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def task(self) -> str:
        """The task that takes it up as it stands."""
        return self.TASK

    @property
    def cluster(self) -> str | None:
        """The cluster of workers that its task belongs to; None: the common one."""
        return None

    # -- claims

    @classmethod
    def claim(cls, pk: int, *states: str, to: str, seconds: float) -> Self | None:
        """Take the row for `seconds`, moving it to `to`; None when it is not to be had."""
        for state in states:
            if to not in cls.TRANSITIONS[state]:
                raise ForbiddenTransition(f"{cls.__name__}: {state} to {to}")
        now = timezone.now()
        lease = uuid.uuid4()
        took = (
            cls.objects.due(*states)
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
                holder=f"{_MACHINE} {os.getpid()}",
            )
        )
        if not took:
            return None
        return cls._base_manager.filter(pk=pk, lease=lease).first()

    @classmethod
    def release_dead_leases(cls) -> None:
        """Free the leases of processes of this machine that are gone; those of other machines just expire."""
        held = cls.objects.filter(lease_until__gt=timezone.now(), holder__startswith=f"{_MACHINE} ")
        for pk, lease, holder in held.values_list("pk", "lease", "holder"):
            if not _is_alive(int(holder.rpartition(" ")[2])):
                cls.objects.filter(pk=pk, lease=lease).update(lease_until=timezone.now())

    def renew_lease(self, seconds: float, **fields: Any) -> None:
        """Hold the lease for longer and note progress. Raises LeaseLost."""
        self._write(fields, lease_until=timezone.now() + timedelta(seconds=seconds))

    def save_fields(self, **fields: Any) -> None:
        """Save fields at once, while the lease (or, without one, the state) is still ours. Raises LeaseLost."""
        self._write(fields)

    def move(self, to: str, **fields: Any) -> None:
        """Change the state and give the lease back. Raises ForbiddenTransition, LeaseLost."""
        if to not in self.TRANSITIONS[self.state]:
            raise ForbiddenTransition(f"{type(self).__name__} {self.pk}: {self.state} to {to}")
        now = timezone.now()
        self._write({"try_after": now, **fields}, state=to, state_since=now, lease=None, lease_until=None)

    def reschedule(self, to: str, seconds: float, **fields: Any) -> None:
        """Give the row back for later, with some chance in the delay so that a crowd does not come at once."""
        delay = seconds * random.uniform(0.8, 1.2)  # noqa: S311 - no secret
        self.move(to, try_after=timezone.now() + timedelta(seconds=delay), **fields)

    def postpone(self) -> None:
        """Leave the row alone for a while, because something about it went wrong that nobody foresaw."""
        wait = timedelta(seconds=backoff(self.attempts + 1, first=FAULT_SECONDS))
        # By its key alone: what this object says of itself may be what was undone.
        row = type(self).objects.filter(pk=self.pk)
        row.update(try_after=timezone.now() + wait, attempts=F("attempts") + 1)

    def _write(self, fields: dict[str, Any], **more: Any) -> None:
        fields = fields | more
        rows = type(self).objects.filter(pk=self.pk, state=self.state, lease=self.lease)
        if not rows.update(version=F("version") + 1, **fields):
            raise LeaseLost(f"{type(self).__name__} {self.pk}")
        self.version += 1
        for name, value in fields.items():
            setattr(self, name, value)


def _is_alive(pid: int) -> bool:
    """A number that was given to another process meanwhile only means waiting for the lease to expire."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # alive, and somebody else's
        pass
    return True


def backoff(attempts: int, *, first: float = 5, most: float = 300) -> float:
    """Seconds until the next try after so many: 5, 10, 20, ... 300."""
    return min(first * 2.0 ** max(attempts - 1, 0), most)
