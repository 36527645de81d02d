"""Signing out elsewhere: on the page of one's own account."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from dashboard.accounts import sessions
from dashboard.audit.models import Action
from dashboard.audit.recording import record
from dashboard.permissions import Permission, requires
from dashboard.request import Request


@require_POST
@requires(Permission.SEE)
def end(request: Request, pk: int) -> HttpResponse:
    if sessions.end_session(request.user, pk, request.session.session_key):
        record(request.user, Action.SESSION_ENDED, "one device", request)
        messages.success(request, "That device is signed out.")
    else:
        messages.info(request, "That device was signed out already.")
    return redirect("account")


@require_POST
@requires(Permission.SEE)
def end_others(request: Request) -> HttpResponse:
    ended = sessions.end_sessions(request.user, except_key=request.session.session_key)
    record(request.user, Action.SESSION_ENDED, "all other devices", request)
    messages.success(
        request, "You are signed out everywhere else." if ended else "You were signed in only here."
    )
    return redirect("account")
