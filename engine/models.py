"""The engine's own records: who may ask, which avatars it has built, which videos it renders."""

import hashlib
import secrets
import uuid
from datetime import timedelta
from typing import ClassVar

from django.db import models, transaction
from django.utils import timezone

from dashboard.jobs.base import Job, job_constraints


class JobStatus(models.TextChoices):
    """What the API says of a job, in its own words.

    ::

        pending ◀──▶ in_progressing ──▶ finished
          ▲ │            │    ▲ ╲
          │ │            │    └──┘ a new lease after a crash
          │ ▼            ▼
         error ◀─────────┘           back to pending: put off because trying again may help,
                                     or asked for once more with the same reference
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


class Token(models.Model):
    """A bearer token. Only its hash is kept; it is shown once, when it is made."""

    name = models.CharField(max_length=80, unique=True)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name

    @staticmethod
    def digest_of(token: str) -> str:
        # A random token of 256 bits needs no slow hash.
        return hashlib.sha256(token.encode()).hexdigest()

    @classmethod
    def make(cls, name: str) -> tuple["Token", str]:
        """A new token and its text. Raises IntegrityError when the name is taken."""
        text = secrets.token_urlsafe(32)
        with transaction.atomic():
            return cls.objects.create(name=name, digest=cls.digest_of(text)), text

    def revoke(self) -> None:
        """Delete the token. What was made with it stays; its references were the token's, so they go."""
        with transaction.atomic():
            for model in (Rig, Render):
                model.objects.filter(token=self).update(client_ref=None)
            self.delete()


def new_id() -> str:
    return uuid.uuid4().hex


class EngineJob(Job):
    """A rig or a render: known outside by a random id, repeatable by the caller's own reference."""

    TRANSITIONS: ClassVar[dict[str, set[str]]] = TRANSITIONS
    CLUSTER: ClassVar[str]
    LONGEST_WAIT: ClassVar[timedelta]  # in the queue; what nobody takes up for so long is given up

    public_id = models.CharField(max_length=32, unique=True, default=new_id)
    client_ref = models.CharField(max_length=200, null=True, help_text="Unique for one token.")
    token = models.ForeignKey(
        Token, null=True, on_delete=models.SET_NULL, help_text="Empty: the dashboard.", db_index=False
    )
    state = models.CharField(max_length=16, choices=JobStatus.choices, default=JobStatus.PENDING)
    error_code = models.PositiveIntegerField(default=0, help_text="Of the API; 0: our own fault.")

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


class Rig(EngineJob):
    """An avatar of the API: the portrait made ready to be animated. Somebody waits for the answer."""

    CLUSTER = "rig"
    TASK = "engine.tasks.build_rig"
    LONGEST_WAIT = timedelta(hours=1)

    image_url = models.URLField(max_length=2000)
    wanted_face = models.JSONField(
        null=True, help_text="A number, or [x, y, width, height] as shares of the picture."
    )
    gender = models.CharField(max_length=8, default="female")
    # What was found, the largest face first, as shares of the picture at image_url: not of the preview, which like
    # cut-out and videos shows head and shoulders of one of them. Empty for rigs from before it was kept.
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
        # avatar.list: the newest of those that are finished.
        indexes = [*EngineJob.Meta.indexes, models.Index(fields=["state", "-id"], name="engine_rig_list")]

    def __str__(self) -> str:
        return self.public_id


class Render(EngineJob):
    """A video of the API: an avatar that speaks a sound."""

    CLUSTER = "engine"
    TASK = "engine.tasks.render"
    LONGEST_WAIT = timedelta(days=3)

    rig = models.ForeignKey(Rig, on_delete=models.PROTECT, related_name="renders")
    audio_url = models.URLField(max_length=2000)
    script = models.TextField(blank=True, help_text="What the sound says, if the caller knows it.")
    seconds = models.FloatField(default=0)
    video = models.FileField(upload_to="engine/videos/", blank=True)
    mask = models.FileField(upload_to="engine/masks/", blank=True)
    captions = models.FileField(upload_to="engine/captions/", blank=True)  # only if the script fits the sound

    def __str__(self) -> str:
        return self.public_id
