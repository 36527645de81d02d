"""The page of people: everybody sees who is here, owners let people in, help them back in and remove them."""

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from dashboard.accounts import changes
from dashboard.accounts.forms import InviteForm
from dashboard.models import OneTimeLink, User


def owners_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @wraps(view)
    def guarded(request: HttpRequest, **arguments: int) -> HttpResponse:
        if not request.user.is_owner:
            raise PermissionDenied
        return view(request, **arguments)

    return guarded


@require_safe
@never_cache
def people(request: HttpRequest) -> HttpResponse:
    links = OneTimeLink.objects.open().select_related("user", "made_by").order_by("-created_at")
    context = {
        "people": User.objects.filter(is_active=True).order_by("-is_owner", Lower("name"), "pk"),
        "links": links if request.user.is_owner else links.none(),
        "form": InviteForm(),
    }
    return render(request, "accounts/people.html", context)


@require_POST
@never_cache
@owners_only
def invite(request: HttpRequest) -> HttpResponse:
    form = InviteForm(request.POST)
    if not form.is_valid():
        messages.error(request, "The name for an invitation may have 80 characters at most.")
        return redirect("people")
    link, token = OneTimeLink.make(request.user, note=form.cleaned_data["note"])
    return _shown_once(request, link, reverse("invitation", args=[token]))


@require_POST
@never_cache
@owners_only
def password_link(request: HttpRequest, pk: int) -> HttpResponse:
    """Unlike a password that the owner makes up, nobody but the person knows the new one."""
    person = get_object_or_404(User, pk=pk, is_active=True)
    link, token = OneTimeLink.make(request.user, user=person)
    return _shown_once(request, link, reverse("new-password", args=[token]))


def _shown_once(request: HttpRequest, link: OneTimeLink, path: str) -> HttpResponse:
    """Drawn as the answer itself: kept nowhere, so that nobody can read the link out of a session later."""
    address = settings.PUBLIC_URL + path if settings.PUBLIC_URL else request.build_absolute_uri(path)
    return render(request, "accounts/link.html", {"link": link, "address": address})


@require_POST
@owners_only
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    OneTimeLink.objects.open().filter(pk=pk).delete()
    messages.success(request, "The link was revoked.")
    return redirect("people")


@require_POST
@owners_only
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    person = _somebody_else(request, pk)
    if changes.remove(person):
        messages.success(request, f"{person} no longer has access.")
    else:
        messages.error(request, "The last owner cannot be removed.")
    return redirect("people")


@require_POST
@owners_only
def owner(request: HttpRequest, pk: int) -> HttpResponse:
    person = _somebody_else(request, pk)
    wanted = request.POST.get("is_owner") == "yes"
    if not changes.set_owner(person, wanted):
        messages.error(request, "There must be an owner.")
    else:
        messages.success(request, f"{person} is {'an owner now' if wanted else 'no longer an owner'}.")
    return redirect("people")


def _somebody_else(request: HttpRequest, pk: int) -> User:
    """Nobody removes or demotes themselves, so an owner always remains."""
    person = get_object_or_404(User, pk=pk, is_active=True)
    if person == request.user:
        raise PermissionDenied
    return person
