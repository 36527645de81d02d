"""Numbers about the installation: totals for /metrics (totals.py), what is stored (storage_use.py)."""

from django.db import models


class Total(models.Model):
    """A count or a sum over all processes and machines, since the database was made."""

    name = models.CharField(max_length=40)
    label = models.CharField(max_length=80, blank=True, help_text="What of it is counted, in words.")
    value = models.FloatField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "label"], name="total_once")]

    def __str__(self) -> str:
        return f"{self.name} {self.label}".strip()


class StorageUse(models.Model):
    """What was stored in one folder on one day: dashboard/metrics/storage_use.py."""

    day = models.DateField()
    folder = models.CharField(max_length=80, blank=True)
    size = models.BigIntegerField(help_text="Bytes.")
    files = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day", "folder"], name="storage_use_once")]

    def __str__(self) -> str:
        return f"{self.folder} on {self.day}"
