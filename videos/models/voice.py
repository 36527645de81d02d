"""Recordings."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import Count, FilteredRelation, OuterRef, Q, Subquery
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone

from dashboard.consent.consented_model import ConsentedModel
from dashboard.models import OwnedModel, StoredFilesModel, UploadedModel
from dashboard.organizing.organized_model import OrganizedModel
from dashboard.trash.trashable_model import NOT_IN_TRASH, NotInTrashManager, TrashableModel
from videos.models.batch import BatchItem


class VoiceQuerySet(models.QuerySet["Voice"]):
    def for_rows(self) -> Self:
        """With everything that a row of the gallery shows; `video_count` is annotated."""
        # A subquery for each row shown: a join would group all of their videos by all columns.
        one = Voice.all_objects.filter(pk=OuterRef("pk")).order_by().values("pk")
        shown = FilteredRelation("videos", condition=Q(videos__trashed_at=None))
        count = one.annotate(shown=shown, count=Count("shown")).values("count")
        return self.select_related("made_by").annotate(video_count=Subquery(count))

    def unused(self) -> Self:
        """Without a video, a row of a batch or an edit, and not marked to be kept."""
        in_batches = BatchItem.objects.exclude(voice=None).values("voice")
        return self.filter(is_kept=False, videos=None, edits=None).exclude(pk__in=in_batches)


class Voice(OwnedModel, TrashableModel, OrganizedModel, UploadedModel, ConsentedModel, StoredFilesModel):
    """A recording, decoded once and stored as WAV, which every provider accepts."""

    name = models.CharField(max_length=200)
    sound = models.FileField(upload_to="videos/voices/")
    seconds = models.FloatField()
    peaks = models.JSONField(default=list, help_text="About 200 loudness values, 0 to 1, for the waveform.")
    # A recording never changes: an edit (trimmed, normalized) is saved as another voice.
    original = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="edits")
    edit = models.JSONField(
        default=dict, help_text="What was done to the original: videos.voices.edit_spec.Edit."
    )
    edit_key = models.CharField(max_length=40, blank=True, help_text="Edit.key: the same for the same edit.")
    script = models.TextField(blank=True, help_text="What it says, if that was known at upload.")
    shape = models.FileField(
        upload_to="videos/shapes/",
        blank=True,
        help_text="JSON for the waveform editor, computed on first use.",
    )
    is_kept = models.BooleanField(
        default=False, help_text="Never deleted automatically, even if no video uses it."
    )
    unused_since = models.DateTimeField(
        null=True, help_text="Since when nothing has used it; see videos.voices.services.delete_unused."
    )
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar = NotInTrashManager.from_queryset(VoiceQuerySet)()
    all_objects: ClassVar = VoiceQuerySet.as_manager()

    video_count: int  # set by VoiceQuerySet.for_rows
    # Set by videos.batches.create_views for its templates.
    title: str
    words: str
    filename: str

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["original", "edit_key", "made_by"],
                condition=NOT_IN_TRASH & Q(original__isnull=False),
                name="one_voice_per_edit",
            ),
            models.CheckConstraint(condition=models.Q(seconds__gte=0), name="voice_length_from_0"),
        ]
        indexes = [
            *TrashableModel.Meta.indexes,
            # The gallery's orders and filters.
            models.Index(fields=["created_at"], condition=NOT_IN_TRASH, name="voice_by_date"),
            models.Index(fields=["project", "created_at"], condition=NOT_IN_TRASH, name="voice_by_project"),
            models.Index(Lower("name"), condition=NOT_IN_TRASH, name="voice_by_name"),
            models.Index(fields=["made_by", "created_at"], condition=NOT_IN_TRASH, name="voice_by_person"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("voice", args=[self.pk])

    @property
    def is_file_missing(self) -> bool:
        return "sound" in self.missing_files

    @property
    def files(self) -> list[models.fields.files.FieldFile]:
        return [file for file in (self.sound, self.shape) if file]
