"""Two-step sign-in: who has it, who must have it, and taking it away from somebody who lost the phone.

Codes, passkeys and recovery codes themselves are allauth's (allauth.mfa); here is what this site adds. Whoever signs in
without a second step where the owners demand one gets a session that leads to the set-up and nowhere else
(TwoStepMiddleware) until there is one.
"""

import ipaddress
from urllib.parse import urlsplit

from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed
from django.dispatch import receiver
from django.http import HttpRequest

from dashboard.accounts.sessions import end_sessions
from dashboard.audit.models import Action
from dashboard.audit.recording import record
from dashboard.models import SiteSettings, User

MISSING_KEY = "two_step_missing"  # in a session that leads to the set-up only
SECOND_STEPS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
NAMES = {
    Authenticator.Type.TOTP: "authenticator app",
    Authenticator.Type.WEBAUTHN: "passkey",
    Authenticator.Type.RECOVERY_CODES: "recovery codes",
}


def has_two_step(user: User) -> bool:
    return Authenticator.objects.filter(user=user, type__in=SECOND_STEPS).exists()


def ids_with_two_step() -> set[int]:
    """The keys of all people who have it."""
    return set(Authenticator.objects.filter(type__in=SECOND_STEPS).values_list("user_id", flat=True))


def is_required() -> bool:
    return SiteSettings.objects.filter(two_step_required=True).exists()


def set_required(actor: User, required: bool, request: HttpRequest) -> int:
    """Demand it of everybody, or no longer. Signs out who does not have it; how many people that were."""
    SiteSettings.objects.update_or_create(pk=1, defaults={"two_step_required": required})
    words = "demanded of everybody" if required else "no longer demanded"
    record(actor, Action.SETTING_CHANGED, f"Two-step sign-in {words}", request)
    if not required:
        return 0
    others = User.objects.filter(is_active=True).exclude(pk__in=ids_with_two_step()).exclude(pk=actor.pk)
    return sum(bool(end_sessions(person)) for person in others)


def mark_session(request: HttpRequest, user: User) -> None:
    """Have the session lead to the set-up, if this person must have a second step and has none."""
    if is_required() and not has_two_step(user):
        request.session[MISSING_KEY] = True
    else:
        request.session.pop(MISSING_KEY, None)


def reset(person: User, *, actor: User | None, request: HttpRequest | None = None) -> bool:
    """Take the second step away and sign the person out; the password still holds. False if there was none."""
    removed, _ = Authenticator.objects.filter(user=person).delete()
    if not removed:
        return False
    end_sessions(person)
    record(actor, Action.TWO_STEP_OFF, person, request)
    return True


def supports_passkeys(request: HttpRequest) -> bool:
    """Whether browsers offer passkeys at the address of this request: https or localhost, and no bare IP address."""
    host = urlsplit(f"//{request.get_host()}").hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return request.is_secure() or host == "localhost" or host.endswith(".localhost")
    return False


@receiver(authenticator_added)
def _note_added(request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: object) -> None:
    if authenticator.type in SECOND_STEPS:
        record(user, Action.TWO_STEP_ON, NAMES[authenticator.type], request)


@receiver(authenticator_removed)
def _note_removed(request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: object) -> None:
    if authenticator.type in SECOND_STEPS:
        record(user, Action.TWO_STEP_OFF, NAMES[authenticator.type], request)
        mark_session(request, user)
