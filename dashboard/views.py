"""Pages that belong to no app."""

import errno
import logging
import sys

from django.conf import settings
from django.core.exceptions import DisallowedHost, RequestDataTooBig
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.module_loading import import_string
from django.views import defaults

from dashboard.files.stored_files import DISK_FULL
from dashboard.middleware import UnusableText
from dashboard.shortcuts import respond_sentence

log = logging.getLogger(__name__)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's own page, or a sentence for too much data, unusable characters or an unknown host name."""
    is_api = settings.EMBEDDED and request.path.startswith("/v1/")
    if isinstance(exception, RequestDataTooBig):
        return _respond_too_large(request)
    if isinstance(exception, UnusableText):
        respond = import_string("engine.api_view.unusable_text") if is_api else _respond_unusable_text
        return respond(request)
    if not isinstance(exception, DisallowedHost):
        return defaults.bad_request(request, exception)
    log.warning("unknown host name: %r", request.META.get("HTTP_HOST"))
    if is_api:
        return import_string("engine.api_view.unknown_host")(request)
    return HttpResponseBadRequest(render_to_string("400_host.html"))


def _respond_unusable_text(request: HttpRequest) -> HttpResponse:
    sentence = "The text contains a character that cannot be used. Type it again and try again."
    if "HX-Request" in request.headers:
        return respond_sentence(sentence, status=400)
    return HttpResponseBadRequest(render_to_string("400.html", {"sentence": sentence}))


def _respond_too_large(request: HttpRequest) -> HttpResponse:
    limit = max(settings.MAX_AUDIO_BYTES, settings.MAX_PORTRAIT_BYTES) // 2**20
    sentence = f"Files can have up to {limit} MB. Choose a smaller file, or save it in a more compact format."
    if "HX-Request" in request.headers:
        return respond_sentence(sentence, status=413)
    back = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}):
        back = "/"
    return HttpResponse(render_to_string("413.html", {"sentence": sentence, "back": back}), status=413)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's own page, or a sentence for a full disk, which people can do something about."""
    if not _is_full_disk(sys.exc_info()[1]):
        return defaults.server_error(request)
    if "HX-Request" in request.headers:
        return respond_sentence(DISK_FULL, status=507)
    return HttpResponse(render_to_string("507.html", {"sentence": DISK_FULL}), status=507)


def _is_full_disk(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
            return True
        if isinstance(error, DatabaseError) and "disk is full" in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False
