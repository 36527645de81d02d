"""So many requests a minute for one token, over all calls, as the original API has it."""

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
    reset: int  # when the next minute begins, in seconds since 1970

    @property
    def is_spent(self) -> bool:
        return self.used > self.total

    @property
    def headers(self) -> dict[str, str]:
        return {
            "X-Ratelimit-Total": str(self.total),
            "X-Ratelimit-Left": str(max(self.total - self.used, 0)),
            "X-Ratelimit-Reset": str(self.reset),
        }


def count(token: Token) -> Allowance:
    """Count one request."""
    window = int(time.time()) // WINDOW
    key = f"engine-requests:{token.pk}:{window}"
    # The database cache adds by reading and writing; inside one transaction (IMMEDIATE on SQLite) no request
    # slips through between the two. Caches that can add by themselves (Redis) do not mind.
    with transaction.atomic():
        cache.add(key, 0, timeout=2 * WINDOW)
        try:
            used = cache.incr(key)
        except ValueError:  # the cache threw it out that very moment
            used = 1
    return Allowance(settings.ENGINE_REQUESTS_PER_MINUTE, used, (window + 1) * WINDOW)
