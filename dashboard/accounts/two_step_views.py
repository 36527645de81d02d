"""Pages of two-step sign-in: allauth's, with what ours show beside."""

from typing import Any

from allauth.core.internal import ratelimit
from allauth.mfa.base.views import IndexView
from allauth.mfa.webauthn.views import LoginWebAuthnView
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST, require_safe

from dashboard.accounts import two_step
from dashboard.accounts.person_views import get_person_or_403
from dashboard.permissions import Permission, requires
from dashboard.request import Request


class TwoStep(IndexView):
    """What somebody has set up, and what more there is."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        codes = context["authenticators"].get("recovery_codes")
        return context | {
            "codes_left": len(codes.get_unused_codes()) if codes else 0,
            "has_two_step": two_step.has_two_step(self.request.user),
            "is_required": two_step.is_required(),
        }


@method_decorator(login_not_required, name="dispatch")
class PasskeySignIn(LoginWebAuthnView):
    """Signing in with a passkey alone."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """What the browser is to sign. Limited, because a session is stored for each visitor who asks."""
        if not ratelimit.consume(request, app="allauth.account", action="passkey", limit_get=True):
            return ratelimit.respond_429(request)
        return super().get(request, *args, **kwargs)


@require_safe
def passkeys(request: Request) -> HttpResponse:
    """Where allauth goes after a change: they are listed with the rest."""
    return redirect("mfa_index")


@require_POST
@requires(Permission.CHANGE_SETTINGS)
def require(request: Request) -> HttpResponse:
    """Demand two-step sign-in of everybody, or no longer."""
    required = request.POST.get("required") == "yes"
    if required and not two_step.has_two_step(request.user):
        messages.error(request, "Set up two-step sign-in for yourself first.")
        return redirect("mfa_index")
    signed_out = two_step.set_required(request.user, required, request)
    words = (
        "Everybody needs two-step sign-in now."
        if required
        else "Two-step sign-in is everybody’s own choice now."
    )
    if signed_out:
        words += f" Signed out until they set it up: {signed_out}."
    messages.success(request, words)
    return redirect("people")


@require_POST
@requires(Permission.MANAGE_PEOPLE)
def reset(request: Request, pk: int) -> HttpResponse:
    """For somebody who lost the phone and has no recovery codes."""
    person = get_person_or_403(request, pk)
    if two_step.reset(person, actor=request.user, request=request):
        messages.success(request, f"{person} signs in with the password alone, and can set it up again.")
    else:
        messages.info(request, f"{person} has no two-step sign-in.")
    return redirect("person", pk)
