"""Many files as one download: the archive is written while it is sent, in constant memory.

Pictures and videos are compressed already, so they are stored as they are. zipfile can write to a stream that cannot
seek: sizes and checksums then follow each file.
"""

import zipfile
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from django.core.files.storage import default_storage
from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header

from dashboard.files.filenames import for_filename

CHUNK = 256 * 1024
MISSING = "Missing files.txt"


class _Buffer:
    """A stream for zipfile that cannot seek; its content is taken out after each write."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self.parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing to do: `take` has everything."""

    def close(self) -> None:
        """Nothing to do: part of the interface that zipfile expects."""

    def take(self) -> bytes:
        data = b"".join(self.parts)
        self.parts.clear()
        return data


class UniqueNames:
    """File names from titles, each once: "Ada", "Ada (2)". Upper and lower case count as the same."""

    def __init__(self) -> None:
        self.taken: set[str] = set()

    def add(self, title: str) -> str:
        """A name for a file of this title that no other file has."""
        stem = name = for_filename(title)
        number = 1
        while name.casefold() in self.taken:
            number += 1
            name = f"{stem} ({number})"
        self.taken.add(name.casefold())
        return name


def stream(
    files: Iterable[tuple[str, str, datetime]], texts: Callable[[], dict[str, str]] = dict
) -> Iterator[bytes]:
    """The archive in parts. `files`: name in the archive, stored name, and time of each.

    `texts`: what else is added, by name in the archive; called when all files have been named.
    """
    buffer = _Buffer()
    missing: list[str] = []
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for name, stored, moment in files:
            try:
                source = default_storage.open(stored, "rb")
            except FileNotFoundError:  # deleted in the meantime: send the others
                missing.append(name)
                continue
            with source:
                info = zipfile.ZipInfo(name, timezone.localtime(moment).timetuple()[:6])
                info.external_attr = 0o644 << 16
                with archive.open(info, "w", force_zip64=source.size >= zipfile.ZIP64_LIMIT) as target:
                    while data := source.read(CHUNK):
                        target.write(data)
                        yield buffer.take()
            yield buffer.take()
        for name, text in texts().items():
            archive.writestr(name, text)
        if missing:
            archive.writestr(
                MISSING, "\r\n".join(["These files were deleted before they could be added:", *missing])
            )
    yield buffer.take()


def download(
    files: Iterable[tuple[str, str, datetime]], filename: str, texts: Callable[[], dict[str, str]] = dict
) -> StreamingHttpResponse:
    """The archive as a download; `files` and `texts` as in `stream`."""
    response = StreamingHttpResponse(stream(files, texts), content_type="application/zip")
    response["Content-Disposition"] = content_disposition_header(True, filename)
    response["Cache-Control"] = "no-store"
    # nginx would collect the whole archive first.
    response["X-Accel-Buffering"] = "no"
    return response
