"""People and their one-time links; what rows of all apps have in common; leases, request slots, tombstones, heartbeats."""

import hashlib
import secrets
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import IntegrityError, models
from django.utils import timezone

from dashboard.audit.models import AuditEntry as AuditEntry  # of this app, in a file of its own
from dashboard.files.models import DeletedFile as DeletedFile
from dashboard.forgotten.models import Forgetting as Forgetting
from dashboard.forgotten.models import Forgotten as Forgotten
from dashboard.jobs import clock
from dashboard.mail_news.models import MailNews as MailNews
from dashboard.metrics.models import StorageUse as StorageUse
from dashboard.metrics.models import Total as Total
from dashboard.organizing.models import Project as Project
from dashboard.organizing.models import SavedFilter as SavedFilter
from dashboard.organizing.models import Tag as Tag
from dashboard.permissions import PERMISSIONS, Permission, Role
from dashboard.provider.parsing import MAX_ID


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, role=Role.OWNER, **fields)


class User(AbstractBaseUser):
    """A member of the team; dashboard.permissions says what each role may do."""

    email = models.EmailField("email address", unique=True)
    name = models.CharField("name", max_length=80)
    # The database knows the default too, for a version before this one that runs on during an update.
    role = models.CharField(
        max_length=10, choices=Role.choices, default=Role.CREATOR, db_default=Role.CREATOR.value
    )
    picture = models.FileField(upload_to="people", blank=True, max_length=200, db_default="")
    is_active = models.BooleanField(default=True)
    tour_step = models.PositiveSmallIntegerField(
        default=1, db_default=1, help_text="Of videos.tour, from 1; 0: it is over."
    )
    date_joined = models.DateTimeField(default=timezone.now)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects = UserManager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="user_role_is_known")
        ]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def is_owner(self) -> bool:
        return self.role == Role.OWNER

    def may(self, permission: Permission) -> bool:
        """Whether the role of this person allows it."""
        return permission in PERMISSIONS.get(self.role, ())

    def may_change(self, row: "OwnedModel") -> bool:
        """Whether this person may change and delete the row: who made it, unless a viewer by now, and who may all."""
        return self.may(Permission.CHANGE_ALL) or (row.made_by_id == self.pk and self.may(Permission.MAKE))

    def may_manage(self, person: "User") -> bool:
        """Whether this person may change another one's role and access."""
        needed = Permission.MANAGE_OWNERS if person.is_owner else Permission.MANAGE_PEOPLE
        return self != person and self.may(needed)


class OwnedModel(models.Model):
    """Something made by a person. It stays when the account is removed."""

    # Every subclass has an index that begins with this column and goes on with a date.
    made_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)

    class Meta:
        abstract = True


class StoredFilesModel(models.Model):
    """Something with stored files, which may be gone: see dashboard.files.missing_files."""

    missing_files = models.JSONField(
        default=list, blank=True, help_text="Names of the fields whose file was not in the storage."
    )
    file_sizes = models.JSONField(
        default=dict, blank=True, help_text="Bytes by name in the storage, where a page has shown them."
    )

    class Meta:
        abstract = True


class UploadedModel(models.Model):
    """Something made from an upload. A file that a browser had to send twice makes one row."""

    upload_ref = models.UUIDField(
        null=True, unique=True, editable=False, help_text="See dashboard.uploads.resumable."
    )

    class Meta:
        abstract = True

    @classmethod
    def create_once(cls, upload_ref: uuid.UUID | None, create: Callable[[], Self]) -> Self:
        """The row of this upload; `create` makes it unless it is there already."""
        rows = cls._base_manager.filter(upload_ref=upload_ref)  # also in the trash
        if upload_ref and (row := rows.first()):
            return row
        try:
            return create()
        except IntegrityError:  # the same file came a second time while the first was being decoded
            if upload_ref and (row := rows.first()):
                return row
            raise


class OneTimeLinkQuerySet(models.QuerySet["OneTimeLink"]):
    def usable(self) -> Self:
        return self.filter(used_at=None, expires_at__gt=timezone.now())

    def find(self, token: str) -> "OneTimeLink | None":
        """The usable link of this token."""
        return self.usable().filter(digest=OneTimeLink.digest_of(token)).first()


