"""The page of people. Everybody sees it; owners invite people, give out password links and remove people."""

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models.functions import Lower
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from dashboard.accounts import services, sessions, two_step
from dashboard.accounts.forms import InviteForm
from dashboard.audit.models import Action
from dashboard.audit.recording import record
from dashboard.models import OneTimeLink, User
from dashboard.request import Request
from dashboard.shortcuts import owners_only


@require_safe
@never_cache
def people(request: Request) -> HttpResponse:
    links = OneTimeLink.objects.usable().select_related("user", "made_by").order_by("-created_at")
    context = {
        "people": User.objects.filter(is_active=True).order_by("-is_owner", Lower("name"), "pk"),
        "links": links if request.user.is_owner else links.none(),
        "form": InviteForm(),
        "with_two_step": two_step.ids_with_two_step() if request.user.is_owner else set(),
        "two_step_required": two_step.is_required(),
    }
    return render(request, "accounts/people.html", context)


@require_POST
@never_cache
@owners_only
def invite(request: Request) -> HttpResponse:
    form = InviteForm(request.POST)
    if not form.is_valid():
        messages.error(request, "The name for an invitation may have 80 characters at most.")
        return redirect("people")
    link, token = OneTimeLink.make(request.user, note=form.cleaned_data["note"])
    record(request.user, Action.INVITATION_CREATED, link.note, request)
    return _render_link(request, link, reverse("invitation", args=[token]))


@require_POST
@never_cache
@owners_only
def password_link(request: Request, pk: int) -> HttpResponse:
    """A link to choose a new password, so that only the person knows it."""
    person = get_object_or_404(User, pk=pk, is_active=True)
    link, token = OneTimeLink.make(request.user, user=person)
    record(request.user, Action.PASSWORD_LINK_CREATED, person, request)
    return _render_link(request, link, reverse("new-password", args=[token]))


def _render_link(request: Request, link: OneTimeLink, path: str) -> HttpResponse:
    """Without a redirect: the link is stored nowhere, so that nobody can read it from a session later."""
    address = settings.PUBLIC_URL + path if settings.PUBLIC_URL else request.build_absolute_uri(path)
    return render(request, "accounts/link.html", {"link": link, "address": address})


@require_POST
@owners_only
def withdraw(request: Request, pk: int) -> HttpResponse:
    if link := OneTimeLink.objects.usable().filter(pk=pk).first():
        link.delete()
        record(request.user, Action.LINK_REVOKED, str(link), request)
    messages.success(request, "The link was revoked.")
    return redirect("people")


@require_POST
@owners_only
def remove(request: Request, pk: int) -> HttpResponse:
    person = _get_other_person(request, pk)
    if services.remove_person(person):
        record(request.user, Action.PERSON_REMOVED, person, request)
        messages.success(request, f"{person} no longer has access.")
    else:
        messages.error(request, "The last owner cannot be removed.")
    return redirect("people")


@require_POST
@owners_only
def sign_out(request: Request, pk: int) -> HttpResponse:
    """Sign a person out on all devices, for example because one was lost."""
    person = _get_other_person(request, pk)
    sessions.end_sessions(person)
    record(request.user, Action.SESSION_ENDED, person, request)
    messages.success(request, f"{person} is signed out everywhere.")
    return redirect("people")


@require_POST
@owners_only
def owner(request: Request, pk: int) -> HttpResponse:
    person = _get_other_person(request, pk)
    is_owner = request.POST.get("is_owner") == "yes"
    if not services.set_owner(person, is_owner):
        messages.error(request, "There must be an owner.")
    else:
        record(request.user, Action.OWNER_ADDED if is_owner else Action.OWNER_REMOVED, person, request)
        messages.success(request, f"{person} is {'an owner now' if is_owner else 'no longer an owner'}.")
    return redirect("people")


def _get_other_person(request: Request, pk: int) -> User:
    """Raises PermissionDenied for oneself: nobody removes or demotes themselves."""
    person = get_object_or_404(User, pk=pk, is_active=True)
    if person == request.user:
        raise PermissionDenied
    return person
