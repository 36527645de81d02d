"""Links by which people without an account see a video, what they said, and how often it was played."""

import secrets
from datetime import datetime
from typing import Any

from django.contrib.auth.hashers import check_password, make_password
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac

from dashboard.models import OwnedModel, User
from videos.models.video import Video

MAX_COMMENT = 2000  # characters
MAX_NAME = 60


def new_token() -> str:
    return secrets.token_urlsafe(24)


class Share(OwnedModel):
    """A link to one video. Whoever has it sees the video, until it is switched off or over, or the video is in the trash.

    The token is stored as it is, because the team has to see the link again.
    """

    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="shares")
    token = models.CharField(max_length=43, unique=True, default=new_token)
    note = models.CharField("who is it for?", max_length=80, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, help_text="Empty: never.")
    revoked_at = models.DateTimeField(null=True)
    password = models.CharField(max_length=128, blank=True, help_text="A hash, as that of an account.")
    allows_download = models.BooleanField(default=False)
    allows_comments = models.BooleanField(default=False)
    allows_embedding = models.BooleanField(default=False)
    # Origins, as in the header frame-ancestors.
    sites = models.JSONField(default=list, blank=True, help_text="Where it may be embedded; empty: anywhere.")

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["made_by", "created_at"], name="share_by_person")]

    def __str__(self) -> str:
        return f"{self.video}, {self.note}" if self.note else str(self.video)

    def get_absolute_url(self) -> str:
        """Its page for the team; the public one is `public_path`."""
        return reverse("share", args=[self.video_id, self.pk])

    @property
    def public_path(self) -> str:
        return reverse("shared-video", args=[self.token])

    @property
    def embed_path(self) -> str:
        return reverse("shared-embed", args=[self.token])

    @property
    def is_over(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()

    @property
    def is_usable(self) -> bool:
        return self.revoked_at is None and not self.is_over and not self.video.is_in_trash

    @property
    def password_key(self) -> str:
        """Changes with the password: what was signed with another key no longer opens it. Empty without a password."""
        if not self.password:
            return ""
        return salted_hmac("videos.sharing.password", self.password, algorithm="sha256").hexdigest()[:16]

    def set_password(self, text: str) -> None:
        """Protect it with this password, or with none. The row is not saved."""
        self.password = make_password(text) if text else ""

    def is_password(self, text: str) -> bool:
        return bool(self.password) and check_password(text, self.password)

    def count_view(self) -> None:
        """One more view today."""
        day, _ = ShareDay.objects.get_or_create(share=self, day=timezone.localdate())
        ShareDay.objects.filter(pk=day.pk).update(views=F("views") + 1)

    @property
    def views(self) -> int:
        return self.days.aggregate(total=models.Sum("views"))["total"] or 0


class ShareDay(models.Model):
    """How often a shared video was played on one day; nothing about who did."""

    share = models.ForeignKey(Share, on_delete=models.CASCADE, related_name="days", db_index=False)
    day = models.DateField()
    views = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-day"]
        constraints = [models.UniqueConstraint(fields=["share", "day"], name="share_day_once")]

    def __str__(self) -> str:
        return f"{self.day}: {self.views}"


class ShareComment(models.Model):
    """What somebody with the link said about a moment of the video, and the team's answer."""

    share = models.ForeignKey(Share, on_delete=models.CASCADE, related_name="comments")
    name = models.CharField("your name", max_length=MAX_NAME)
    text = models.TextField("comment", max_length=MAX_COMMENT)
    at_seconds = models.FloatField(default=0, help_text="The moment of the video that it is about.")
    created_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(null=True, help_text="When the team saw it.")
    answer = models.TextField(blank=True, max_length=MAX_COMMENT)
    answered_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["at_seconds", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(at_seconds__gte=0), name="share_comment_from_0"),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.text[:60]}"

    def save_answer(self, text: str, user: User, moment: datetime | None = None) -> None:
        """Answer it, or take the answer back with an empty text."""
        fields: dict[str, Any] = {"answer": text, "answered_by": None, "answered_at": None}
        if text:
            fields |= {"answered_by": user, "answered_at": moment or timezone.now()}
        ShareComment.objects.filter(pk=self.pk).update(**fields, seen_at=self.seen_at or timezone.now())
