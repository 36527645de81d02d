"""The limit of requests a minute for one token, over all endpoints, as in the original API."""

import time
from dataclasses import dataclass

from django.conf import settings
from django.core.cache import cache
from django.db import transaction

from engine.models import Token

WINDOW = 60  # seconds


@dataclass(frozen=True)
class Allowance:
    total: int
    used: int
    reset: int  # Unix time at which the next minute begins

    @property
    def is_exceeded(self) -> bool:
        return self.used > self.total

    @property
    def headers(self) -> dict[str, str]:
        return {
            "X-Ratelimit-Total": str(self.total),
            "X-Ratelimit-Left": str(max(self.total - self.used, 0)),
            "X-Ratelimit-Reset": str(self.reset),
        }


def count_request(token: Token) -> Allowance:
    """Count one request, and return what is left."""
    window = int(time.time()) // WINDOW
    key = f"engine-requests:{token.pk}:{window}"
    # The database cache increments by reading and writing; one transaction (IMMEDIATE on SQLite) makes that atomic.
    # Caches that can increment themselves (Redis) do not need it.
    with transaction.atomic():
        cache.add(key, 0, timeout=2 * WINDOW)
        try:
            used = cache.incr(key)
        except ValueError:  # the cache has just evicted it
            used = 1
    return Allowance(settings.ENGINE_REQUESTS_PER_MINUTE, used, (window + 1) * WINDOW)
