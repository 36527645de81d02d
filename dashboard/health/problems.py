"""What does not work at present: said on every page by a banner, and to monitoring at /health/.

A part of the product registers a function that looks at its own affairs, when its app is ready (`apps.py`)::

    @register
    def check_disk() -> list[Problem]:
        ...
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from dashboard.models import User
from dashboard.permissions import Permission

log = logging.getLogger(__name__)

CACHE_SECONDS = 10.0
OUTAGE = "provider-outage"  # the key of the problem that cards say too

Check = Callable[[], "list[Problem]"]
_checks: list[Check] = []


@dataclass(frozen=True)
class Problem:
    """Something that does not work. Anybody may learn the key; the sentence is for owners and admins, or for everybody.

    `is_essential`: nothing gets done until it is mended; /health/ answers with 503.
    """

    key: str  # "disk-nearly-full"
    sentence: str  # what it means and what to do, in plain words
    for_everybody: bool = False
    is_essential: bool = False

    def is_for(self, user: User) -> bool:
        """Whether this person, who is signed in, is told the sentence."""
        return self.for_everybody or user.may(Permission.SEE_CONNECTION)


class _Cache:
    """What was found last, in the memory of this process."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.problems: list[Problem] = []
        self.until = 0.0


_cache = _Cache()


def register(check: Check) -> Check:
    """Have `check` called whenever problems are looked for. It must be quick, and may read the database."""
    if check not in _checks:
        _checks.append(check)
    return check


def find_problems() -> list[Problem]:
    """All problems at present, at most CACHE_SECONDS old. The essential ones come first."""
    with _cache.lock:
        if time.monotonic() >= _cache.until:
            found = [problem for check in _checks for problem in _call(check)]
            set_cache(sorted(found, key=lambda problem: not problem.is_essential))
        return list(_cache.problems)


def has_problem(key: str) -> bool:
    """Whether there is a problem with this key."""
    return any(problem.key == key for problem in find_problems())


def set_cache(problems: list[Problem], seconds: float = CACHE_SECONDS) -> None:
    """What `find_problems` returns for so long."""
    _cache.problems = problems
    _cache.until = time.monotonic() + seconds


def clear_cache() -> None:
    """Look again at the next call of `find_problems`."""
    set_cache([], 0)


def _call(check: Check) -> list[Problem]:
    try:
        return check()
    except Exception:  # a check that fails must not break the page that asks
        log.exception("%s.%s", check.__module__, check.__qualname__)
        return []