class OneTimeLink(models.Model):
    """An invitation, or a link to choose a new password; works once, for three days.

    Only a hash of the token is stored: reading the database is not enough to sign in.
    """

    LIFETIME = timedelta(days=3)

    digest = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, help_text="Empty: an invitation.")
    note = models.CharField(max_length=80, blank=True, help_text="Whom it is for.")
    role = models.CharField(
        max_length=10,
        choices=Role.choices,
        blank=True,
        default="",
        db_default="",
        help_text="Of an invitation.",
    )
    email = models.EmailField(
        blank=True, default="", db_default="", help_text="Where an invitation was sent by mail."
    )
    made_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    objects = OneTimeLinkQuerySet.as_manager()

    def __str__(self) -> str:
        return f"link for {self.user or self.note or 'somebody'}"

    @staticmethod
    def digest_of(token: str) -> str:
        return hashlib.sha256(token.encode()).hexdigest()

    @classmethod
    def make(
        cls, made_by: User, *, user: User | None = None, note: str = "", role: str = "", email: str = ""
    ) -> tuple["OneTimeLink", str]:
        """A new link and its token, which is not stored."""
        token = secrets.token_urlsafe(24)
        link = cls.objects.create(
            digest=cls.digest_of(token),
            user=user,
            note=note,
            role="" if user else role or Role.CREATOR,
            email=email,
            made_by=made_by,
            expires_at=timezone.now() + cls.LIFETIME,
        )
        return link, token

    def use(self) -> bool:
        """Use the link up. False if another request has just done so."""
        rows = OneTimeLink.objects.usable().filter(pk=self.pk)
        return bool(rows.update(used_at=timezone.now()))


class SiteSettings(models.Model):
    """What owners set on the pages, for the whole site: one row, or none while all is as delivered."""

    two_step_required = models.BooleanField(default=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="site_settings_once")]

    def __str__(self) -> str:
        return "settings of the site"


class Tombstone(models.Model):
    """Something that was deleted here but still exists at the provider: a sync must not create it again."""

    class Kind(models.TextChoices):
        AVATAR = "avatar"
        VIDEO = "video"

    kind = models.CharField(max_length=8, choices=Kind.choices)
    provider = models.CharField(max_length=200, help_text="The address of its API.")
    remote_id = models.CharField(max_length=MAX_ID)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "provider", "remote_id"], name="tombstone_once"),
            models.CheckConstraint(
                condition=models.Q(kind__in=["avatar", "video"]), name="tombstone_kind_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.remote_id}"

    @classmethod
    def record(cls, kind: str, provider: str, remote_id: str) -> None:
        cls.objects.get_or_create(kind=kind, provider=provider, remote_id=remote_id)


class Lease(models.Model):
    """The right of one process at a time to do a named thing: to poll, to sync. For a name, always as long."""

    CLOCK_TOLERANCE = 60  # seconds, between machines

    name = models.CharField(max_length=40, primary_key=True)
    holder = models.UUIDField(null=True)
    until = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name

    @classmethod
    def acquire(cls, name: str, holder: uuid.UUID, seconds: float) -> bool:
        """Take or extend the lease for `seconds`. False while another holder has it."""
        now = clock.now()
        # New, or released: free for every process, also for one whose clock is a little behind.
        cls.objects.get_or_create(name=name, defaults={"until": now - clock.TOLERANCE})
        # Later than this could be: the clock was ahead when it was taken, and has been put back.
        latest = now + timedelta(seconds=seconds + cls.CLOCK_TOLERANCE)
        free = models.Q(holder=holder) | models.Q(until__lt=now) | models.Q(until__gt=latest)
        rows = cls.objects.filter(free, name=name)
        return bool(rows.update(holder=holder, until=now + timedelta(seconds=seconds)))

    @classmethod
    def release(cls, name: str, holder: uuid.UUID) -> None:
        cls.objects.filter(name=name, holder=holder).update(holder=None, until=clock.now() - clock.TOLERANCE)


class RequestSlot(models.Model):
    """One of the requests that the provider allows in a minute: see dashboard.provider.rate_limit."""

    number = models.PositiveSmallIntegerField(primary_key=True)
    free_at = models.DateTimeField(default=timezone.now, help_text="From then on it can be taken again.")

    def __str__(self) -> str:
        return f"request {self.number}"


class Heartbeat(models.Model):
    """A process of the background, or a cluster of them, that said lately that it runs."""

    kind = models.CharField(max_length=20, help_text='The cluster, or "poller".')
    instance = models.CharField(
        max_length=100, help_text="Instance and main process, as in the holder of a job."
    )
    since = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)
    finished = models.PositiveBigIntegerField(default=0, help_text="Tasks since its start.")
    workers = models.PositiveSmallIntegerField(default=0, help_text="Processes that do tasks.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "instance"], name="heartbeat_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.instance}"

    @property
    def pid(self) -> int:
        return int(self.instance.rpartition(" ")[2])
