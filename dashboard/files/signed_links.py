"""Stored files are served only through signed links that expire.

A link of a page works only for people who are signed in, so it ends with their session. In a link for the provider, and
in the API's answers, the signature alone is the permission. Both work in a `<video>` element.
Byte ranges are served because Safari plays no video without them.
"""

import functools
import time
from collections.abc import Iterator
from pathlib import PurePosixPath
from urllib.parse import quote

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core import signing
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import content_disposition_header, http_date
from django.views.decorators.http import require_safe

from dashboard.files import missing_files
from dashboard.files.bucket import LINK_SECONDS, is_bucket, presign

# By suffix, never guessed from the content. Anything else is a plain download.
CONTENT_TYPES = {
    ".gif": "image/gif",
    ".jpg": "image/jpeg",
    ".json": "application/json",
    ".m4a": "audio/mp4",
    ".mov": "video/quicktime",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".png": "image/png",
    ".vtt": "text/vtt",
    ".wav": "audio/wav",
    ".webm": "video/webm",
    ".webp": "image/webp",
}
# What a bucket sends itself. Pictures are sent by us: pages draw them on a canvas, which other origins would spoil; a
# page that does so with a video asks for it "here".
STREAMED = ("video/", "audio/")
PAGE_SECONDS = 12 * 3600
API_SECONDS = 6 * 3600
# A browser may show a file again without asking; not for long, because the session may have ended.
CACHE_SECONDS = 3600
CHUNK = 256 * 1024

_signer = signing.Signer(salt="dashboard.files.signed_links")


def link(name: str, *, download: str = "") -> str:
    """The path of a link to the stored file `name`, for people who are signed in; valid for 12 to 24 hours.

    With `download` the browser saves the file under that name. The expiry is rounded, so that a page that is loaded
    again has the same address and the browser uses its cache.
    """
    return _path(name, _expiry(PAGE_SECONDS), download, True)


def public_link(name: str, *, download: str = "") -> str:
    """The path of a link to the stored file `name` for whoever has it; valid for 6 to 12 hours."""
    return _path(name, _expiry(API_SECONDS), download, False)


def _expiry(seconds: int) -> int:
    return (int(time.time()) // seconds + 2) * seconds


@functools.lru_cache(maxsize=4096)
def _path(name: str, expires: int, download: str, needs_session: bool) -> str:
    # Cached because pages with hundreds of links are polled every other second.
    signed = _signer.sign_object([name, expires, download, needs_session], compress=True)
    return reverse("media", args=[signed, download or PurePosixPath(name).name])


def api_link(name: str) -> str:
    """An absolute link for the provider of the avatar API."""
    base = settings.INTERNAL_URL if settings.EMBEDDED else settings.PUBLIC_URL or settings.LOCAL_URL
    return base + public_link(name)


@login_not_required
@require_safe
def serve(request: HttpRequest, signed: str, filename: str) -> HttpResponseBase:
    """The file of a signed link; `filename` is only for people."""
    try:
        # Links of earlier versions say nothing about sessions; they have expired a day after the update.
        name, expires, download, *needs_session = _signer.unsign_object(signed)
    except (signing.BadSignature, ValueError):
        raise Http404("This link is not valid.") from None
    if expires < time.time():
        raise Http404("This link has expired.")
    if any(needs_session) and not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    return send_file(request, name, download=download, seconds=expires - time.time())


def send_file(
    request: HttpRequest, name: str, *, download: str, seconds: float, bucket_seconds: int = LINK_SECONDS
) -> HttpResponseBase:
    """The stored file `name` for somebody who may have it: by us, by the proxy, or by a redirect to the bucket.

    A browser may keep it for `seconds`, and ask the bucket for `bucket_seconds`. Raises Http404.
    """
    content_type = CONTENT_TYPES.get(PurePosixPath(name).suffix, "application/octet-stream")
    inline = not download and PurePosixPath(name).suffix in CONTENT_TYPES
    disposition = content_disposition_header(not inline, download or PurePosixPath(name).name)
    if (
        is_bucket(default_storage)
        and (download or content_type.startswith(STREAMED))
        and "here" not in request.GET
    ):
        return redirect(presign(default_storage, name, content_type, disposition or "", bucket_seconds))
    if settings.X_ACCEL_PREFIX:
        response: HttpResponseBase = _respond_by_proxy(name)
    else:
        try:
            file = default_storage.open(name, "rb")
        except FileNotFoundError:
            missing_files.notice(name)
            raise Http404("This file is gone.") from None
        response = _respond_range(request, file, file.size)
    response["Content-Type"] = content_type
    if disposition:
        response["Content-Disposition"] = disposition
    # Stored files are never written again, so the name is the identity of the content.
    kept = min(max(int(seconds), 0), CACHE_SECONDS)
    response["Cache-Control"] = f"private, max-age={kept}, immutable"
    response["Expires"] = http_date(time.time() + kept)
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def _respond_by_proxy(name: str) -> HttpResponse:
    """Have nginx send the file (its X-Accel-Redirect), ranges included: none of our threads carries the bytes."""
    if not default_storage.exists(name):
        missing_files.notice(name)
        raise Http404("This file is gone.")
    return HttpResponse(headers={"X-Accel-Redirect": settings.X_ACCEL_PREFIX + quote(name)})


def _respond_range(request: HttpRequest, file: File, size: int) -> HttpResponseBase:
    """The whole file, or the requested byte range (RFC 9110, section 14)."""
    span = _parse_range(request.headers.get("Range", ""), size)
    if span is None:
        start, end, status = 0, size, 200
    elif span == (0, 0):
        file.close()
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    else:
        start, end, status = *span, 206
    if request.method == "HEAD":
        file.close()
        response: HttpResponseBase = HttpResponse(status=status)
    else:
        file.seek(start)
        response = StreamingHttpResponse(_chunks(file, end - start), status=status)
    response["Accept-Ranges"] = "bytes"
    response["Content-Length"] = str(end - start)
    if status == 206:
        response["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    return response


def _parse_range(header: str, size: int) -> tuple[int, int] | None:
    """The requested range, half-open; (0, 0) if it lies outside the file; None for the whole file."""
    unit, _, spec = header.partition("=")
    first, dash, last = spec.strip().partition("-")
    # Several ranges at once may be answered with the whole file; no player requests them.
    if unit.strip().lower() != "bytes" or not dash or not (first or last):
        return None
    if not all(
        part == "" or (part.isascii() and part.isdigit() and len(part) < 20) for part in (first, last)
    ):
        return None
    if not first:
        start, end = max(size - int(last), 0), size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < int(first):
            return None
    return (start, end) if start < end else (0, 0)


def _chunks(file: File, left: int) -> Iterator[bytes]:
    with file:
        while left > 0 and (data := file.read(min(CHUNK, left))):
            left -= len(data)
            yield data
