"""Projects and tags, which the team shares, and the filters that a person saved."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

MAX_NAME = 80
MAX_TAG = 40
MAX_QUERY = 500


class Project(models.Model):
    """A folder of videos, avatars and voices; there are none inside others."""

    name = models.CharField(max_length=MAX_NAME)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = [Lower("name"), "pk"]
        constraints = [models.UniqueConstraint(Lower("name"), name="project_name_once")]

    def __str__(self) -> str:
        return self.name


class Tag(models.Model):
    """A word on videos, avatars and voices. It goes with the last of them."""

    name = models.CharField(max_length=MAX_TAG)

    class Meta:
        ordering = [Lower("name"), "pk"]
        constraints = [models.UniqueConstraint(Lower("name"), name="tag_name_once")]

    def __str__(self) -> str:
        return self.name


class SavedFilter(models.Model):
    """The search and filters of a gallery under a name, for one person."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    gallery = models.CharField(max_length=20, help_text="The name of its address.")
    name = models.CharField(max_length=MAX_NAME)
    query = models.CharField(max_length=MAX_QUERY, help_text="As in the address, without the question mark.")

    class Meta:
        ordering = [Lower("name"), "pk"]
        constraints = [models.UniqueConstraint("user", "gallery", Lower("name"), name="saved_filter_once")]

    def __str__(self) -> str:
        return self.name
