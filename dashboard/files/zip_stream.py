"""Many files as one download: the archive is written while it is sent, whatever its size, in constant memory.

Pictures and videos are compressed already, so they are stored as they are. Python's own zipfile writes to something
that cannot seek; sizes and checksums then follow each file and stand once more in the directory at the end.
"""

import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime

from django.core.files.storage import default_storage
from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header

from dashboard.files.filenames import for_filename

CHUNK = 256 * 1024
MISSING = "Missing files.txt"


class _Outlet:
    """A file that cannot seek, emptied again and again."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self.parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        pass

    def take(self) -> bytes:
        data = b"".join(self.parts)
        self.parts.clear()
        return data


class Names:
    """Titles as names of files, each once: "Ada", "Ada (2)". Most systems take "ada" for the same."""

    def __init__(self) -> None:
        self.taken: set[str] = set()

    def give(self, title: str) -> str:
        stem = name = for_filename(title)
        number = 1
        while name.casefold() in self.taken:
            number += 1
            name = f"{stem} ({number})"
        self.taken.add(name.casefold())
        return name


def stream(files: Iterable[tuple[str, str, datetime]]) -> Iterator[bytes]:
    """The archive of (name in it, stored name, time), part by part."""
    outlet = _Outlet()
    missing = []
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for name, stored, moment in files:
            try:
                source = default_storage.open(stored, "rb")
            except FileNotFoundError:  # deleted meanwhile; the others are still wanted
                missing.append(name)
                continue
            with source:
                info = zipfile.ZipInfo(name, timezone.localtime(moment).timetuple()[:6])
                info.external_attr = 0o644 << 16
                with archive.open(info, "w", force_zip64=source.size >= zipfile.ZIP64_LIMIT) as target:
                    while data := source.read(CHUNK):
                        target.write(data)
                        yield outlet.take()
            yield outlet.take()
        if missing:
            archive.writestr(
                MISSING, "\r\n".join(["These files were deleted before they could be added:", *missing])
            )
    yield outlet.take()


def download(files: Iterable[tuple[str, str, datetime]], filename: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(stream(files), content_type="application/zip")
    response["Content-Disposition"] = content_disposition_header(True, filename)
    response["Cache-Control"] = "no-store"
    # A proxy that first collects the whole archive would show no progress.
    response["X-Accel-Buffering"] = "no"
    return response
