"""The rows of the audit log: added, never changed."""

from datetime import timedelta
from typing import Any, NoReturn

from django.db import models
from django.utils import timezone

KEEP_DAYS = 365
MAX_TEXT = 200  # characters


class Action(models.TextChoices):
    """What was done. A stored value keeps its meaning."""

    SIGNED_IN = "signed_in", "Signed in"
    SIGN_IN_FAILED = "sign_in_failed", "Sign-in failed"
    SIGNED_OUT = "signed_out", "Signed out"
    SESSION_ENDED = "session_ended", "Session ended"
    PASSWORD_CHANGED = "password_changed", "Password changed"
    EMAIL_CHANGED = "email_changed", "Email address changed"
    TWO_STEP_ON = "two_step_on", "Two-step sign-in switched on"
    TWO_STEP_OFF = "two_step_off", "Two-step sign-in switched off"
    INVITATION_CREATED = "invitation_created", "Invitation created"
    PASSWORD_LINK_CREATED = "password_link_created", "Password link created"
    LINK_REVOKED = "link_revoked", "Link revoked"
    ACCOUNT_CREATED = "account_created", "Account created"
    OWNER_ADDED = "owner_added", "Made an owner"
    OWNER_REMOVED = "owner_removed", "Removed as owner"
    ROLE_CHANGED = "role_changed", "Role changed"
    PERSON_REMOVED = "person_removed", "Person deactivated"
    PERSON_REACTIVATED = "person_reactivated", "Person reactivated"
    AVATAR_ADDED = "avatar_added", "Avatar added"
    VOICE_ADDED = "voice_added", "Voice added"
    VIDEO_ORDERED = "video_ordered", "Video ordered"
    BATCH_STARTED = "batch_started", "Batch started"
    TRASHED = "trashed", "Moved to the trash"
    RESTORED = "restored", "Restored from the trash"
    DELETED = "deleted", "Deleted for good"
    FORGOTTEN = "forgotten", "Forgotten for good"
    CONSENT_GIVEN = "consent_given", "Permission stated"
    TOKEN_CREATED = "token_created", "Token created"
    TOKEN_REVOKED = "token_revoked", "Token revoked"
    SHARE_CREATED = "share_created", "Shared by a link"
    SHARE_CHANGED = "share_changed", "Shared link changed"
    SHARE_REVOKED = "share_revoked", "Shared link switched off"
    SHARE_RESTORED = "share_restored", "Shared link switched on"
    SETTING_CHANGED = "setting_changed", "Setting changed"


# For the filter of the page: every action is in one of these.
KINDS: dict[str, tuple[str, tuple[Action, ...]]] = {
    "made": (
        "Things made",
        (Action.AVATAR_ADDED, Action.VOICE_ADDED, Action.VIDEO_ORDERED, Action.BATCH_STARTED),
    ),
    "shared": ("Things shared", tuple(action for action in Action if action.name.startswith("SHARE"))),
    "removed": (
        "Things deleted",
        (Action.TRASHED, Action.RESTORED, Action.DELETED, Action.FORGOTTEN),
    ),
    "people": (
        "People and roles",
        (
            Action.INVITATION_CREATED,
            Action.PASSWORD_LINK_CREATED,
            Action.LINK_REVOKED,
            Action.ACCOUNT_CREATED,
            Action.OWNER_ADDED,
            Action.OWNER_REMOVED,
            Action.ROLE_CHANGED,
            Action.PERSON_REMOVED,
            Action.PERSON_REACTIVATED,
        ),
    ),
    "sign-in": (
        "Signing in",
        (
            Action.SIGNED_IN,
            Action.SIGN_IN_FAILED,
            Action.SIGNED_OUT,
            Action.SESSION_ENDED,
            Action.PASSWORD_CHANGED,
            Action.EMAIL_CHANGED,
            Action.TWO_STEP_ON,
            Action.TWO_STEP_OFF,
        ),
    ),
    "settings": (
        "Settings, tokens and permissions",
        (Action.CONSENT_GIVEN, Action.TOKEN_CREATED, Action.TOKEN_REVOKED, Action.SETTING_CHANGED),
    ),
}


class AppendOnly(Exception):
    """The audit log can only be added to."""


class AuditEntryQuerySet(models.QuerySet["AuditEntry"]):
    def update(self, **values: Any) -> NoReturn:
        raise AppendOnly

    def delete(self) -> NoReturn:
        raise AppendOnly

    def delete_old(self) -> int:
        """Delete what is older than `KEEP_DAYS`, which the database allows too; how many there were."""
        # A day more than the database asks for, whose clock reads whole seconds.
        old = self.filter(at__lt=timezone.now() - timedelta(days=KEEP_DAYS + 1))
        return int(old._raw_delete(self.db))


class AuditEntry(models.Model):
    """One event. Names are copied: the entry stays true when a person is renamed or forgotten.

    On SQLite, triggers (migration 0002) refuse UPDATE, and DELETE within `KEEP_DAYS`, whoever asks.
    """

    at = models.DateTimeField(default=timezone.now)
    # No foreign key, which a deleted account would have to empty.
    actor_id = models.BigIntegerField(
        null=True, help_text="Empty: nobody signed in, or a command on the server."
    )
    actor = models.CharField(max_length=MAX_TEXT, blank=True)
    # Without `choices`, so that a further action needs no migration.
    action = models.CharField(max_length=24)
    subject = models.CharField(max_length=MAX_TEXT, blank=True, help_text="What it was done to.")
    address = models.GenericIPAddressField(null=True, help_text="Of the browser.")

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["-at"], name="audit_at"),
            models.Index(fields=["action", "-at"], name="audit_action"),
            models.Index(fields=["actor_id", "-at"], name="audit_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.actor}: {self.action_label} {self.subject}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Raises AppendOnly for an entry that is stored already."""
        if not self._state.adding:
            raise AppendOnly
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnly

    @property
    def action_label(self) -> str:
        return str(Action(self.action).label) if self.action in Action.values else self.action
