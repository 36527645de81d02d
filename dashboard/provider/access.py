"""Whether the provider can be used: it answers, it accepts the key, and there is an avatar service at its address.

While it cannot, no requests are made for single rows. They wait, people see why, and the poller tries one request
now and then.
"""

import hashlib
import time
from dataclasses import asdict, dataclass

from django.conf import settings
from django.core.cache import cache

POLL_SECONDS = 5.0  # between two looks of the poller whether it is time to try
CHECK_SECONDS = 30.0  # between two tries
KEEP_SECONDS = 24 * 3600  # each try renews it
WAITING = "The avatar service does not answer. This continues automatically."


@dataclass(frozen=True)
class AccessProblem:
    """Why no requests are made at present."""

    sentence: str
    is_outage: bool  # it does not answer at all; otherwise it does not let us in
    since: float  # seconds since the epoch
    checked_at: float

    @property
    def check_seconds(self) -> float:
        """The seconds between two tries: fewer while an outage is young, as when our own engine starts again."""
        if not self.is_outage:
            return CHECK_SECONDS
        return min(max((self.checked_at - self.since) / 4, POLL_SECONDS), CHECK_SECONDS)

    @property
    def is_check_due(self) -> bool:
        passed = time.time() - self.checked_at
        return not 0 <= passed < self.check_seconds  # below 0: the clock was put back


def find_problem() -> AccessProblem | None:
    """Why the provider cannot be used at present; None if it can."""
    found = cache.get(_key())
    return AccessProblem(**found) if found else None


def record_problem(sentence: str, *, is_outage: bool = False) -> None:
    """The provider refused a request that has nothing to do with a single row, or did not answer it."""
    now, before = time.time(), find_problem()
    since = before.since if before and before.is_outage == is_outage else now
    # As plain values: a cached entry must not depend on where this class lives.
    cache.set(_key(), asdict(AccessProblem(sentence, is_outage, since, now)), KEEP_SECONDS)


def clear_problem() -> None:
    """The provider answers and lets us in."""
    cache.delete(_key())


def _key() -> str:
    """Another key or address begins without a problem."""
    used = f"{settings.CG_AVATAR_API_URL} {settings.CG_AVATAR_API_TOKEN}"
    return f"provider-problem:{hashlib.sha256(used.encode()).hexdigest()[:32]}"
