"""Create, change and remove accounts. Each function is safe against simultaneous requests."""

import hmac
from contextlib import AbstractContextManager

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings

from dashboard.accounts.sessions import end_sessions
from dashboard.jobs.locks import hold_lock
from dashboard.models import OneTimeLink, User


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
        return User.objects.create_user(email, password, name=name, is_owner=True)


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
            return User.objects.create_user(email, password, name=name)
        former.name, former.is_active = name, True
        former.set_password(password)
        former.save()
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


def remove_person(person: User) -> bool:
    """End the account and its sessions; what the person made stays. False for the last owner."""
    with _lock_people():
        if _is_last_owner(person):
            return False
        person.is_active = person.is_owner = False
        person.set_unusable_password()
        person.save(update_fields=["is_active", "is_owner", "password"])
        # By another invitation the account begins anew.
        Authenticator.objects.filter(user=person).delete()
        OneTimeLink.objects.filter(user=person).delete()
        OneTimeLink.objects.filter(made_by=person, used_at=None).delete()
        end_sessions(person)
        return True


def set_owner(person: User, is_owner: bool) -> bool:
    """Give or take the rights of an owner. False for the last owner."""
    with _lock_people():
        if not is_owner and _is_last_owner(person):
            return False
        person.is_owner = is_owner
        person.save(update_fields=["is_owner"])
        return True


def _is_last_owner(person: User) -> bool:
    return not User.objects.filter(is_owner=True, is_active=True).exclude(pk=person.pk).exists()
