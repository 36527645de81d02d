"""Voices, the videos in which an avatar speaks them, and what is made of those videos."""

import functools
import uuid
from datetime import datetime

from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone

from avatars.models import Avatar
from dashboard.jobs.local_job import LocalJob, LocalState
from dashboard.jobs.provider_job import ProviderJob, ProviderState
from dashboard.models import OwnedModel, Tombstone, UploadedModel, User
from dashboard.provider.answers import MAX_STATE
from videos.looks.framing import Framing
from videos.looks.look import Look

NO_MASK = "This video came without a mask, so its background cannot be removed or replaced."


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
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("voice", args=[self.pk])

    @property
    def files(self) -> list[models.fields.files.FieldFile]:
        return [file for file in (self.sound, self.shape) if file]


class Backdrop(OwnedModel, UploadedModel):
    """A picture to stand in front of."""

    name = models.CharField(max_length=200)
    picture = models.FileField(upload_to="videos/backdrops/")
    thumbnail = models.FileField(upload_to="videos/backdrops/", blank=True)
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    colour = models.CharField(max_length=7, default="#8a8f98", help_text="Shown while the picture loads.")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.name


class Batch(OwnedModel):
    """Several videos ordered at once: each is a BatchItem, and soon a Video.

    A sheet is a draft first: its rows are there to be reviewed and fixed, and nothing is made yet. When those that are
    fine are made, the others stay drafts, of the same batch.
    """

    name = models.CharField(max_length=200)
    ref = models.UUIDField(
        default=uuid.uuid4, unique=True, help_text="The same page sent twice is one batch."
    )
    look = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    started_at = models.DateTimeField(null=True, help_text="Empty: a draft.")
    done_at = models.DateTimeField(
        null=True, db_index=True, help_text="When nothing of it was left to be made."
    )
    left_out = models.PositiveIntegerField(default=0, help_text="Rows of the sheet that somebody discarded.")
    sounds = models.JSONField(default=dict, help_text="Names of files that came along, and their voices.")

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("batch", args=[self.pk])

    @property
    def is_draft(self) -> bool:
        """Nothing of it is made yet."""
        return self.started_at is None

    @property
    def drafts(self) -> "models.QuerySet[BatchItem]":
        """The rows that are not made yet, because something is wrong with them or nobody has pressed the button."""
        return self.items.filter(state=ItemState.DRAFT)

    # -- news: see dashboard.notifications.Newsworthy

    @classmethod
    def being_made(cls) -> models.QuerySet["Batch"]:
        return cls.objects.filter(started_at__isnull=False, done_at=None)

    @classmethod
    def done_since(cls, user: User, moment: datetime) -> models.QuerySet["Batch"]:
        return cls.objects.filter(made_by=user, done_at__gt=moment).order_by("-done_at")

    @functools.cached_property
    def numbers(self) -> tuple[int, int]:
        """How many are ready, and how many could not be made."""
        states = [*self.items.exclude(state=ItemState.READY).values_list("state", flat=True)]
        states += self.videos.values_list("state", flat=True)
        return states.count(ProviderState.READY), sum(
            state in (ProviderState.FAILED, ProviderState.UNSURE) for state in states
        )

    @property
    def is_ready(self) -> bool:
        return not self.numbers[1]

    @property
    def outcome(self) -> str:
        ready, failed = self.numbers
        words = f"{ready} video{' is' if ready == 1 else 's are'} ready"
        return f"{self}: {words}{f', {failed} could not be made' if failed else ''}."


