"""Avatars: a portrait that was sent to the provider, and the preview that came back."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import Count, FilteredRelation, OuterRef, Q, Subquery
from django.db.models.fields.files import FieldFile
from django.db.models.functions import Lower
from django.urls import reverse

from dashboard.consent.consented_model import ConsentedModel
from dashboard.jobs.leased_job import JobQuerySet
from dashboard.jobs.provider_job import ProviderJob
from dashboard.models import StoredFilesModel, Tombstone, UploadedModel
from dashboard.organizing.organized_model import OrganizedModel
from dashboard.provider.parsing import MAX_URL
from dashboard.trash.trashable_model import NOT_IN_TRASH, NotInTrashManager

ON_CARDS = (
    "name",
    "state",
    "version",
    "try_after",
    "attempts",
    "error",
    "portrait_refused",
    "created_at",
    "portrait",
    "portrait_width",
    "portrait_height",
    "thumbnail",
    "preview",
    "missing_files",
    "colour",
    *("made_by__name", "made_by__email"),
)


class AvatarQuerySet(JobQuerySet):
    def for_cards(self) -> Self:
        """With only the columns that a card shows."""
        return self.for_pages().only(*ON_CARDS)

    def for_pages(self) -> Self:
        """With the person who made it and the number of its videos."""
        # A subquery for each shown row: a join would group all avatars in the table.
        one = Avatar.all_objects.filter(pk=OuterRef("pk")).order_by().values("pk")
        shown = FilteredRelation("videos", condition=Q(videos__trashed_at=None))
        counted = one.annotate(shown=shown, count=Count("shown")).values("count")
        return self.select_related("made_by").annotate(video_count=Subquery(counted))


class Avatar(ProviderJob, OrganizedModel, UploadedModel, ConsentedModel, StoredFilesModel):
    """A person that can speak. States: dashboard.jobs.provider_job.ProviderState (never making or cancelled)."""

    KIND = Tombstone.Kind.AVATAR
    TASK = "avatars.tasks.generate"
    COPY_TASK = "avatars.tasks.copy"
    NEWS_WORDS = ("avatars are ready", "portraits could not be used")

    class Gender(models.TextChoices):
        FEMALE = "female", "Female"
        MALE = "male", "Male"

    name = models.CharField(max_length=200)
    # The API returns an estimate; a correction by a person is kept.
    gender = models.CharField(max_length=8, choices=Gender.choices, blank=True)
    gender_corrected = models.BooleanField(default=False)
    # Upright, sRGB, without metadata; empty for an avatar that a sync created.
    portrait = models.FileField(upload_to="avatars/portraits/", blank=True)
    portrait_width = models.PositiveIntegerField(default=0)
    portrait_height = models.PositiveIntegerField(default=0)
    thumbnail = models.FileField(upload_to="avatars/thumbnails/", blank=True)
    preview = models.FileField(upload_to="avatars/previews/", blank=True)
    # The person alone, with an alpha channel, framed as the preview: only where the provider offers it.
    cutout = models.FileField(upload_to="avatars/cutouts/", blank=True)
    # What the uploaded picture said about itself (Content Credentials), for the videos that are made of it.
    credentials = models.FileField(upload_to="avatars/credentials/", blank=True)
    preview_url = models.URLField(
        max_length=MAX_URL, blank=True, help_text="The provider's link; it expires."
    )
    cutout_url = models.URLField(
        max_length=MAX_URL, blank=True, help_text="As above; few providers have one."
    )
    colour = models.CharField(max_length=7, default="#8a8f98", help_text="Shown while the picture loads.")
    # What the provider found in the portrait, if it says so: boxes as shares of `portrait`, the largest face first.
    # Preview, cut-out and videos have another frame: head and shoulders of one of them.
    faces = models.JSONField(default=list)
    face = models.PositiveSmallIntegerField(default=0, help_text="Which of them this avatar is.")
    wanted_face = models.JSONField(null=True, help_text="The box of the one that a person chose.")
    framing = models.JSONField(
        default=dict, help_text="Where the head is in preview and videos, if the provider says so."
    )
    warnings = models.JSONField(default=list, help_text="The provider's sentences about the portrait.")
    portrait_refused = models.BooleanField(
        default=False, help_text="Failed because of the portrait: another one is needed, not another try."
    )

    objects: ClassVar = NotInTrashManager.from_queryset(AvatarQuerySet)()  # type: ignore[assignment]
    all_objects: ClassVar = AvatarQuerySet.as_manager()

    video_count: int  # set by AvatarQuerySet.for_pages

    class Meta(ProviderJob.Meta):
        ordering = ["-created_at", "-pk"]
        constraints = [
            *ProviderJob.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(gender__in=["", "female", "male"]), name="avatar_gender_is_known"
            ),
        ]
        indexes = [
            *ProviderJob.Meta.indexes,
            models.Index(fields=["project", "created_at"], condition=NOT_IN_TRASH, name="avatar_by_project"),
            models.Index(Lower("name"), condition=NOT_IN_TRASH, name="avatar_by_name"),
            # All columns of a search, in the gallery's order: it reads this index and no rows.
            models.Index(
                fields=["created_at", "name", "made_by", "trashed_at"],
                condition=NOT_IN_TRASH,
                name="avatar_search",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("avatar", args=[self.pk])

    @property
    def picture(self) -> FieldFile | None:
        """The best picture there is: the preview, else the portrait as it was uploaded."""
        files = (self.preview, self.thumbnail, self.portrait)
        return next((file for file in files if file and file.field.name not in self.missing_files), None)

    @property
    def files(self) -> list[FieldFile]:
        files = (self.portrait, self.thumbnail, self.preview, self.cutout, self.credentials)
        return [file for file in files if file]
