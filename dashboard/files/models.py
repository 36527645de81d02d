"""What is written down about stored files that no row names any more."""

from django.db import models
from django.utils import timezone


class DeletedFile(models.Model):
    """A stored file that is still to be deleted: see dashboard.files.deletion."""

    name = models.CharField(max_length=255, db_index=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        app_label = "dashboard"

    def __str__(self) -> str:
        return self.name
