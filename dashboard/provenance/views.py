"""The public page that checks a file: was it made here, and has it changed since?"""

import threading

from allauth.core import ratelimit
from django.contrib.auth.decorators import login_not_required
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from dashboard.provenance import certificates, reading
from dashboard.request import reads_own_body
from dashboard.uploads import UploadError

MAX_BYTES = 200 * 2**20
BUSY = "Other files are being checked right now. Try again in a minute."
NO_FILE = "Choose a file first."
# Strangers never take more than one of the places in which this process decodes uploads.
_slot = threading.BoundedSemaphore(1)


@csrf_exempt  # Nothing is changed, and a check of the token would read the upload before the limit is checked.
@reads_own_body
@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def check_file(request: HttpRequest) -> HttpResponse:
    """Check an uploaded file, for anybody. The file is not kept."""
    context: dict[str, object] = {"max_megabytes": MAX_BYTES // 2**20}
    if request.method == "POST":
        if too_many := ratelimit.consume_or_429(request, action="check_file"):
            return too_many
        try:
            file = request.FILES.get("file")
        except (LookupError, MultiPartParserError):  # an unknown encoding, or no form at all
            file = None
        try:
            context |= {"credentials": _check(file), "name": file.name if file else ""}
        except UploadError as error:
            context["error"] = str(error)
    context["is_own_certificate"] = certificates.get_signer().is_own
    return render(request, "provenance/check.html", context, status=422 if "error" in context else 200)


def _check(file: UploadedFile | None) -> reading.Credentials:
    if file is None:
        raise UploadError(NO_FILE)
    if not _slot.acquire(blocking=False):
        raise UploadError(BUSY)
    try:
        return reading.read(file, max_bytes=MAX_BYTES)
    finally:
        _slot.release()
