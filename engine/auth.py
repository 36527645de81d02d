"""Authentication by a bearer token: one from the database, of which only the hash is stored, or the dashboard's own."""

import hmac

from django.conf import settings
from django.http import HttpRequest

from engine.models import Token
from engine.responses import ApiError, Code

CHALLENGE = {"WWW-Authenticate": "Bearer"}


def authenticate(request: HttpRequest) -> Token | None:
    """The token of the request; None is the dashboard's own. Raises ApiError."""
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    text = text.strip()
    if scheme.lower() == "bearer" and text:
        if hmac.compare_digest(text.encode(), settings.CG_AVATAR_API_TOKEN.encode()):
            return None
        # The lookup is by a hash, so its duration reveals nothing about the token.
        if token := Token.objects.select_related("made_by").filter(digest=Token.digest_of(text)).first():
            if token.made_by and not token.made_by.is_active:
                raise ApiError(Code.NO_TOKEN, headers=CHALLENGE)
            if token.is_expired:
                raise ApiError(Code.NO_TOKEN, "This token has expired. Create a new one.", headers=CHALLENGE)
            token.record_use()
            return token
    raise ApiError(Code.NO_TOKEN, headers=CHALLENGE)
