"""The limit of requests a minute for one token, over all endpoints, as in the original API."""

import time
from dataclasses import dataclass

from django.conf import settings
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
    with transaction.atomic():  # two requests at once wait for each other, at whichever process they arrive
        counted = (
            Token.objects.select_for_update().filter(pk=token.pk).values_list("window", "requests").first()
        )
        used = counted[1] + 1 if counted and counted[0] == window else 1
        Token.objects.filter(pk=token.pk).update(window=window, requests=used)
    return Allowance(settings.ENGINE_REQUESTS_PER_MINUTE, used, (window + 1) * WINDOW)
