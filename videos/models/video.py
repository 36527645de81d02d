"""The talking videos."""

import functools
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse

from avatars.models import Avatar
from dashboard.jobs.leased_job import JobQuerySet
from dashboard.jobs.provider_job import ProviderJob, ProviderState
from dashboard.models import StoredFilesModel, Tombstone, User
from dashboard.organizing.organized_model import OrganizedModel
from dashboard.provenance import source_types
from dashboard.provider.parsing import MAX_STATE
from dashboard.trash.trashable_model import NOT_IN_TRASH, NotInTrashManager
from videos.looks.framing import Framing
from videos.looks.look import Look
from videos.models.voice import Voice

NO_MASK = "This video has no mask, so its background cannot be removed or replaced."

CARD_FIELDS = (
    "title",
    "state",
    "state_since",
    "version",
    "try_after",
    "attempts",
    "progress",
    "error",
    "remote_state",
    "batch_position",
    "created_at",
    "video",
    "look",
    "styled_video",
    "styled_key",
    "poster",
    "thumbnail",
    "colour",
    "width",
    "height",
    "seconds",
    *("made_by__name", "made_by__email"),
    *("avatar__thumbnail", "avatar__preview", "avatar__portrait", "avatar__state", "avatar__missing_files"),
    *("avatar__portrait_width", "avatar__portrait_height"),
)


class VideoQuerySet(JobQuerySet):
    def for_cards(self) -> Self:
        """With everything that their cards show, and no other columns."""
        return self.select_related("made_by", "avatar").only(*CARD_FIELDS)

    def for_pages(self) -> Self:
        """With everything that the page of one video shows."""
        return self.select_related("made_by", "avatar", "voice")


