"""A named lease that is kept while its holder works, by a thread, so that it can be short."""

import logging
import os
import threading
import uuid
from collections.abc import Callable

from django.db import connection

from dashboard.models import Lease

log = logging.getLogger(__name__)

LEASE_SECONDS = 15.0  # another process takes over that long after the holder died
RENEW_SECONDS = 4.0


class HeldLease:
    """The lease of this process; `is_held` says whether it has it."""

    def __init__(self, name: str, *, on_lost: Callable[[], None] | None = None) -> None:
        self.name = name
        self.holder = uuid.uuid4()
        self.is_held = False
        self._on_lost = on_lost or _end_process
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._keep, name=f"lease-{name}", daemon=True)

    def acquire(self) -> bool:
        """Try to get the lease. While it is held, this asks nobody."""
        if not self.is_held:
            self.is_held = Lease.acquire(self.name, self.holder, LEASE_SECONDS)
            if self.is_held and not self._thread.is_alive():
                self._thread.start()
        return self.is_held

    def release(self) -> None:
        self._stop.set()
        if self.is_held:
            self.is_held = False
            Lease.release(self.name, self.holder)

    def _keep(self) -> None:
        while not self._stop.wait(RENEW_SECONDS):
            try:
                if not Lease.acquire(self.name, self.holder, LEASE_SECONDS):
                    self._on_lost()
                    return
            except Exception:  # the database is away: the lease runs out by itself, and then it is lost
                log.exception("the lease %s could not be renewed", self.name)
                connection.close()


def _end_process() -> None:
    """The holder stood still for too long and another one works: what this one was doing must not go on."""
    log.error("the lease was lost to another process: ending")
    os._exit(1)
