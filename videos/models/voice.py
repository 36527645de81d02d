"""Recordings."""

from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone

from dashboard.models import OwnedModel, UploadedModel


class Voice(OwnedModel, UploadedModel):
    """A recording, decoded once and kept as WAV, which every provider takes."""

    name = models.CharField(max_length=200)
    sound = models.FileField(upload_to="videos/voices/")
    seconds = models.FloatField()
    peaks = models.JSONField(default=list, help_text="About 200 loudness values, 0 to 1, for the waveform.")
    # A recording is never changed: what was cut or evened out is a voice of its own beside it.
    original = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="edits")
    edit = models.JSONField(default=dict, help_text="What was done to the original: videos.voices.Edit.")
    edit_key = models.CharField(max_length=40, blank=True, help_text="Edit.key: the same for the same edit.")
    script = models.TextField(blank=True, help_text="What it says, where that is known from the start.")
    shape = models.FileField(
        upload_to="videos/shapes/", blank=True, help_text="JSON for the editor, made when it is first wanted."
    )
    is_kept = models.BooleanField(default=False, help_text="Stays, although no video uses it.")
    spare_since = models.DateTimeField(
        null=True, help_text="Since when the poller has seen nothing that uses it; see videos.voices.spare."
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["original", "edit_key", "made_by"],
                condition=models.Q(original__isnull=False),
                name="one_voice_per_edit",
            ),
            models.CheckConstraint(condition=models.Q(seconds__gte=0), name="voice_length_from_0"),
        ]
        indexes = [
            # The gallery's orders and filters.
            models.Index(fields=["created_at"], name="voice_by_date"),
            models.Index(Lower("name"), name="voice_by_name"),
            models.Index(fields=["made_by", "created_at"], name="voice_by_person"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("voice", args=[self.pk])

    @property
    def files(self) -> list[models.fields.files.FieldFile]:
        return [file for file in (self.sound, self.shape) if file]
