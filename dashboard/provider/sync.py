"""What became of the last look for things that were made elsewhere, for the foot of a gallery."""

import functools
from collections.abc import Callable
from dataclasses import asdict, dataclass

from django.core.cache import cache
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dashboard.provider.client import ProviderError

ASKED_SECONDS = 120  # nobody waits for longer than that
FOUND_SECONDS = 600
TROUBLE_SECONDS = 2 * 24 * 3600  # or until the provider answers


@dataclass(frozen=True)
class SyncState:
    """How a look for new things stands; without anything in it there is nothing to tell."""

    is_busy: bool = False
    words: str = ""  # a sentence
    is_bad: bool = False  # the sentence says what went wrong
    new: int = 0  # how many were found


def asked(model: type[Model]) -> None:
    """Somebody pressed the button and wants to hear of it."""
    _keep(model, SyncState(is_busy=True), ASKED_SECONDS)


def last(model: type[Model]) -> SyncState:
    """How the last look for this kind of thing stands."""
    return SyncState(**cache.get(_key(model)) or {})


def reported(model: type[Model], one: str, many: str) -> Callable[[Callable[[], int]], Callable[[], int]]:
    """For the task that looks: a provider that does not answer is told, and what was found to whoever asked."""

    def wrap(sync: Callable[[], int]) -> Callable[[], int]:
        @functools.wraps(sync)
        def run() -> int:
            try:
                new = sync()
            except ProviderError as error:
                words = f"The last look for {many} made elsewhere did not work. {error}"
                _keep(model, SyncState(words=words, is_bad=True), TROUBLE_SECONDS)
                raise
            if last(model).is_busy:
                found = f"{new} new {one if new == 1 else many}." if new else f"No new {many} were found."
                _keep(model, SyncState(words=found, new=new), FOUND_SECONDS)
            else:
                cache.delete(_key(model))
            return new

        return run

    return wrap


def foot(request: HttpRequest, model: type[Model], many: str) -> HttpResponse:
    """The poll of a foot that waits for its answer."""
    state = last(model)
    if state.is_busy:
        return HttpResponse(status=204)
    return render(request, "_sync.html", {"sync": state, "many": many})


def _keep(model: type[Model], state: SyncState, seconds: int) -> None:
    # As plain values: what the cache has must not depend on where this class lives.
    cache.set(_key(model), asdict(state), seconds)


def _key(model: type[Model]) -> str:
    return f"sync:{model._meta.label_lower}"
