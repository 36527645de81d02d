"""Many things in one go, each by itself: what is wrong with one of them must not stop the others."""

import logging
from collections.abc import Callable, Iterable
from typing import TypeVar

from dashboard.jobs.base import LeaseLost

log = logging.getLogger(__name__)

T = TypeVar("T")
R = TypeVar("R")


def do_each(
    things: Iterable[T], do: Callable[[T], R], *, after_fault: Callable[[T], object] | None = None
) -> list[R]:
    """What `do` returned for each thing that it went well with. A fault is logged.

    `after_fault` is told of the thing, so that it can be left alone for a while. What `do` saves it saves in a
    transaction of its own.
    """
    results = []
    for thing in things:
        try:
            results.append(do(thing))
        except LeaseLost:
            continue  # somebody else has it, or it is gone: nothing is wrong
        except Exception:
            log.exception("%s %s", type(thing).__name__, getattr(thing, "pk", thing))
            if after_fault is not None:
                do_each([thing], after_fault)
    return results


def run_each(*parts: Callable[[], object]) -> None:
    """Call the parts of a step one after the other. A fault is logged and ends only its own part."""
    for part in parts:
        try:
            part()
        except Exception:
            log.exception("%s", getattr(part, "__qualname__", part))
