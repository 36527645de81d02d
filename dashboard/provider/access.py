"""Whether the provider lets this site in: it accepts the key, and there is an avatar service at its address.

While it does not, no requests are made for single rows. They wait, people see why, and the poller tries one request
now and then.
"""

import hashlib

from django.conf import settings
from django.core.cache import cache

CHECK_SECONDS = 30.0  # between two tries
KEEP_SECONDS = 24 * 3600  # each try renews it


def find_problem() -> str:
    """A sentence that says why the provider does not let us in, or an empty string."""
    return str(cache.get(_key(), ""))


def record_problem(sentence: str) -> None:
    """The provider refused a request that has nothing to do with a single row."""
    cache.set(_key(), sentence, KEEP_SECONDS)


def clear_problem() -> None:
    """The provider lets us in."""
    cache.delete(_key())


def _key() -> str:
    """Another key or address begins without a problem."""
    used = f"{settings.CG_AVATAR_API_URL} {settings.CG_AVATAR_API_TOKEN}"
    return f"provider-access:{hashlib.sha256(used.encode()).hexdigest()[:32]}"
