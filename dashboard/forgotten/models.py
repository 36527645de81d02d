"""The list of what was forgotten. It names rows by number and time of creation, nobody and nothing else."""

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone

from dashboard.provider.parsing import MAX_ID


class Forgetting(models.Model):
    """One time that somebody pressed the button. `counts` says what was removed."""

    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(default=timezone.now)
    counts = models.JSONField(default=dict)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"no. {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("forgotten", args=[self.pk])


class Forgotten(models.Model):
    """A row that was forgotten, and what the engine still has of it."""

    class Kind(models.TextChoices):
        AVATAR = "avatar"
        VIDEO = "video"
        VOICE = "voice"

    forgetting = models.ForeignKey(Forgetting, on_delete=models.CASCADE, related_name="rows")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    # Both together: after an old backup was restored, numbers are given a second time.
    row_id = models.BigIntegerField()
    row_created_at = models.DateTimeField()
    provider = models.CharField(max_length=200, blank=True)
    remote_id = models.CharField(max_length=MAX_ID, blank=True)
    client_ref = models.CharField(max_length=40, blank=True)
    is_at_engine = models.BooleanField(default=False, help_text="Copies there are still to be deleted.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["avatar", "video", "voice"]), name="forgotten_kind_is_known"
            )
        ]
        indexes = [models.Index(fields=["is_at_engine"], name="forgotten_at_engine")]

    def __str__(self) -> str:
        return f"{self.kind} {self.row_id}"
