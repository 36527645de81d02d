"""Who may do what: the roles, and one table of what each of them may do.

A view says what it needs by `@requires(...)`. One that says nothing needs SEE to be read and MAKE to be sent a form, so a
new view is closed to viewers unless it says otherwise; `PermissionMiddleware` asks before the view is called. Templates
ask `{% if user|may:"make" %}`, other code `user.may(Permission.MAKE)`. Whether somebody may change a certain row is
`user.may_change(row)`.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.db import models
from django.dispatch import Signal
from django.http import HttpRequest, HttpResponseBase

if TYPE_CHECKING:
    from dashboard.request import Request

View = TypeVar("View", bound=Callable[..., Any])


class Role(models.TextChoices):
    """What somebody is in the team."""

    OWNER = "owner", "Owner"
    ADMIN = "admin", "Admin"
    CREATOR = "creator", "Creator"
    VIEWER = "viewer", "Viewer"


class Permission(StrEnum):
    SEE = "see"  # pages and downloads, and one's own account
    MAKE = "make"  # avatars, voices and videos, and change what one has made
    CHANGE_ALL = "change_all"  # change and delete what others have made
    MANAGE_PEOPLE = "manage_people"  # invite, give roles, deactivate, end sessions; owners excepted
    MANAGE_OWNERS = "manage_owners"
    MANAGE_TOKENS = "manage_tokens"
    CHANGE_SETTINGS = "change_settings"  # what is set for the whole team
    SEE_ACTIVITY = "see_activity"  # who did what, and how much is used
    SEE_CONNECTION = "see_connection"  # the state of the installation, and what is wrong with it


_CREATOR = frozenset({Permission.SEE, Permission.MAKE})
_ADMIN = frozenset(Permission) - {Permission.MANAGE_OWNERS}
PERMISSIONS: dict[str, frozenset[Permission]] = {
    Role.OWNER: frozenset(Permission),
    Role.ADMIN: _ADMIN,
    Role.CREATOR: _CREATOR,
    Role.VIEWER: frozenset({Permission.SEE}),
}
# What a role is for, where one is given.
DESCRIPTIONS: dict[str, str] = {
    Role.OWNER: "May do everything, also with other owners.",
    Role.ADMIN: "Manages people, tokens and settings, and can change everything that others made. Not owners.",
    Role.CREATOR: "Makes avatars, voices and videos, and changes their own.",
    Role.VIEWER: "Sees and downloads everything. Makes and changes nothing.",
}
LOOK_ONLY = (
    "You can look at everything here and download it, but not make or change anything. Ask an owner or an admin of "
    "your team for another role."
)
MANAGERS_ONLY = "Only owners and admins of your team can do this."

# Sent by dashboard.accounts with `person`, within its transaction: what acts in the name of the person ends.
person_deactivated = Signal()


def requires(permission: Permission) -> Callable[[View], View]:
    """Decorator of a view: everybody else is refused, whatever the method."""

    def mark(view: View) -> View:
        view.permission = permission  # type: ignore[attr-defined]  # read below
        return view

    return mark


def permission_of(view: Callable[..., HttpResponseBase], request: HttpRequest) -> Permission:
    """What a request of this view needs."""
    said: Permission | None = getattr(view, "permission", None)
    if said:
        return said
    # Signing out, one's own password and second step: pages of allauth.
    name = (request.resolver_match and request.resolver_match.url_name) or ""
    if request.method in {"GET", "HEAD", "OPTIONS"} or name.startswith(("account_", "mfa_")):
        return Permission.SEE
    return Permission.MAKE


def check(request: "Request", view: Callable[..., HttpResponseBase]) -> None:
    """Raises PermissionDenied, with a sentence, if the person who asks may not use this view."""
    permission = permission_of(view, request)
    if not request.user.may(permission):
        raise PermissionDenied(LOOK_ONLY if permission == Permission.MAKE else MANAGERS_ONLY)
