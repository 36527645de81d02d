"""The poller and the workers in one process, with a clock that jumps from one event to the next."""

import contextlib
import time
from collections.abc import Callable

import time_machine
from django.utils.module_loading import import_string

from dashboard.management.commands.poll import run_step
from dashboard.provider.answers import ProviderError
from tests.messages import clear_messages, list_messages

STEPS = [
    "dashboard.provider.poller.step",
    "avatars.poller.step",
    "videos.poller.step",
    "videos.batches.poller.step",
]
SHORTEST = 2.0


class SimulatedSite:
    """Runs the poller's steps when they are due and the tasks that they or the pages have enqueued."""

    def __init__(self, clock: time_machine.Traveller) -> None:
        self.clock = clock
        self.due = dict.fromkeys(STEPS, 0.0)

    def run(
        self, seconds: float, *, until: Callable[[], bool] = lambda: False, shortest: float = SHORTEST
    ) -> bool:
        """Let so much time pass, or less if `until` becomes true. Returns whether it did.

        `shortest`: the seconds between two passes, at least.
        """
        end = time.time() + seconds
        while time.time() < end:
            self.work()
            for name, at in self.due.items():
                if time.time() >= at:
                    self.due[name] = time.time() + run_step(name, import_string(name))
            self.work()
            if until():
                return True
            self.clock.shift(max(min(self.due.values()) - time.time(), shortest))
        return False

    def work(self) -> None:
        """Run what is in the queue, as the workers would."""
        while messages := list_messages():
            clear_messages()
            for message in messages:
                with contextlib.suppress(ProviderError):  # of a sync, which the galleries tell
                    import_string(message.task)(*message.args)
