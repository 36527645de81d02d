"""Downloading what the provider made, from the links in its answers."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from dashboard.files.stored_files import DISK_FULL
from dashboard.net import safe_download
from dashboard.provider.answers import ProviderError


@contextmanager
def download_result(url: str, *, max_bytes: int, seconds: float) -> Iterator[Path]:
    """Download one of the provider's links to a temporary file. Raises ProviderError."""
    # A provider on the local network hands out links to itself.
    guard = safe_download.guard(also=[safe_download.endpoint(settings.CG_AVATAR_API_URL)])
    with tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR, prefix="result-") as folder:
        path = Path(folder) / "file"
        try:
            with path.open("wb") as file:
                safe_download.download(url, file, max_bytes=max_bytes, seconds=seconds, guard=guard)
        except safe_download.DownloadError as error:
            # Always temporary: an expired link is replaced by a new one when the provider is asked again.
            raise ProviderError(f"The result could not be downloaded. {error}", is_temporary=True) from error
        except OSError as error:
            raise ProviderError(DISK_FULL, is_temporary=True) from error
        yield path
