"""Files of a form that was refused for another reason: they need not be chosen again, which no server can do for a
browser.

They wait beside other uploads, and the page that shows the form again has a signed token for them. Those that nobody
comes back for are deleted with all leftovers (see sandbox.work_folder).
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.core import signing
from django.core.files.uploadedfile import UploadedFile

from dashboard.request import Request

FIELD = "kept_files"
MAX_SECONDS = 24 * 3600
MAX_FILES = 50


@dataclass(frozen=True)
class Kept:
    """What a page says of kept files, and the token that it sends back."""

    token: str
    names: dict[str, list[str]]  # by field


class KeptFile(UploadedFile):
    """A file that was kept; like Django's own for large files it has a path."""

    def __init__(self, path: Path, name: str, stream: BinaryIO) -> None:
        super().__init__(stream, name, "application/octet-stream", path.stat().st_size)
        self._path = path

    def temporary_file_path(self) -> str:
        return str(self._path)


def keep(request: Request, fields: Sequence[str]) -> Kept | None:
    """Keep the uploaded files of these fields; None where there are none."""
    kept: dict[str, list[tuple[str, str]]] = {}
    for field in fields:
        files = request.FILES.getlist(field)
        entries = [(_store(file), file.name or "") for file in files[:MAX_FILES]]
        if entries:
            kept[field] = entries
    if not kept:
        return None
    names = {field: [name for _, name in entries] for field, entries in kept.items()}
    return Kept(signing.dumps(kept, salt=_salt(request), compress=True), names)


def restore(request: Request, fields: Sequence[str]) -> None:
    """Put the kept files of a submitted form into request.FILES, unless others were chosen instead."""
    for field, entries in _read_token(request).items():
        if field not in fields or request.FILES.getlist(field):
            continue
        paths = [(_path(key), name) for key, name in entries]
        files = [KeptFile(path, name, path.open("rb")) for path, name in paths if path.exists()]
        request.FILES.setlist(field, files)  # type: ignore[arg-type]


def discard(request: Request) -> None:
    """Delete the kept files of a submitted form: they are not needed any more."""
    for entries in _read_token(request).values():
        for key, _ in entries:
            _path(key).unlink(missing_ok=True)


def _store(file: UploadedFile) -> str:
    if isinstance(file, KeptFile):
        return Path(file.temporary_file_path()).stem.removeprefix("upload-kept-")
    key = uuid.uuid4().hex
    with _path(key).open("wb") as target:
        for chunk in file.chunks():
            target.write(chunk)
    return key


def _path(key: str) -> Path:
    return Path(settings.FILE_UPLOAD_TEMP_DIR) / f"upload-kept-{uuid.UUID(key).hex}.part"


def _read_token(request: Request) -> dict[str, list[tuple[str, str]]]:
    try:
        return signing.loads(request.POST.get(FIELD, ""), salt=_salt(request), max_age=MAX_SECONDS)
    except signing.BadSignature:
        return {}


def _salt(request: Request) -> str:
    return f"kept files of {request.user.pk}"
