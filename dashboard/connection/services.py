"""What the page shows: services, each with its state and a test. An app registers its own when it is ready (`apps.py`)::

    register(Service("speech", "Speech", describe_speech, run_test_of_speech, place=50))

`describe` is quick and asks no other server. A test takes TEST_SECONDS at most, or is done by a job: then it returns
`Result.pending()`, and `follow` says how far it is.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from typing import Any

from django.core.cache import cache

from dashboard.models import User

log = logging.getLogger(__name__)

TEST_SECONDS = 8.0
KEEP_SECONDS = 7 * 24 * 3600  # how long the last result is shown


class State(StrEnum):
    OK = "ok"
    WARNING = "warning"
    BAD = "bad"
    OFF = "off"  # not set up, which is no fault


@dataclass(frozen=True)
class Report:
    """What is known of a service without asking it."""

    state: State
    words: str
    facts: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Result:
    """What came of a test."""

    is_good: bool
    sentence: str
    is_pending: bool = False
    at: float = 0.0  # seconds since the epoch

    @classmethod
    def pending(cls, sentence: str) -> "Result":
        return cls(True, sentence, is_pending=True)

    @property
    def moment(self) -> datetime:
        return datetime.fromtimestamp(self.at, UTC)


@dataclass(frozen=True)
class Service:
    key: str
    title: str
    describe: Callable[[], Report]
    test: Callable[[User], Result] | None = None
    follow: Callable[[], Result] | None = None
    test_words: str = "Test"
    tests_at_once: bool = False  # when the page is opened
    place: int = 50  # on the page, the lowest first

    @property
    def has_test(self) -> bool:
        """For templates, which would call the test itself."""
        return self.test is not None


_services: dict[str, Service] = {}


def register(service: Service) -> Service:
    _services[service.key] = service
    return service


def list_services() -> list[Service]:
    return sorted(_services.values(), key=lambda service: service.place)


def find_service(key: str) -> Service | None:
    return _services.get(key)


def describe(service: Service) -> Report:
    """Its report; a fault of the report itself is one, too."""
    try:
        return service.describe()
    except Exception:  # whatever a driver raises: the page says the rest
        log.exception("connection: %s", service.key)
        return Report(State.BAD, "Its state could not be read. The log of the web process says why.")


def run_test(service: Service, user: User) -> Result:
    """Test it now and keep the result."""
    if service.test is None:
        return Result(False, "There is no test.")
    return _keep(service, partial(service.test, user))


def follow_test(service: Service) -> Result | None:
    """The last result, brought up to date if it was pending."""
    result = find_result(service)
    if result and result.is_pending and service.follow:
        return _keep(service, service.follow)
    return result


def find_result(service: Service) -> Result | None:
    found: dict[str, Any] | None = cache.get(_key(service))
    return Result(**found) if found else None


def _keep(service: Service, test: Callable[[], Result]) -> Result:
    try:
        found = test()
    except Exception as error:  # whatever a driver raises
        log.exception("connection: test of %s", service.key)
        found = Result(
            False, f"The test failed: {type(error).__name__}. The log of the web process says more."
        )
    result = Result(**asdict(found) | {"at": time.time()})
    cache.set(_key(service), asdict(result), KEEP_SECONDS)
    return result


def _key(service: Service) -> str:
    return f"connection-test:{service.key}"
