"""The engine's own records: who may ask, which avatars it has built, which videos it renders."""

import hashlib
import secrets
import uuid
from typing import ClassVar

from django.db import models
from django.utils import timezone

from dashboard.jobs import Job


class State(models.TextChoices):
    """What the API says of a job, in its own words.

    ::

        pending ──▶ in_progressing ──▶ finished
           │           │    ▲ ╲
           │           │    └──┘ a new lease after a crash
           ▼           ▼
         error ◀──── error
    """

    PENDING = "pending"
    IN_PROGRESSING = "in_progressing"
    FINISHED = "finished"
    ERROR = "error"


TRANSITIONS: dict[str, set[str]] = {
    State.PENDING: {State.IN_PROGRESSING, State.ERROR},
    State.IN_PROGRESSING: {State.IN_PROGRESSING, State.PENDING, State.FINISHED, State.ERROR},
    State.FINISHED: set(),
    State.ERROR: set(),
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
        return cls.objects.create(name=name, digest=cls.digest_of(text)), text


def new_id() -> str:
    return uuid.uuid4().hex


class EngineJob(Job):
    """A rig or a render: known outside by a random id, repeatable by the caller's own reference."""

    TRANSITIONS: ClassVar[dict[str, set[str]]] = TRANSITIONS

    public_id = models.CharField(max_length=32, unique=True, default=new_id)
    client_ref = models.CharField(max_length=200, null=True, help_text="Unique for one token.")
    token = models.ForeignKey(Token, null=True, on_delete=models.SET_NULL, help_text="Empty: the dashboard.")
    state = models.CharField(max_length=16, choices=State.choices, default=State.PENDING)
    error_code = models.PositiveIntegerField(default=0)

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(fields=["token", "client_ref"], name="%(class)s_once_per_ref"),
            models.UniqueConstraint(
                fields=["client_ref"],
                condition=models.Q(token=None),
                name="%(class)s_once_per_own_ref",
            ),
        ]
        indexes = [models.Index(fields=["state", "try_after"], name="engine_%(class)s_due")]


class Rig(EngineJob):
    """An avatar of the API: the portrait made ready to be animated."""

    image_url = models.URLField(max_length=2000)
    gender = models.CharField(max_length=8, default="female")
    rig = models.FileField(upload_to="engine/rigs/", blank=True)
    preview = models.FileField(upload_to="engine/previews/", blank=True)

    def __str__(self) -> str:
        return self.public_id


class Render(EngineJob):
    """A video of the API: an avatar that speaks a sound."""

    rig = models.ForeignKey(Rig, on_delete=models.PROTECT, related_name="renders")
    audio_url = models.URLField(max_length=2000)
    seconds = models.FloatField(default=0)
    video = models.FileField(upload_to="engine/videos/", blank=True)
    mask = models.FileField(upload_to="engine/masks/", blank=True)

    def __str__(self) -> str:
        return self.public_id
