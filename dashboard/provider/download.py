"""Downloading what the provider made, from the links in its answers."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from dashboard.files import temporary_folders
from dashboard.jobs.leased_job import Job
from dashboard.net import safe_download
from dashboard.net.watched_download import Limits, download_watched
from dashboard.provider.answers import ProviderError

SLOW = "The avatar service could not hand over the file."
CHECK_SECONDS = 2.0  # until a download ends whose row was deleted
# Far more than any video has: 4K with 30 Mbit/s and its sound stay below.
BYTES_PER_SECOND = 4 * 2**20
BASE_BYTES = 32 * 2**20
MAX_BYTES = 4 * 2**30
BASE_SECONDS = 120.0  # for the download; then twice the length of the video
MAX_SECONDS = 1800.0
LONGEST = 3600.0  # seconds of a video whose length is not known, where the settings have no limit


def limits_for(seconds: float | None) -> Limits:
    """What the download of a video of this length may take. None: the length is not known."""
    if seconds is None:
        seconds = float(settings.CG_AVATAR_MAX_AUDIO_SECONDS) or LONGEST
    return Limits(
        max_bytes=min(round(BASE_BYTES + seconds * BYTES_PER_SECOND), MAX_BYTES),
        seconds=min(BASE_SECONDS + 2 * seconds, MAX_SECONDS),
    )


class _LeaseWatch:
    """Ends the download of a row that was deleted, and renews the lease of the others."""

    def __init__(self, job: Job, lease_seconds: float) -> None:
        self._job, self._lease_seconds = job, lease_seconds
        self._checked = self._renewed = time.monotonic()

    def __call__(self) -> None:
        """Raises LeaseLost."""
        now = time.monotonic()
        if now - self._renewed > self._lease_seconds / 4:
            self._job.renew_lease(self._lease_seconds)
            self._renewed = self._checked = now
        elif now - self._checked >= CHECK_SECONDS:
            self._job.check_lease()
            self._checked = now


@contextmanager
def download_result(url: str, limits: Limits, *, job: Job, lease_seconds: float) -> Iterator[Path]:
    """Download one of the provider's links to a temporary file, while the lease of `job` is held.

    Raises ProviderError, LeaseLost.
    """
    # A provider on the local network hands out links to itself.
    guard = safe_download.guard(also=[safe_download.endpoint(settings.CG_AVATAR_API_URL)])
    job.renew_lease(lease_seconds)
    with temporary_folders.create("result") as folder:
        path = folder / "file"
        try:
            download_watched(url, path, limits, guard, _LeaseWatch(job, lease_seconds))
        except safe_download.TooLarge as error:
            # Another try would bring the same file.
            raise ProviderError("The avatar service sent a file that is far too large for this.") from error
        except safe_download.DownloadError as error:
            # Always temporary: an expired link is replaced by a new one when the provider is asked again.
            raise ProviderError(f"{SLOW} {error}", is_temporary=True) from error
        yield path