class Video(ProviderJob, OrganizedModel, StoredFilesModel):
    """A talking video. States: dashboard.jobs.provider_job.ProviderState."""

    KIND = Tombstone.Kind.VIDEO
    TASK = "videos.tasks.generate"
    COPY_TASK = "videos.tasks.copy"
    NEWS_WORDS = ("videos are ready", "videos failed")

    class MaskProblem(models.TextChoices):
        PENDING = (
            "pending",
            "The mask of this video is still being downloaded, so its background cannot be removed or replaced yet.",
        )
        LOST = (
            "lost",
            "The mask of this video could not be downloaded, so its background cannot be removed or replaced.",
        )
        UNFIT = (
            "unfit",
            "The mask that came with this video is damaged or does not fit it, so its background cannot be "
            "removed or replaced.",
        )

    title = models.CharField(max_length=200)
    avatar = models.ForeignKey(
        Avatar, null=True, on_delete=models.SET_NULL, related_name="videos", db_index=False
    )
    # Empty for a video imported from the provider, which does not return the audio.
    voice = models.ForeignKey(Voice, null=True, on_delete=models.SET_NULL, related_name="videos")
    script = models.TextField(blank=True, help_text="What the voice says, if it was typed in.")
    direction = models.JSONField(
        default=dict, help_text="How the avatar moves: videos.directions; empty: naturally."
    )
    remote_state = models.CharField(max_length=MAX_STATE, blank=True, help_text="The provider's own status.")
    seen_at = models.DateTimeField(null=True, help_text="When the provider last reported on it.")
    lost_since = models.DateTimeField(null=True, help_text="Since when the provider has not known it.")
    finished_at = models.DateTimeField(null=True)
    video = models.FileField(upload_to="videos/videos/", blank=True)
    mask = models.FileField(upload_to="videos/masks/", blank=True)
    mask_problem = models.CharField(
        max_length=8,
        choices=MaskProblem.choices,
        blank=True,
        help_text="Why there is no mask, if one was expected.",
    )
    poster = models.FileField(upload_to="videos/posters/", blank=True)
    captions = models.FileField(upload_to="videos/captions/", blank=True)  # WebVTT
    script_matches = models.BooleanField(
        null=True, help_text="Whether the script matched the audio; empty: the provider does not say."
    )
    thumbnail = models.FileField(upload_to="videos/thumbnails/", blank=True)
    poster_at = models.FloatField(null=True, help_text="The moment chosen for the poster, in seconds.")
    # The person alone with an alpha channel, made from video and mask: for previews of other looks.
    cutout = models.FileField(upload_to="videos/cutouts/", blank=True)
    digital_source_type = models.CharField(
        max_length=source_types.MAX_LENGTH,
        blank=True,
        help_text="How it came about, in IPTC's words; empty: the provider does not say.",
    )
    look = models.JSONField(default=dict, help_text="videos.looks.look.Look; empty: the original.")
    # Copied from the avatar, which may be deleted before the video.
    framing = models.JSONField(default=dict, help_text="Where the head is, if the provider says so.")
    # The video with its look applied, and the key of that look: differs from `look` while a new one is being applied.
    styled_video = models.FileField(upload_to="videos/styled/", blank=True)
    styled_key = models.CharField(max_length=16, blank=True)
    # Its index (below) leaves out videos without a batch: SQLite would otherwise use it to look for them.
    batch = models.ForeignKey(
        "videos.Batch", null=True, on_delete=models.SET_NULL, related_name="videos", db_index=False
    )
    # From 1; lower ones are sent first (see videos.scheduling). 0: not part of a batch.
    batch_position = models.PositiveIntegerField(default=0)
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    seconds = models.FloatField(default=0)
    colour = models.CharField(max_length=7, default="#8a8f98", help_text="Shown while the poster loads.")

    objects = NotInTrashManager.from_queryset(VideoQuerySet)()  # type: ignore[misc, assignment]
    all_objects = VideoQuerySet.as_manager()  # type: ignore[misc]  # the plugin infers no class variable here

    class Meta(ProviderJob.Meta):
        ordering = ["-created_at", "-pk"]
        constraints = [
            *ProviderJob.Meta.constraints,
            models.CheckConstraint(condition=models.Q(seconds__gte=0), name="video_length_from_0"),
            models.CheckConstraint(
                condition=models.Q(poster_at=None) | models.Q(poster_at__gte=0), name="video_poster_from_0"
            ),
        ]
        indexes = [
            *ProviderJob.Meta.indexes,
            models.Index(fields=["project", "created_at"], condition=NOT_IN_TRASH, name="video_by_project"),
            models.Index(Lower("title"), condition=NOT_IN_TRASH, name="video_by_title"),
            models.Index(fields=["seconds"], condition=NOT_IN_TRASH, name="video_by_length"),
            models.Index(
                fields=["avatar", "created_at", "trashed_at"], condition=NOT_IN_TRASH, name="video_by_avatar"
            ),
            models.Index(
                fields=["voice", "created_at", "trashed_at"], condition=NOT_IN_TRASH, name="video_by_voice"
            ),
            models.Index(
                fields=["made_by", "seconds"],
                condition=NOT_IN_TRASH,
                name="video_by_person_length",
            ),
            models.Index(fields=["batch"], name="video_by_batch", condition=models.Q(batch__isnull=False)),
            # Covers everything that a search reads, in the gallery's order, so it never touches the rows.
            models.Index(
                fields=["created_at", "title", "avatar", "made_by", "trashed_at"],
                condition=NOT_IN_TRASH,
                name="video_search",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("video", args=[self.pk])

    @classmethod
    def done_since(cls, user: User, moment: datetime) -> models.QuerySet["Video"]:
        """Leaves out videos of a batch: the batch has one notification for all of them."""
        return super().done_since(user, moment).filter(batch=None)

    @property
    def is_cancellable(self) -> bool:
        """While it is queued here, or at the provider, where it can only be ignored from then on."""
        if self.state == ProviderState.MAKING:
            return self.remote_state == "pending"
        return self.state in (ProviderState.WAITING, ProviderState.UNSURE)

    @property
    def why_no_mask(self) -> str:
        """A sentence, or an empty string if there is a mask."""
        if self.mask:
            return ""
        return self.get_mask_problem_display() or NO_MASK

    @property
    def waits_for_mask(self) -> bool:
        """Its look is applied when its mask has been downloaded."""
        return self.mask_problem == self.MaskProblem.PENDING and self.parsed_look.needs_mask

    @property
    def waits_for_avatar(self) -> bool:
        """It was requested together with its avatar, which is not ready yet."""
        return self.state == ProviderState.WAITING and self.avatar is not None and self.avatar.is_active

    @functools.cached_property
    def parsed_look(self) -> Look:
        return Look.from_dict(self.look)

    @property
    def known_framing(self) -> Framing | None:
        """Where the head is in the frame; None if that is not known."""
        return Framing.from_dict(self.framing or (self.avatar.framing if self.avatar else None))

    @property
    def poster_moment(self) -> float:
        """In seconds. By default the first frame: the person looks as in the portrait, while later frames may
        show a blink."""
        return self.poster_at if self.poster_at is not None else 0.0

    @property
    def display_file(self) -> models.fields.files.FieldFile:
        """What the player plays: the video with its look as soon as that is made, until then the original."""
        if self.styled_video and self.styled_key == self.parsed_look.key:
            return self.styled_video
        return self.video

    @property
    def is_file_missing(self) -> bool:
        """Whether the file that the player plays is gone."""
        return self.is_ready and self.display_file.field.name in self.missing_files

    @property
    def is_poster_current(self) -> bool:
        """False while the poster still shows a look that is being replaced."""
        return not self.styled_video or self.display_file == self.styled_video

    @property
    def display_size(self) -> tuple[int, int]:
        """Width and height of what the player plays, in pixels."""
        if self.styled_video and self.display_file == self.styled_video:
            return self.parsed_look.canvas(self.width, self.height)
        return self.width, self.height

    @property
    def files(self) -> list[models.fields.files.FieldFile]:
        """All stored files of this video."""
        return [
            file
            for file in (
                self.video,
                self.mask,
                self.poster,
                self.thumbnail,
                self.captions,
                self.cutout,
                self.styled_video,
            )
            if file
        ]
