"""Background pictures."""

from django.db import models
from django.utils import timezone

from dashboard.models import OwnedModel, StoredFilesModel, UploadedModel


class Backdrop(OwnedModel, UploadedModel, StoredFilesModel):
    """An uploaded background picture."""

    name = models.CharField(max_length=200)
    picture = models.FileField(upload_to="videos/backdrops/")
    thumbnail = models.FileField(upload_to="videos/backdrops/", blank=True)
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    colour = models.CharField(max_length=7, default="#8a8f98", help_text="Shown while the picture loads.")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["created_at"], name="backdrop_by_date"),
            models.Index(fields=["made_by", "created_at"], name="backdrop_by_person"),
        ]

    def __str__(self) -> str:
        return self.name
