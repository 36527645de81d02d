"""What Django and allauth tell of sign-ins, for the audit log. Connected in dashboard.apps."""

from typing import Any

from allauth.account import signals as allauth
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from dashboard.audit.models import Action
from dashboard.audit.recording import record
from dashboard.models import User


@receiver(user_logged_in)
def signed_in(*, request: HttpRequest, user: User, **_: Any) -> None:
    record(user, Action.SIGNED_IN, request=request)


@receiver(user_logged_out)
def signed_out(*, request: HttpRequest, user: User | None, **_: Any) -> None:
    if user:
        record(user, Action.SIGNED_OUT, request=request)


@receiver(user_login_failed)
def sign_in_failed(*, credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    record(None, Action.SIGN_IN_FAILED, str(credentials.get("email", "")), request)


@receiver([allauth.password_changed, allauth.password_reset])
def password_changed(*, request: HttpRequest, user: User, **_: Any) -> None:
    record(user, Action.PASSWORD_CHANGED, request=request)
