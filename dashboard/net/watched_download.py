"""Downloads that end early: when they are too slow for a while, or when nobody wants them any more.

A thread downloads, and the calling thread watches it: so a server that does not answer at all, or sends a byte now and
then, is noticed like any other.
"""

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from dashboard.net import safe_download
from dashboard.net.connections import Deadline
from dashboard.net.safe_download import DownloadError, Guard

WATCH_SECONDS = 1.0  # between two looks
END_SECONDS = 15.0  # until a download that was cut has surely ended: it may still wait for a name server


@dataclass(frozen=True)
class Limits:
    """What one download may take."""

    max_bytes: int
    seconds: float
    min_speed: int = (
        32 * 1024
    )  # bytes a second, as the mean of `window`: less than the slowest line for videos
    window: float = 30.0  # seconds; also how long the first byte may take


class _CountedFile:
    """A file that knows how much was written to it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.size = 0

    def write(self, data: bytes) -> int:
        self.size += len(data)
        return self._file.write(data)


class _SpeedMeter:
    """Notices that too little arrived within the last `window` seconds."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._samples: deque[tuple[float, int]] = deque([(time.monotonic(), 0)])

    def is_too_slow(self, size: int) -> bool:
        """Call it every now and then with the number of bytes so far."""
        now = time.monotonic()
        self._samples.append((now, size))
        while len(self._samples) > 2 and now - self._samples[1][0] >= self._limits.window:
            self._samples.popleft()
        since, size_then = self._samples[0]
        is_full_window = now - since >= self._limits.window
        return is_full_window and size - size_then < self._limits.min_speed * (now - since)


def download_watched(url: str, path: Path, limits: Limits, guard: Guard, watch: Callable[[], None]) -> int:
    """Write the content of `url` to `path`. Returns its size in bytes.

    `watch` is called about every second, in this thread; an exception that it raises ends the download. Raises
    DownloadError, OSError.
    """
    with path.open("wb") as file, Deadline(limits.seconds) as deadline:
        counted, meter = _CountedFile(file), _SpeedMeter(limits)
        executor = ThreadPoolExecutor(1, "download")
        download = executor.submit(
            # With the context of this thread, where the deadline is the one that watches new connections.
            copy_context().run,
            safe_download.follow,
            url,
            counted,
            limits.max_bytes,
            deadline,
            guard,
        )
        try:
            while not _has_ended(download, WATCH_SECONDS):
                watch()
                if meter.is_too_slow(counted.size):
                    raise DownloadError(safe_download.TOO_SLOW, is_temporary=True)
            return download.result()
        finally:
            deadline.end()
            _has_ended(download, END_SECONDS)
            executor.shutdown(wait=False)


def _has_ended(download: "Future[int]", seconds: float) -> bool:
    """Whether it ends within this time."""
    return bool(wait([download], seconds).done)
