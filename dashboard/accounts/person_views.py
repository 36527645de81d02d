"""The page of one person, for owners and admins: role, access, sessions. Admins change nothing about owners."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from dashboard.accounts import services, sessions, two_step
from dashboard.accounts.people_views import make_address, render_link
from dashboard.audit.models import Action
from dashboard.audit.recording import record
from dashboard.models import OneTimeLink, User
from dashboard.permissions import DESCRIPTIONS, Permission, Role, requires
from dashboard.request import Request

OWNERS_ONLY = "Only another owner can change the access of an owner."
NOT_YOURSELF = "Nobody changes their own role or access: another owner or admin does that."
CHANGED_MEANWHILE = "This was not changed: somebody else has just changed it. Look again."


def get_person_or_403(request: Request, pk: int, *, is_active: bool = True) -> User:
    """A person whose access may be changed by who asks. Raises Http404, PermissionDenied."""
    person = get_object_or_404(User, pk=pk, is_active=is_active)
    if not request.user.may_manage(person):
        raise PermissionDenied(NOT_YOURSELF if person == request.user else OWNERS_ONLY)
    return person


@require_safe
@never_cache
@requires(Permission.MANAGE_PEOPLE)
def show(request: Request, pk: int) -> HttpResponse:
    person = get_object_or_404(User, pk=pk)
    context = {
        "person": person,
        "manageable": request.user.may_manage(person),
        "roles": [(role, role.label, DESCRIPTIONS[role]) for role in services.list_roles(request.user)],
        "role_words": DESCRIPTIONS.get(person.role, ""),
        "has_two_step": two_step.has_two_step(person),
        "sessions": sessions.list_sessions(person, request.session.session_key),
    }
    return render(request, "accounts/person.html", context)


@require_POST
@requires(Permission.MANAGE_PEOPLE)
def role(request: Request, pk: int) -> HttpResponse:
    person = get_person_or_403(request, pk)
    chosen = request.POST.get("role")
    if chosen not in services.list_roles(request.user):
        messages.error(request, "Choose one of the roles.")
    elif chosen != person.role:
        before = person.get_role_display()
        try:
            person = services.set_role(person, Role(chosen), request.user)
        except services.LastOwner:
            messages.error(request, "There must be an owner.")
        except services.NotManageable:
            messages.error(request, CHANGED_MEANWHILE)
        else:
            words = f"{person} <{person.email}>: {before} → {person.get_role_display()}"
            record(request.user, Action.ROLE_CHANGED, words, request)
            messages.success(request, f"{person} is {_with_article(person.get_role_display())} now.")
    return redirect("person", pk)


def _with_article(role: str) -> str:
    return f"{'an' if role[0] in 'AO' else 'a'} {role.lower()}"


@require_POST
@never_cache
@requires(Permission.MANAGE_PEOPLE)
def password_link(request: Request, pk: int) -> HttpResponse:
    """A link to choose a new password, so that only the person knows it."""
    person = get_person_or_403(request, pk)
    link, token = OneTimeLink.make(request.user, user=person)
    record(request.user, Action.PASSWORD_LINK_CREATED, person, request)
    return render_link(request, link, make_address(request, reverse("new-password", args=[token])))


@require_POST
@requires(Permission.MANAGE_PEOPLE)
def sign_out(request: Request, pk: int) -> HttpResponse:
    """Sign a person out on all devices, for example because one was lost."""
    person = get_person_or_403(request, pk)
    sessions.end_sessions(person)
    record(request.user, Action.SESSION_ENDED, person, request)
    messages.success(request, f"{person} is signed out everywhere.")
    return redirect("person", pk)


@require_POST
@requires(Permission.MANAGE_PEOPLE)
def end_session(request: Request, pk: int, session_pk: int) -> HttpResponse:
    """Sign a person out on one device."""
    person = get_person_or_403(request, pk)
    if sessions.end_session(person, session_pk, request.session.session_key):
        record(request.user, Action.SESSION_ENDED, f"{person} <{person.email}>: one device", request)
        messages.success(request, f"{person} is signed out there.")
    else:
        messages.info(request, "That device was signed out already.")
    return redirect("people-sessions") if request.POST.get("from") == "list" else redirect("person", pk)


@require_POST
@requires(Permission.MANAGE_PEOPLE)
def deactivate(request: Request, pk: int) -> HttpResponse:
    person = get_person_or_403(request, pk)
    try:
        services.deactivate(person, request.user)
    except services.LastOwner:
        messages.error(request, "The last owner cannot be deactivated.")
    except services.NotManageable:
        messages.error(request, CHANGED_MEANWHILE)
    else:
        record(request.user, Action.PERSON_REMOVED, person, request)
        messages.success(request, f"{person} no longer has access.")
    return redirect("people")


@require_POST
@requires(Permission.MANAGE_PEOPLE)
def reactivate(request: Request, pk: int) -> HttpResponse:
    person = get_person_or_403(request, pk, is_active=False)
    try:
        services.reactivate(person, request.user)
    except services.NotManageable:
        messages.error(request, CHANGED_MEANWHILE)
    else:
        record(request.user, Action.PERSON_REACTIVATED, person, request)
        messages.success(request, f"{person} has access again, and signs in as before.")
    return redirect("people")
