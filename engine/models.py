"""The engine's models: tokens of the API, avatars and videos."""

import hashlib
import secrets
import uuid
from datetime import timedelta
from typing import ClassVar

from django.db import models, transaction
from django.utils import timezone

from dashboard.jobs.leased_job import Job, job_constraints
from dashboard.models import User
from dashboard.permissions import Permission

MAX_NAME = 80  # characters of a token's name
MAX_DAYS = 3650  # of a token's life


class JobStatus(models.TextChoices):
    """The status of a job, in the words of the API.

    ::

        pending ◀──▶ in_progressing ──▶ finished
          ▲ │            │    ▲ ╲
          │ │            │    └──┘ a new lease after a crash
          │ ▼            ▼
         error ◀─────────┘           back to pending: delayed because a retry may help,
                                     or requested again with the same reference
    """

    PENDING = "pending"
    IN_PROGRESSING = "in_progressing"
    FINISHED = "finished"
    ERROR = "error"


TRANSITIONS: dict[str, set[str]] = {
    JobStatus.PENDING: {JobStatus.IN_PROGRESSING, JobStatus.ERROR},
    JobStatus.IN_PROGRESSING: {
        JobStatus.IN_PROGRESSING,
        JobStatus.PENDING,
        JobStatus.FINISHED,
        JobStatus.ERROR,
    },
    JobStatus.FINISHED: set(),
    JobStatus.ERROR: {JobStatus.PENDING},
}


class Scope(models.TextChoices):
    """What a token may do."""

    READ = "read", "Read"
    MAKE = "make", "Read and make"


class Token(models.Model):
    """A bearer token. Only its hash is stored; the token itself is shown once, when it is created."""

    USE_IS_RECORDED_AFTER = timedelta(minutes=1)  # so that not every request writes

    name = models.CharField(max_length=MAX_NAME, unique=True)
    digest = models.CharField(max_length=64, unique=True)
    scope = models.CharField(max_length=8, choices=Scope.choices, default=Scope.MAKE)
    made_by = models.ForeignKey(
        User,
        null=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="It may do no more than this person. Empty: a command on the server.",
    )
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, help_text="Empty: never.")
    last_used_at = models.DateTimeField(null=True)
    window = models.PositiveBigIntegerField(
        default=0, help_text="The minute in which `requests` were counted."
    )
    requests = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return self.name

    @property
    def is_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()

    def may(self, scope: str) -> bool:
        """Whether the token may do what needs this scope: no more than who made it may do now."""
        if self.made_by and not self.made_by.is_active:
            return False
        if scope == Scope.READ:
            return True
        return self.scope == Scope.MAKE and (self.made_by is None or self.made_by.may(Permission.MAKE))

    def record_use(self) -> None:
        now = timezone.now()
        if self.last_used_at is None or now - self.last_used_at > self.USE_IS_RECORDED_AFTER:
            Token.objects.filter(pk=self.pk).update(last_used_at=now)

    @staticmethod
    def digest_of(token: str) -> str:
        # A random token of 256 bits needs no slow hash.
        return hashlib.sha256(token.encode()).hexdigest()

    @classmethod
    def make(
        cls, name: str, scope: str = Scope.MAKE, days: int | None = None, made_by: User | None = None
    ) -> tuple["Token", str]:
        """Create a token that works for `days`, or for ever; returns it and its text.

        Raises IntegrityError if the name is taken.
        """
        text = secrets.token_urlsafe(32)
        expires_at = timezone.now() + timedelta(days=days) if days else None
        values = {"name": name, "scope": scope, "expires_at": expires_at, "digest": cls.digest_of(text)}
        with transaction.atomic():
            return cls.objects.create(**values, made_by=made_by), text

    def revoke(self) -> None:
        """Delete the token. Its avatars and videos stay, but lose their references, which belong to the token."""
        with transaction.atomic():
            for model in (Rig, Render):
                model.objects.filter(token=self).update(client_ref=None)
            self.delete()


