"""Who asks: a bearer token, of which only the hash is kept, or the dashboard's own."""

import hmac

from django.conf import settings
from django.http import HttpRequest

from engine.envelope import ApiError, Code
from engine.models import Token


def token_of(request: HttpRequest) -> Token | None:
    """The token that the request bears; None is the dashboard's own. Raises ApiError."""
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    text = text.strip()
    if scheme.lower() == "bearer" and text:
        if hmac.compare_digest(text.encode(), settings.CG_AVATAR_API_TOKEN.encode()):
            return None
        # The look-up is by a hash: how long it takes says nothing about the token.
        if token := Token.objects.filter(digest=Token.digest_of(text)).first():
            return token
    raise ApiError(Code.NO_TOKEN, headers={"WWW-Authenticate": "Bearer"})
