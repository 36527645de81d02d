"""The adapter of django-allauth."""

import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as allauth_context
from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse

log = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "account_inactive": "This account has been removed.",
        "email_password_mismatch": "The email address or password is incorrect.",
        "enter_current_password": "This password is incorrect.",
        "too_many_login_attempts": "Too many wrong passwords. Wait five minutes, then try again.",
        "rate_limited": "Too many attempts. Wait a few minutes, then try again.",
        "invalid_password_reset": "This link no longer works. Ask for a new one.",
    }

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