def new_id() -> str:
    return uuid.uuid4().hex


class EngineJob(Job):
    """A rig or a render, with a random public id and an optional reference of the caller that makes calls repeatable."""

    TRANSITIONS: ClassVar[dict[str, set[str]]] = TRANSITIONS
    UNFINISHED = (JobStatus.PENDING, JobStatus.IN_PROGRESSING)
    CLUSTER: ClassVar[str]
    MAX_WAIT: ClassVar[timedelta]  # in the queue, before the job fails

    public_id = models.CharField(max_length=32, unique=True, default=new_id)
    client_ref = models.CharField(max_length=200, null=True, help_text="Unique for one token.")
    token = models.ForeignKey(
        Token, null=True, on_delete=models.SET_NULL, help_text="Empty: the dashboard.", db_index=False
    )
    state = models.CharField(max_length=16, choices=JobStatus.choices, default=JobStatus.PENDING)
    error_code = models.PositiveIntegerField(default=0, help_text="Of the API; 0: an internal error.")

    class Meta:
        abstract = True
        constraints = [
            *job_constraints(JobStatus),
            models.UniqueConstraint(fields=["token", "client_ref"], name="%(class)s_once_per_ref"),
            models.UniqueConstraint(
                fields=["client_ref"],
                condition=models.Q(token=None),
                name="%(class)s_once_per_own_ref",
            ),
        ]
        indexes = [models.Index(fields=["state", "try_after"], name="engine_%(class)s_due")]

    @property
    def cluster(self) -> str:
        return self.CLUSTER

    @property
    def log_ref(self) -> str:
        return self.client_ref or self.public_id


class Rig(EngineJob):
    """An avatar of the API: a portrait prepared for animation. The caller waits for it."""

    CLUSTER = "rig"
    TASK = "engine.tasks.build_rig"
    MAX_WAIT = timedelta(hours=1)

    image_url = models.URLField(max_length=2000)
    wanted_face = models.JSONField(
        null=True, help_text="A number, or [x, y, width, height] as shares of the picture."
    )
    gender = models.CharField(max_length=8, default="female")
    # The faces that were found, the largest first, as shares of the picture at image_url, not of the preview, which
    # (like cut-out and videos) shows head and shoulders of one of them. Empty for older rigs.
    faces = models.JSONField(default=list)
    face = models.PositiveSmallIntegerField(default=0, help_text="Which of them was used.")
    warnings = models.JSONField(default=list, help_text="Sentences about what could be better.")
    framing = models.JSONField(
        default=dict, help_text="Where the head is in preview and videos: engine.animator.framing."
    )
    rig = models.FileField(upload_to="engine/rigs/", blank=True)
    preview = models.FileField(upload_to="engine/previews/", blank=True)
    cutout = models.FileField(upload_to="engine/cutouts/", blank=True)  # the person alone, PNG with alpha

    class Meta(EngineJob.Meta):
        # for avatar.list: the newest finished ones
        indexes = [*EngineJob.Meta.indexes, models.Index(fields=["state", "-id"], name="engine_rig_list")]

    def __str__(self) -> str:
        return self.public_id


class Render(EngineJob):
    """A video of the API: an avatar that says a sound."""

    CLUSTER = "engine"
    TASK = "engine.tasks.render"
    MAX_WAIT = timedelta(days=3)

    rig = models.ForeignKey(Rig, on_delete=models.PROTECT, related_name="renders")
    audio_url = models.URLField(max_length=2000)
    script = models.TextField(blank=True, help_text="What the sound says, if the caller knows it.")
    direction = models.JSONField(
        default=dict, help_text="How the avatar moves: engine.animator.direction; empty: naturally."
    )
    seconds = models.FloatField(default=0)
    video = models.FileField(upload_to="engine/videos/", blank=True)
    mask = models.FileField(upload_to="engine/masks/", blank=True)
    captions = models.FileField(
        upload_to="engine/captions/", blank=True
    )  # only if the script matches the sound

    def __str__(self) -> str:
        return self.public_id
