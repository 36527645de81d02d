"""Uploads that survive a lost connection.

A browser sends each file under a reference of its own, the header `Idempotency-Key`, and a large file in pieces, each
with a header as in `Content-Range: bytes 0-8388607/52428800`. A piece is answered with 202 and the number of bytes
that are here; a piece that does not fit, with 409 and the same number, from which the browser goes on. The last piece
gets the view's own answer.
"""

import fcntl
import functools
import os
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, JsonResponse

from dashboard.models import UploadedModel
from dashboard.uploads.handlers import max_file_bytes

View = Callable[..., HttpResponse]

_RANGE = re.compile(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15})", re.ASCII)


@dataclass(frozen=True)
class Piece:
    file: UploadedFile
    start: int
    total: int

    @property
    def end(self) -> int:
        return self.start + self.file.size


class AssembledFile(UploadedFile):
    """A file whose pieces are all here; like Django's own for large files it has a path."""

    def __init__(self, path: Path, piece: Piece, stream: BinaryIO) -> None:
        super().__init__(stream, piece.file.name, piece.file.content_type, piece.total)
        self._path = path

    def temporary_file_path(self) -> str:
        return str(self._path)


def resumable(field: str, model: type[UploadedModel]) -> Callable[[View], View]:
    """Let a view take the file `field` in pieces; it is called once all of them are here.

    `model` is what the view makes of the file, with `request.upload_ref` in its column `upload_ref`.
    """

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def receive(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            request.upload_ref = read_reference(request)
            piece = _read_piece(request, field)
            if piece is None:
                return view(request, *args, **kwargs)
            if request.upload_ref is None:
                raise BadRequest("A piece of a file needs an Idempotency-Key.")
            path = settings.FILE_UPLOAD_TEMP_DIR / f"upload-{request.upload_ref.hex}.part"
            with _lock(path) as part:
                if model.objects.filter(upload_ref=request.upload_ref).exists():
                    return view(request, *args, **kwargs)  # only the answer was lost; the view finds the row
                received = _append(piece, part)
                if received != piece.end:
                    return JsonResponse({"received": received}, status=409)
                if received < piece.total:
                    return JsonResponse({"received": received}, status=202)
                with path.open("rb") as stream:
                    request.FILES[field] = AssembledFile(path, piece, stream)
                    response = view(request, *args, **kwargs)
                if response.status_code < 500:  # after a fault of ours the last piece is sent again
                    path.unlink()
                return response

        return receive

    return decorate


def read_reference(request: HttpRequest) -> uuid.UUID | None:
    """The upload's own reference. Another person's browser cannot have the same one."""
    key = request.headers.get("Idempotency-Key", "")
    try:
        return uuid.uuid5(uuid.UUID(key), f"user {request.user.pk}") if key else None
    except ValueError:
        raise BadRequest("The Idempotency-Key is not a UUID.") from None


def _read_piece(request: HttpRequest, field: str) -> Piece | None:
    """The piece that came; None for a whole file."""
    header = request.headers.get("Content-Range")
    if header is None:
        return None
    said, file = _RANGE.fullmatch(header), request.FILES.get(field)
    if not said or file is None:
        raise BadRequest("A Content-Range is wrong, or its piece is missing.")
    start, last, total = map(int, said.groups())
    if start + file.size != last + 1 or last >= total:
        raise BadRequest("A Content-Range does not fit its piece.")
    if total > max_file_bytes():
        raise RequestDataTooBig(f"{file.name!r} is larger than any upload may be")
    return Piece(file, start, total)


def _append(piece: Piece, part: BinaryIO) -> int:
    """Add the piece to what is here, if it fits there; the number of bytes that are here then."""
    received = part.seek(0, os.SEEK_END)
    if received == piece.start:
        for chunk in piece.file.chunks():
            part.write(chunk)
        part.flush()
    return part.tell()


@contextmanager
def _lock(path: Path) -> Iterator[BinaryIO]:
    """The file of the pieces, for one request at a time: a browser may send again what is still being read.

    Files that nobody comes back to are cleared with all other leftovers (see sandbox.workplace).
    """
    while True:
        with path.open("ab") as part:
            fcntl.flock(part, fcntl.LOCK_EX)
            if os.fstat(part.fileno()).st_nlink:  # 0: whoever had it before has deleted it
                yield part
                left = os.fstat(part.fileno())
                if left.st_nlink and not left.st_size:
                    path.unlink()
                return
