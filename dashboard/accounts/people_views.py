"""The page of people, and invitations. Everybody sees who is here; owners and admins invite."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import Case, IntegerField, Value, When
from django.db.models.functions import Lower
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from dashboard.accounts import invitations, sessions, two_step
from dashboard.accounts.forms import InviteForm
from dashboard.audit.models import Action
from dashboard.audit.recording import record
from dashboard.models import OneTimeLink, User
from dashboard.permissions import Permission, Role, requires
from dashboard.request import Request


@require_safe
@never_cache
def people(request: Request) -> HttpResponse:
    return _render_people(request, InviteForm(by=request.user))


def _render_people(request: Request, form: InviteForm, status: int = 200) -> HttpResponse:
    manages = request.user.may(Permission.MANAGE_PEOPLE)
    ranks = [When(role=role, then=Value(rank)) for rank, role in enumerate(Role)]
    rows = User.objects.order_by(
        Case(*ranks, default=Value(9), output_field=IntegerField()), Lower("name"), "pk"
    )
    context: dict[str, Any] = {
        "people": rows.filter(is_active=True),
        "deactivated": rows.filter(is_active=False) if manages else rows.none(),
        "links": _list_links(request.user) if manages else [],
        "form": form,
        "with_two_step": two_step.ids_with_two_step() if manages else set(),
        "two_step_required": two_step.is_required(),
    }
    return render(request, "accounts/people.html", context, status=status)


def _list_links(user: User) -> list[OneTimeLink]:
    return list(OneTimeLink.objects.usable().select_related("user", "made_by").order_by("-created_at"))


@require_POST
@never_cache
@requires(Permission.MANAGE_PEOPLE)
def invite(request: Request) -> HttpResponse:
    form = InviteForm(request.POST, by=request.user)
    if not form.is_valid():
        return _render_people(request, form, status=422)
    data = form.cleaned_data
    link, token = OneTimeLink.make(
        request.user, note=data["note"], role=data["role"], email=data.get("email", "")
    )
    who = data["note"] or link.email
    record(request.user, Action.INVITATION_CREATED, f"{who} ({link.get_role_display()})".strip(), request)
    address = make_address(request, reverse("invitation", args=[token]))
    is_sent = invitations.send(link, address) if link.email else None
    return render_link(request, link, address, is_sent=is_sent)


def make_address(request: Request, path: str) -> str:
    """The whole address of a link that a person sends to somebody."""
    return settings.PUBLIC_URL + path if settings.PUBLIC_URL else request.build_absolute_uri(path)


def render_link(
    request: Request, link: OneTimeLink, address: str, *, is_sent: bool | None = None
) -> HttpResponse:
    """Without a redirect: the link is stored nowhere, so that nobody can read it from a session later."""
    context = {"link": link, "address": address, "is_sent": is_sent}
    return render(request, "accounts/link.html", context)


@require_POST
@requires(Permission.MANAGE_PEOPLE)
def withdraw(request: Request, pk: int) -> HttpResponse:
    if link := OneTimeLink.objects.usable().filter(pk=pk).first():
        link.delete()
        record(request.user, Action.LINK_REVOKED, str(link), request)
    messages.success(request, "The link was revoked.")
    return redirect("people")


@require_safe
@never_cache
@requires(Permission.MANAGE_PEOPLE)
def list_sessions(request: Request) -> HttpResponse:
    """Where everybody is signed in."""
    context = {"sessions": sessions.list_all_sessions(request.session.session_key)}
    return render(request, "accounts/sessions.html", context)
