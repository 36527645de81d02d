"""Writes that must not be lost because the database is locked, or away, for a while."""

import logging
import time
from collections.abc import Callable

from django.db import InterfaceError, OperationalError, close_old_connections, connection

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 300.0
PAUSE_SECONDS = 2.0


def write_when_possible(write: Callable[[], None]) -> None:
    """Call `write`, and again while the database cannot be written; after some minutes its error is raised."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            write()
            return
        except (OperationalError, InterfaceError) as error:
            if time.monotonic() > deadline:
                raise
            log.warning("the database cannot be written: %s", error)
            if not connection.in_atomic_block:
                close_old_connections()  # one that broke
            time.sleep(PAUSE_SECONDS)
