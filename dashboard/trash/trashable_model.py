"""Rows that go to the trash before they go for good.

`objects` leaves out what is in the trash, and so do related rows (`avatar.videos`) and everything that pages show.
`all_objects` has all rows: for background work, which goes on in the trash, and for what must not be created twice.
A foreign key of a row (`video.avatar`) finds its row in the trash too, as always in Django; so do joins: a count over
one (`Count("videos")`) has to leave out the trash itself (`NOT_IN_TRASH`).
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from dashboard.models import User

# The condition of indexes for lists, in which the trash never appears: a query with `trashed_at IS NULL` uses them. Those
# that are to answer a query without reading rows (counts over a join, searches) have the column too, as their last:
# SQLite asks for it. In the others it would only keep SQLite from reading rows in the index's order.
NOT_IN_TRASH = Q(trashed_at=None)


class NotInTrashManager(models.Manager):
    """The default manager of a TrashableModel: `NotInTrashManager.from_queryset(…)()`."""

    def get_queryset(self) -> models.QuerySet:
        return super().get_queryset().filter(NOT_IN_TRASH)


class TrashableModel(models.Model):
    """Something that can be moved to the trash."""

    trashed_at = models.DateTimeField(
        null=True, editable=False, help_text="The same moment for all that one press of a button moved there."
    )
    trashed_by = models.ForeignKey(
        User, null=True, editable=False, on_delete=models.SET_NULL, related_name="+", db_index=False
    )

    class Meta:
        abstract = True
        indexes = [
            models.Index(
                fields=["trashed_at"], condition=Q(trashed_at__isnull=False), name="%(class)s_in_trash"
            )
        ]

    @property
    def is_in_trash(self) -> bool:
        return self.trashed_at is not None

    @property
    def goes_at(self) -> datetime:
        """When it goes for good if nobody restores it."""
        return (self.trashed_at or timezone.now()) + timedelta(days=settings.TRASH_DAYS)
