"""How often passwords may be tried, so that guessing is slow and yet no stranger can lock anybody out.

Wrong passwords are counted by address, and by address and account together. They are never counted by account alone to
refuse everybody: a stranger could then keep the owner out by being wrong all the time. A browser in which somebody has signed
in before has a signed cookie that says so; it has a count of its own and is not affected by what others do, not even
from the same address. The figures are in ACCOUNT_RATE_LIMITS; a password that was right is not counted.
"""

import secrets
from dataclasses import dataclass, field
from datetime import timedelta

from allauth.core.internal import ratelimit
from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase

from dashboard.models import User

COOKIE_AGE = timedelta(days=365)
MAX_PEOPLE = 10  # who sign in on one device
_SALT = "known-device"


def consume_attempt(request: HttpRequest, email: str) -> ratelimit.RateLimitUsage | None:
    """Count an attempt to sign in; None if it has to wait. Roll it back if the password was right."""
    email = email.strip().lower()
    device = KnownDevice.read(request)
    user = User.objects.filter(email=email, pk__in=device.people).first() if device.people else None
    if user:
        return _consume(request, "password_known_device", f"{device.token}:{user.pk}")
    here = f"{ratelimit.get_ip(request)}:{email}"
    usage = _consume(request, "password", here)
    if usage is None:
        return None
    # Many addresses at once: from then on each has a few tries an hour, which is enough for the owner of the account.
    widely = _consume(request, "password_widely", email)
    more = widely or _consume(request, "password_under_attack", here)
    if more is None:
        return None
    return ratelimit.RateLimitUsage(usage=[*usage.usage, *more.usage])


def _consume(request: HttpRequest, action: str, key: str) -> ratelimit.RateLimitUsage | None:
    return ratelimit.consume(request, app="allauth.account", action=action, key=key)


@dataclass
class KnownDevice:
    """What the cookie says: a name for the device, and who has signed in there."""

    token: str = ""
    people: list[int] = field(default_factory=list)

    @classmethod
    def read(cls, request: HttpRequest) -> "KnownDevice":
        """Empty if there is no cookie, or one that is not ours."""
        try:
            token, people = signing.loads(
                request.COOKIES.get(settings.KNOWN_DEVICE_COOKIE_NAME, ""), salt=_SALT, max_age=COOKIE_AGE
            )
        except (signing.BadSignature, ValueError, TypeError):
            return cls()
        return cls(token, people)

    def add(self, user: User, response: HttpResponseBase) -> None:
        """Have the browser remember that this person signed in there."""
        token = self.token or secrets.token_urlsafe(12)
        people = [user.pk, *(pk for pk in self.people if pk != user.pk)][:MAX_PEOPLE]
        response.set_cookie(
            settings.KNOWN_DEVICE_COOKIE_NAME,
            signing.dumps([token, people], salt=_SALT, compress=True),
            max_age=COOKIE_AGE,
            httponly=True,
            secure=bool(settings.SESSION_COOKIE_SECURE),
            samesite="Lax",
        )
