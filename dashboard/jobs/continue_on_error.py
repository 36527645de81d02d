"""Loops in which an error with one item does not stop the others."""

import logging
from collections.abc import Callable, Iterable
from typing import TypeVar

from dashboard.jobs.leased_job import LeaseLost

log = logging.getLogger(__name__)

T = TypeVar("T")
R = TypeVar("R")


def do_each(
    items: Iterable[T], do: Callable[[T], R], *, on_error: Callable[[T], object] | None = None
) -> list[R]:
    """Call `do` for each item. Returns the results of the calls that succeeded; errors are logged.

    `on_error` is called with an item that failed. `do` has to use a transaction of its own.
    """
    results = []
    for item in items:
        try:
            results.append(do(item))
        except LeaseLost:
            continue  # another process has it, or it was deleted: not an error
        except Exception:
            log.exception("%s %s", type(item).__name__, getattr(item, "pk", item))
            if on_error is not None:
                do_each([item], on_error)
    return results


def run_each(*parts: Callable[[], object]) -> None:
    """Call the parts of a step one after the other. An error is logged and ends only its own part."""
    for part in parts:
        try:
            part()
        except Exception:
            log.exception("%s", getattr(part, "__qualname__", part))
