"""Several requests or tasks at the same moment, each in a thread with a connection of its own."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from django.db import connection

PAUSE = 0.03  # seconds at most after each query: long enough for the others to come between


def run_together(*calls: Callable[[], Any]) -> list[Any]:
    """What the calls return, all begun at the same moment; raises what the first failed one raised."""
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        try:
            with slow_queries():
                barrier.wait(10)
                return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        futures = [pool.submit(run, call) for call in calls]
    return [future.result() for future in futures]


@contextmanager
def slow_queries() -> Iterator[None]:
    """Let others come between what this thread reads and what it writes because of it."""

    def wait_after(execute: Callable[..., Any], sql: str, *args: Any) -> Any:
        result = execute(sql, *args)
        if sql.startswith(("SELECT", "UPDATE")):
            time.sleep(random.uniform(0, PAUSE))
        return result

    with connection.execute_wrapper(wait_after):
        yield
