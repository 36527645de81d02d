"""Uploads that survive a lost connection.

A browser sends each file with a reference of its own, the header `Idempotency-Key`, and a large file in pieces, each
with a header like `Content-Range: bytes 0-8388607/52428800`. A piece is answered with 202 and the number of bytes
received so far; a piece that does not follow them, with 409 and the same number, from which the browser continues.
The last piece gets the view's own answer.
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
from django.http import HttpResponse, JsonResponse

from dashboard.models import UploadedModel
from dashboard.request import Request
from dashboard.shortcuts import respond_sentence
from dashboard.uploads import UploadError
from dashboard.uploads.handlers import max_file_bytes

View = Callable[..., HttpResponse]

_RANGE = re.compile(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15})", re.ASCII)


class UploadRequest(Request):
    """The request of a view that is `resumable`."""

    upload_ref: uuid.UUID | None  # the browser's reference of this file, if it sent one


@dataclass(frozen=True)
class Piece:
    file: UploadedFile
    start: int
    end: int
    total: int


class AssembledFile(UploadedFile):
    """A file whose pieces have all been received; like Django's own for large files it has a path."""

    def __init__(self, path: Path, piece: Piece, stream: BinaryIO) -> None:
        super().__init__(stream, piece.file.name, piece.file.content_type, piece.total)
        self._path = path

    def temporary_file_path(self) -> str:
        return str(self._path)


def resumable(
    field: str, model: type[UploadedModel], *, check: Callable[[Request], object] = lambda request: None
) -> Callable[[View], View]:
    """Decorator: let a view receive the file `field` in pieces; it is called when all of them have been received.

    `model`: what the view makes of the file, with `request.upload_ref` in its column `upload_ref`.
    `check` raises UploadError where something else is missing in the form: then no piece is received in vain.
    """

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def receive(request: UploadRequest, *args: object, **kwargs: object) -> HttpResponse:
            request.upload_ref = read_reference(request)
            piece = _read_piece(request, field)
            if piece is None:
                return view(request, *args, **kwargs)
            if request.upload_ref is None:
                raise BadRequest("A piece of a file needs an Idempotency-Key.")
            try:
                check(request)
            except UploadError as error:  # the pieces received so far stay
                return respond_sentence(str(error))
            path = settings.FILE_UPLOAD_TEMP_DIR / f"upload-{request.upload_ref.hex}.part"
            with _lock(path) as part:
                if model._base_manager.filter(upload_ref=request.upload_ref).exists():
                    return view(request, *args, **kwargs)  # only the answer was lost: the view finds the row
                received = _append(piece, part)
                if received != piece.end:
                    return JsonResponse({"received": received}, status=409)
                if received < piece.total:
                    return JsonResponse({"received": received}, status=202)
                with path.open("rb") as stream:
                    request.FILES[field] = AssembledFile(path, piece, stream)
                    response = view(request, *args, **kwargs)
                if response.status_code < 500:  # after our own error the browser sends the last piece again
                    path.unlink()
                return response

        return receive

    return decorate


def read_reference(request: Request) -> uuid.UUID | None:
    """The upload's reference, which differs from person to person also for the same key."""
    key = request.headers.get("Idempotency-Key", "")
    try:
        return uuid.uuid5(uuid.UUID(key), f"user {request.user.pk}") if key else None
    except ValueError:
        raise BadRequest("The Idempotency-Key is not a UUID.") from None


def _read_piece(request: Request, field: str) -> Piece | None:
    """The piece in this request; None for a whole file."""
    header = request.headers.get("Content-Range")
    if header is None:
        return None
    match, file = _RANGE.fullmatch(header), request.FILES.get(field)
    if not match or file is None or file.size is None:
        raise BadRequest("A Content-Range is wrong, or its piece is missing.")
    start, last, total = map(int, match.groups())
    if start + file.size != last + 1 or last >= total:
        raise BadRequest("A Content-Range does not fit its piece.")
    if total > max_file_bytes():
        raise RequestDataTooBig(f"{file.name!r} is larger than any upload may be")
    return Piece(file, start, last + 1, total)


def _append(piece: Piece, part: BinaryIO) -> int:
    """Add the piece if it follows what has been received. Returns the number of bytes received so far."""
    received = part.seek(0, os.SEEK_END)
    if received == piece.start:
        for chunk in piece.file.chunks():
            part.write(chunk)
        part.flush()
    return part.tell()


@contextmanager
def _lock(path: Path) -> Iterator[BinaryIO]:
    """The file of the pieces, for one request at a time: a browser may send a piece again while it is being read.

    Abandoned files are deleted with all other leftovers (see dashboard.files.temporary_folders).
    """
    while True:
        with path.open("ab") as part:
            fcntl.flock(part, fcntl.LOCK_EX)
            if os.fstat(part.fileno()).st_nlink:  # 0: the request before has deleted it
                yield part
                after = os.fstat(part.fileno())
                if after.st_nlink and not after.st_size:
                    path.unlink()
                return