class Video(ProviderJob):
    """A talking video. States: dashboard.jobs.provider_job.ProviderState."""

    KIND = Tombstone.Kind.VIDEO
    TASK = "videos.tasks.generate"
    COPY_TASK = "videos.tasks.copy"

    class MaskProblem(models.TextChoices):
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
    avatar = models.ForeignKey(Avatar, null=True, on_delete=models.SET_NULL, related_name="videos")
    # Empty for a video that was brought in from the provider, which does not give its sound back.
    voice = models.ForeignKey(Voice, null=True, on_delete=models.SET_NULL, related_name="videos")
    script = models.TextField(blank=True, help_text="What the voice says, if somebody typed it.")
    remote_state = models.CharField(
        max_length=MAX_STATE, blank=True, help_text="The provider's own word for it."
    )
    seen_at = models.DateTimeField(null=True, help_text="When the provider last said anything about it.")
    lost_since = models.DateTimeField(null=True, help_text="Since when the provider does not know it.")
    finished_at = models.DateTimeField(null=True)
    video = models.FileField(upload_to="videos/videos/", blank=True)
    mask = models.FileField(upload_to="videos/masks/", blank=True)
    mask_problem = models.CharField(
        max_length=8,
        choices=MaskProblem.choices,
        blank=True,
        help_text="Why there is no mask, if one was to come.",
    )
    poster = models.FileField(upload_to="videos/posters/", blank=True)
    captions = models.FileField(upload_to="videos/captions/", blank=True)  # WebVTT
    words_fit = models.BooleanField(
        null=True, help_text="Whether the script fitted the sound; empty: the provider says nothing about it."
    )
    thumbnail = models.FileField(upload_to="videos/thumbnails/", blank=True)
    poster_at = models.FloatField(
        null=True, help_text="The moment that was chosen for the poster, in seconds."
    )
    # The person alone, from video and mask, with an alpha channel: for previews of other looks.
    cutout = models.FileField(upload_to="videos/cutouts/", blank=True)
    look = models.JSONField(default=dict, help_text="videos.looks.look.Look; empty: the original.")
    # A copy of the avatar's, which may be deleted before the video is.
    framing = models.JSONField(default=dict, help_text="Where the head is in it, if the provider says so.")
    # The video with its look, and the look that it has: another than `look` while that is being made.
    dressed = models.FileField(upload_to="videos/dressed/", blank=True)
    dressed_key = models.CharField(max_length=16, blank=True)
    # Its index (below) leaves out the many that are in none: SQLite would take it to look for them.
    batch = models.ForeignKey(
        Batch, null=True, on_delete=models.SET_NULL, related_name="videos", db_index=False
    )
    # Its place in its batch, from 1; lower ones go first (see videos.scheduling). 0: ordered by itself.
    turn = models.PositiveIntegerField(default=0)
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    seconds = models.FloatField(default=0)
    colour = models.CharField(max_length=7, default="#8a8f98", help_text="Shown while the poster loads.")

    class Meta(ProviderJob.Meta):
        ordering = ["-created_at", "-pk"]
        indexes = [
            *ProviderJob.Meta.indexes,
            models.Index(Lower("title"), name="video_by_title"),
            models.Index(fields=["seconds"], name="video_by_length"),
            models.Index(fields=["avatar", "created_at"], name="video_by_avatar"),
            models.Index(fields=["batch"], name="video_by_batch", condition=models.Q(batch__isnull=False)),
            # All that a search looks at, in the gallery's order: it reads this index and no row.
            models.Index(fields=["created_at", "title", "avatar", "made_by"], name="video_search"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("video", args=[self.pk])

    @classmethod
    def done_since(cls, user: User, moment: datetime) -> models.QuerySet["Video"]:
        """Without those of a batch, which tells of all of them at once."""
        return super().done_since(user, moment).filter(batch=None)

    @property
    def is_cancellable(self) -> bool:
        """While it waits, here or in the provider's own queue, where we can only stop waiting for it."""
        if self.state == ProviderState.MAKING:
            return self.remote_state == "pending"
        return self.state in (ProviderState.WAITING, ProviderState.UNSURE)

    @property
    def why_no_mask(self) -> str:
        """A sentence; empty where there is a mask."""
        if self.mask:
            return ""
        return self.get_mask_problem_display() or NO_MASK

    @property
    def waits_for_avatar(self) -> bool:
        """It was ordered together with its avatar, which cannot speak yet."""
        return self.state == ProviderState.WAITING and self.avatar is not None and self.avatar.is_active

    @functools.cached_property
    def looks(self) -> Look:
        return Look.of(self.look)

    @property
    def face(self) -> Framing | None:
        """Where the head is in it; None where nobody knows."""
        return Framing.of(self.framing or (self.avatar.framing if self.avatar else None))

    @property
    def poster_moment(self) -> float:
        """In seconds. The first frame unless somebody chose: there the person looks as in the portrait, and
        later moments may be a blink."""
        return self.poster_at if self.poster_at is not None else 0.0

    @property
    def shown(self) -> models.fields.files.FieldFile:
        """What the player plays: with its look, once that is made."""
        if self.dressed and self.dressed_key == self.looks.key:
            return self.dressed
        return self.video

    @property
    def is_poster_true(self) -> bool:
        """Not while it still has the look that is about to be replaced."""
        return not self.dressed or self.shown == self.dressed

    @property
    def shown_size(self) -> tuple[int, int]:
        """Width and height of what the player plays, in pixels."""
        if self.dressed and self.shown == self.dressed:
            return self.looks.canvas(self.width, self.height)
        return self.width, self.height

    @property
    def files(self) -> list[models.fields.files.FieldFile]:
        own = (self.video, self.mask, self.poster, self.thumbnail, self.captions, self.cutout, self.dressed)
        return [file for file in own if file]


class Export(OwnedModel, LocalJob):
    """A file made of a finished video and its mask: for a program, or with a look. Kept for the next click.

    `made_by` is who asked for a download last; nobody for what follows from something else, as a look.
    """

    class Kind(models.TextChoices):
        LOOK = "look", "Video with its look"  # becomes Video.dressed
        WEBM = "webm", "Transparent WebM"
        MOV = "mov", "Transparent ProRes"
        GIF = "gif", "GIF"
        WEBP = "webp", "Animated WebP"
        SOUND = "sound", "Sound"
        POSTER = "poster", "Poster"  # becomes Video.poster and Video.thumbnail

    TASK = "videos.exports.tasks.work"
    QUICK = (Kind.POSTER, Kind.SOUND)  # seconds, not minutes: the common workers do them

    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="exports")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    look = models.JSONField(default=dict, help_text="The look that it is made with.")
    look_key = models.CharField(max_length=16, blank=True)
    # Named here before it is written, so that what a killed run left is known to the next one.
    file = models.FileField(upload_to="videos/exports/", blank=True)
    size = models.PositiveBigIntegerField(default=0, help_text="Bytes.")
    used_at = models.DateTimeField(
        default=timezone.now, db_index=True, help_text="When somebody last asked for it."
    )

    class Meta(LocalJob.Meta):
        constraints = [
            models.UniqueConstraint(fields=["video", "kind", "look_key"], name="export_once_per_look")
        ]
        indexes = [
            models.Index(fields=["state", "try_after"], name="export_due"),
            models.Index(fields=["made_by", "state_since"], name="export_news"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.video_id}"

    @property
    def cluster(self) -> str | None:
        return None if self.kind in self.QUICK else "studio"

    def get_absolute_url(self) -> str:
        return reverse("video", args=[self.video_id])

    # -- news: see dashboard.notifications.Newsworthy

    @classmethod
    def being_made(cls) -> models.QuerySet["Export"]:
        active = (LocalState.WAITING, LocalState.WORKING)
        return cls.objects.filter(state__in=active, made_by__isnull=False)

    @classmethod
    def done_since(cls, user: User, moment: datetime) -> models.QuerySet["Export"]:
        ended = (LocalState.READY, LocalState.FAILED)
        rows = cls.objects.filter(made_by=user, state_since__gt=moment, state__in=ended)
        return rows.select_related("video").order_by("-state_since")

    @property
    def done_at(self) -> datetime:
        return self.state_since

    @property
    def outcome(self) -> str:
        words = "is ready to download" if self.is_ready else "could not be made"
        return f"{self.get_kind_display()} of {self.video} {words}."


class ItemState(models.TextChoices):
    """LocalState, and two more.

    ::

        draft ──▶ waiting ──▶ working ──▶ ready        draft: a row of a sheet that is being reviewed
                   ▲   │
                   │   ▼                               ready: it is a video now, which has states of its own
                  cancelled
    """

    DRAFT = "draft"
    WAITING = LocalState.WAITING.value
    WORKING = LocalState.WORKING.value
    READY = LocalState.READY.value
    FAILED = LocalState.FAILED.value
    CANCELLED = "cancelled"


class BatchItem(LocalJob):
    """One row of a batch: fetches its sound where it is an address, then becomes a video."""

    TRANSITIONS = LocalJob.TRANSITIONS | {
        ItemState.DRAFT: {ItemState.WAITING},
        ItemState.WAITING: LocalJob.TRANSITIONS[LocalState.WAITING] | {ItemState.CANCELLED, ItemState.READY},
        ItemState.CANCELLED: {ItemState.WAITING},
    }

    TASK = "videos.batches.tasks.work"

    state = models.CharField(max_length=16, choices=ItemState.choices, default=ItemState.WAITING)
    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="items")
    number = models.PositiveIntegerField(help_text="The row in the sheet, from 1.")
    title = models.CharField(max_length=200, blank=True)
    # As they were written: what they mean is looked up again whenever something changes.
    said_avatar = models.CharField(max_length=200, blank=True)
    said_sound = models.CharField(max_length=2000, blank=True)
    avatar = models.ForeignKey(Avatar, null=True, on_delete=models.SET_NULL, related_name="+")
    voice = models.ForeignKey(Voice, null=True, on_delete=models.SET_NULL, related_name="+")
    audio_url = models.URLField(max_length=2000, blank=True)
    script = models.TextField(blank=True)
    video = models.OneToOneField(Video, null=True, on_delete=models.SET_NULL, related_name="batch_item")

    class Meta(LocalJob.Meta):
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["batch", "number"], name="one_item_per_row")]

    def __str__(self) -> str:
        return self.title or f"{self.batch_id}.{self.number}"
