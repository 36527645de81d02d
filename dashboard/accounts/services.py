"""Create, change and remove accounts. Each function is safe against simultaneous requests."""

import hmac
from contextlib import AbstractContextManager

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings

from dashboard.accounts.sessions import end_sessions
from dashboard.jobs.locks import hold_lock
from dashboard.models import OneTimeLink, User
from dashboard.permissions import PERMISSIONS, Role, person_deactivated


class EmailTaken(Exception):
    """Somebody else has an account with this address."""


def _lock_people() -> AbstractContextManager[None]:
    """A transaction that no other change of people runs beside."""
    return hold_lock("people")


def is_setup_code(code: str) -> bool:
    return hmac.compare_digest(code.strip().encode(), settings.SETUP_CODE.encode())


def create_owner(name: str, email: str, password: str) -> User | None:
    """The first account; None if there is one already."""
    with _lock_people():
        if User.objects.exists():
            return None
        return User.objects.create_user(email, password, name=name, role=Role.OWNER)


def is_taken(email: str) -> bool:
    """Whether an active account has this address. A removed account comes back by another invitation."""
    return User.objects.filter(email__iexact=email, is_active=True).exists()


def accept_invitation(link: OneTimeLink, name: str, email: str, password: str) -> User | None:
    """Create the account of an invitation; None if the link has just been used. Raises EmailTaken."""
    with _lock_people():
        if is_taken(email):
            raise EmailTaken
        if not link.use():
            return None
        former = User.objects.filter(email__iexact=email).first()
        if former is None:
            return User.objects.create_user(email, password, name=name, role=link.role or Role.CREATOR)
        former.name, former.is_active, former.role = name, True, link.role or Role.CREATOR
        former.set_password(password)
        former.save()
        # The account begins anew.
        Authenticator.objects.filter(user=former).delete()
        return former


def choose_password(link: OneTimeLink, password: str) -> User | None:
    """Set the password of the link's person, which ends all sessions; None if the link has just been used."""
    with _lock_people():
        user = User.objects.filter(pk=link.user_id, is_active=True).first() if link.user_id else None
        if user is None or not link.use():
            return None
        user.set_password(password)
        user.save(update_fields=["password"])
        OneTimeLink.objects.filter(user=user, used_at=None).delete()
        end_sessions(user)
        return user


def change_email(user: User, email: str) -> None:
    """Raises EmailTaken."""
    with _lock_people():
        if User.objects.filter(email__iexact=email).exclude(pk=user.pk).exists():
            raise EmailTaken
        # allauth has its own table of addresses and would still accept the old one.
        EmailAddress.objects.filter(user=user).delete()
        user.email = email.lower()
        user.save(update_fields=["email"])


class LastOwner(Exception):
    """Without this owner there would be none."""


class NotManageable(Exception):
    """The person may not be changed by who asks, or is not in the state for it any more."""


def list_roles(by: User) -> list[Role]:
    """The roles that this person may give."""
    return [role for role in Role if PERMISSIONS[role] <= PERMISSIONS.get(by.role, frozenset())]


def set_role(person: User, role: Role, by: User) -> User:
    """Give a role. Raises LastOwner, NotManageable."""
    with _lock_people():
        person = _get_manageable(person, by, is_active=True)
        if role not in list_roles(by):
            raise NotManageable
        if role != Role.OWNER and _is_last_owner(person):
            raise LastOwner
        if role == Role.OWNER:
            # An admin may have made one, and may not come in as an owner.
            OneTimeLink.objects.filter(user=person, used_at=None).delete()
        if not PERMISSIONS[role] >= PERMISSIONS[person.role]:
            # They may give more than the person may now.
            OneTimeLink.objects.filter(made_by=person, used_at=None).delete()
        person.role = role
        person.save(update_fields=["role"])
        return person


def deactivate(person: User, by: User) -> None:
    """End the person's access: sessions, links and tokens. What the person made stays. Raises LastOwner, NotManageable."""
    with _lock_people():
        person = _get_manageable(person, by, is_active=True)
        if _is_last_owner(person):
            raise LastOwner
        person.is_active = False
        person.save(update_fields=["is_active"])
        OneTimeLink.objects.filter(user=person).delete()
        OneTimeLink.objects.filter(made_by=person, used_at=None).delete()
        end_sessions(person)
        person_deactivated.send(User, person=person)


def reactivate(person: User, by: User) -> None:
    """Let the person sign in again, as before. Raises NotManageable."""
    with _lock_people():
        person = _get_manageable(person, by, is_active=False)
        person.is_active = True
        person.save(update_fields=["is_active"])


def _get_manageable(person: User, by: User, *, is_active: bool) -> User:
    """The person as the database has it now."""
    found = User.objects.filter(pk=person.pk, is_active=is_active).first()
    actor = User.objects.filter(pk=by.pk, is_active=True).first()
    if found is None or actor is None or not actor.may_manage(found):
        raise NotManageable
    return found


def _is_last_owner(person: User) -> bool:
    return (
        person.is_owner
        and not User.objects.filter(role=Role.OWNER, is_active=True).exclude(pk=person.pk).exists()
    )
