"""Pages that belong to no app."""

import logging
import sys

from django.conf import settings
from django.core.exceptions import DisallowedHost, RequestDataTooBig
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.module_loading import import_string
from django.views import defaults

from dashboard.files import disk
from dashboard.middleware import UnusableText
from dashboard.shortcuts import respond_no_room, respond_sentence

log = logging.getLogger(__name__)

BUSY = "This server is busy. Nothing was saved yet. Try again in a moment."
BUSY_SECONDS = 5


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
    """Django's own page, or what people can do about a full disk or a busy database."""
    error = sys.exc_info()[1]
    if obstacle := disk.explain_error(error):
        return respond_no_room(request, obstacle)
    return _respond_busy(request) if _is_busy(error) else defaults.server_error(request)


def _is_busy(error: BaseException | None) -> bool:
    """Whether the database was locked for longer than its time-out, for example by a backup or a migration."""
    while error is not None:
        if isinstance(error, OperationalError) and "locked" in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False


def _respond_busy(request: HttpRequest) -> HttpResponse:
    """503: a page that tries again, or a sentence for a script, which sends its upload again (js/send-form.js)."""
    if "HX-Request" in request.headers:
        response = respond_sentence(BUSY, status=503)
    else:
        # What was sent cannot be sent again by the page, but by reloading it.
        context = {"retry": request.method in {"GET", "HEAD"}, "seconds": BUSY_SECONDS}
        response = HttpResponse(render_to_string("503.html", context), status=503)
    response["Retry-After"] = str(BUSY_SECONDS)
    return response
