"""The adapter of allauth.mfa: our words, and secrets that are encrypted in the database."""

import base64
import hashlib
import secrets
from typing import Any
from urllib.parse import urlsplit

from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

from dashboard.models import User

SITE_NAME = "Talking avatars"


class TwoStepAdapter(DefaultMFAAdapter):
    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "That is not right, or it was used already. Try again.",
        "cannot_generate_recovery_codes": "Set up an authenticator app or a passkey first.",
    }

    def encrypt(self, text: str) -> str:
        """Reading the database, or a copy of it, is then not enough to make codes."""
        return _fernet().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        try:
            return _fernet().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            # Another secret key than when it was stored: no code fits any more, and an owner resets the second step.
            return base64.b32encode(secrets.token_bytes(20)).decode()

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """The site that a passkey belongs to. A browser refuses it at any other host."""
        host = urlsplit(f"//{context.request.get_host()}").hostname or ""
        return {"id": host, "name": SITE_NAME}

    def generate_authenticator_name(self, user: User, type: Any) -> str:
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return "Passkey" if number == 1 else f"Passkey {number}"


def _fernet() -> Fernet:
    key = hashlib.sha256(b"two-step sign-in:" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))
