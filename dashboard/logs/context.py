"""Whom a line of the log is about: the request, and the avatar or video, in JSON lines (LOG_FORMAT=json).

`ref` follows one video: from the click, whose line has both ids, through the tasks, the API (as the id of their
requests) and the renderer.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

HEADER = "X-Request-ID"

request_id: ContextVar[str] = ContextVar("request_id", default="")
ref: ContextVar[str] = ContextVar("ref", default="")


class ContextFilter(logging.Filter):
    """Adds the ids to each line that is written while they are set."""

    def filter(self, record: logging.LogRecord) -> bool:
        for name, variable in (("request_id", request_id), ("ref", ref)):
            if value := variable.get():
                setattr(record, name, value)
        return True


@contextmanager
def set_id(variable: ContextVar[str], value: str) -> Iterator[None]:
    """Lines that are written inside have this id."""
    token = variable.set(value)
    try:
        yield
    finally:
        variable.reset(token)
