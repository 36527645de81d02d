"""The adapter of django-allauth."""

import logging
import time
from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.core import context as allauth_context
from allauth.core.internal.ratelimit import RateLimitUsage
from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse

from dashboard.accounts import sign_in_limits, two_step
from dashboard.accounts.sessions import end_sessions
from dashboard.models import User

log = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "account_inactive": "This account is deactivated. Ask an owner or an admin of your team.",
        "email_password_mismatch": "The email address or password is incorrect.",
        "enter_current_password": "This password is incorrect.",
        "incorrect_password": "This password is incorrect.",
        "too_many_login_attempts": "Too many wrong passwords. Wait five minutes, then try again.",
        "rate_limited": "Too many attempts. Wait a few minutes, then try again.",
        "invalid_password_reset": "This link no longer works. Ask for a new one.",
    }

    _attempt: RateLimitUsage | None = None

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Instead of allauth's limit by account, which a stranger could use to lock somebody out."""
        self._attempt = sign_in_limits.consume_attempt(request, credentials.get("email", ""))
        if self._attempt is None:
            raise self.validation_error("too_many_login_attempts")

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        user = super().authenticate(request, **credentials)
        if user and self._attempt:
            self._attempt.rollback()
        return user

    def login(self, request: HttpRequest, user: User) -> None:
        super().login(request, user)
        request.device_of = user  # type: ignore[attr-defined]  # KnownDeviceMiddleware sets the cookie
        two_step.mark_session(request, user)

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not where somebody signed in a moment ago."""
        request = allauth_context.request
        earliest = time.time() - app_settings.REAUTHENTICATION_TIMEOUT
        records = get_authentication_records(request, request.user)
        if any(record["method"] in {"password", "mfa"} and record["at"] > earliest for record in records):
            return False
        return bool(super().is_reauthentication_required(app=app, **kwargs))

    def get_reauthentication_methods(self, user: User) -> list[dict[str, Any]]:
        """allauth's, in our words."""
        words = {
            "reauthenticate": "Use your password",
            "mfa_reauthenticate": "Use a code",
            "mfa_reauthenticate:webauthn": "Use a passkey",
        }
        methods = super().get_reauthentication_methods(user)
        return [method | {"description": words[method["id"]]} for method in methods]

    def set_password(self, user: User, password: str) -> None:
        """Also ends all other sessions, which Django would only make useless."""
        super().set_password(user, password)
        request = allauth_context.request
        end_sessions(user, except_key=request.session.session_key if request.user == user else None)

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts are created by invitation only (dashboard.accounts.views)."""
        return False

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("account")

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """A mail server that does not answer must not break the page."""
        try:
            super().send_mail(template_prefix, email, context)
        except OSError:  # also all errors of smtplib
            log.exception("A mail could not be sent.")
            messages.error(
                allauth_context.request,
                "The email could not be sent. Ask the owner of this site for a link instead.",
            )
