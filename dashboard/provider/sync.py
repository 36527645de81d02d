"""The result of the last sync with the provider, shown at the foot of a gallery."""

import functools
import logging
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

from django.core.cache import cache
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dashboard.provider.answers import ProviderError

log = logging.getLogger(__name__)

BUSY_SECONDS = 120  # nobody waits longer than that
RESULT_SECONDS = 600
ERROR_SECONDS = 2 * 24 * 3600  # or until the provider answers


@dataclass(frozen=True)
class SyncState:
    """How a sync stands; all defaults mean that there is nothing to tell."""

    is_busy: bool = False
    words: str = ""  # a sentence
    is_bad: bool = False  # the sentence says what went wrong
    new: int = 0  # how many were found


def mark_busy(model: type[Model]) -> None:
    """Somebody pressed the button: the page waits for a result."""
    _save(model, SyncState(is_busy=True), BUSY_SECONDS)


def load_state(model: type[Model]) -> SyncState:
    """How the last sync of this model stands."""
    return SyncState(**cache.get(_key(model)) or {})


def record_result(
    model: type[Model], one: str, many: str
) -> Callable[[Callable[[], int]], Callable[[], int]]:
    """Decorator for the task that syncs: keeps an error, or the number of new rows where a page waits for it."""

    def wrap(sync: Callable[[], int]) -> Callable[[], int]:
        @functools.wraps(sync)
        def run() -> int:
            try:
                new = sync()
            except ProviderError as error:
                if error.is_busy:
                    _hold(model, many, error.retry_after)
                    return 0
                words = f"The last sync of {many} failed. {error}"
                _save(model, SyncState(words=words, is_bad=True), ERROR_SECONDS)
                raise
            if load_state(model).is_busy:
                found = f"{new} new {one if new == 1 else many}." if new else f"No new {many} were found."
                _save(model, SyncState(words=found, new=new), RESULT_SECONDS)
            else:
                cache.delete(_key(model))
            return new

        return run

    return wrap


def take_held(model: type[Model]) -> bool:
    """For the poller: whether a sync that the rate limit held back is due. True only once."""
    at = cache.get(_held_key(model))
    return at is not None and at <= time.time() and cache.delete(_held_key(model))


def _hold(model: type[Model], many: str, seconds: float) -> None:
    log.info("the sync of %s waits for the rate limit", many)
    cache.set(_held_key(model), time.time() + seconds, ERROR_SECONDS)
    if load_state(model).is_busy:
        mark_busy(model)


def render_state(request: HttpRequest, model: type[Model], many: str) -> HttpResponse:
    """The answer to the poll of a page that waits for its result: 204 while there is none."""
    state = load_state(model)
    if state.is_busy:
        return HttpResponse(status=204)
    return render(request, "_sync.html", {"sync": state, "many": many})


def _save(model: type[Model], state: SyncState, seconds: int) -> None:
    # As plain values: a cached entry must not depend on where this class lives.
    cache.set(_key(model), asdict(state), seconds)


def _key(model: type[Model]) -> str:
    return f"sync:{model._meta.label_lower}"


def _held_key(model: type[Model]) -> str:
    return f"sync-held:{model._meta.label_lower}"
