"""Pages to sign in, set up, accept an invitation, choose a password, and change one's own account."""

from typing import Any

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from allauth.account.views import LoginView
from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from dashboard.accounts import password_strength as strength
from dashboard.accounts import services, sessions, two_step
from dashboard.accounts.forms import TAKEN, AccountForm, InvitationForm, NewPasswordForm, SetupForm
from dashboard.audit.models import Action
from dashboard.audit.recording import record
from dashboard.models import MailNews, OneTimeLink, User
from dashboard.permissions import Permission, Role, requires
from dashboard.request import Request


class SignIn(LoginView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        owners = User.objects.filter(role=Role.OWNER, is_active=True).order_by("date_joined")
        return super().get_context_data(owner=owners.first(), **kwargs)


@login_not_required
@never_cache
@sensitive_post_parameters("code", "password")
@require_http_methods(["GET", "POST"])
def setup(request: HttpRequest) -> HttpResponse:
    """The first visitor who has the code that the server printed becomes the owner."""
    if User.objects.exists():
        return redirect("home" if request.user.is_authenticated else "account_login")
    if too_many := ratelimit.consume_or_429(request, action="setup"):
        return too_many
    form = SetupForm(request.POST or None, initial={"code": request.GET.get("code", "")})
    if form.is_valid():
        data = form.cleaned_data
        user = services.create_owner(data["name"], data["email"], data["password"])
        if user is None:
            return redirect("account_login")
        record(user, Action.ACCOUNT_CREATED, "the first owner", request)
        return _sign_in(request, user)
    return render(request, "accounts/setup.html", {"form": form})


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Create an account by an invitation."""
    if too_many := ratelimit.consume_or_429(request, action="link"):
        return too_many
    link = OneTimeLink.objects.find(token)
    if link is None or link.user_id:
        return _respond_expired(request)
    if request.user.is_authenticated:
        return render(request, "accounts/link_for_another.html", {"link": link})
    form = InvitationForm(request.POST or None, initial={"email": link.email})
    if form.is_valid():
        data = form.cleaned_data
        try:
            user = services.accept_invitation(link, data["name"], data["email"], data["password"])
        except services.EmailTaken:
            form.add_error("email", TAKEN)
        else:
            if user is None:
                return _respond_expired(request)
            record(user, Action.ACCOUNT_CREATED, f"by an invitation from {link.made_by}", request)
            return _sign_in(request, user)
    return render(request, "accounts/invitation.html", {"form": form, "link": link})


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def new_password(request: HttpRequest, token: str) -> HttpResponse:
    """Choose a new password with a one-time link."""
    if too_many := ratelimit.consume_or_429(request, action="link"):
        return too_many
    link = OneTimeLink.objects.find(token)
    if link is None or link.user is None or not link.user.is_active:
        return _respond_expired(request)
    if request.user.is_authenticated and request.user != link.user:
        return render(request, "accounts/link_for_another.html", {"link": link})
    form = NewPasswordForm(request.POST or None, user=link.user)
    if form.is_valid():
        user = services.choose_password(link, form.cleaned_data["password"])
        if user is None:
            return _respond_expired(request)
        record(user, Action.PASSWORD_CHANGED, f"by a link from {link.made_by}", request)
        messages.success(request, "Your new password is set.")
        return _sign_in(request, user)
    return render(request, "accounts/new_password.html", {"form": form, "link": link})


def _sign_in(request: HttpRequest, user: User) -> HttpResponse:
    """With the password that was just chosen: the second step still follows, for who has one."""
    login = Login(user=user, email=user.email, redirect_url=reverse("home"))
    return perform_password_login(request, {"email": user.email}, login)


def _respond_expired(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/link_expired.html", status=410)


@never_cache
@requires(Permission.SEE)
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def account(request: Request) -> HttpResponse:
    """Change one's own name and address."""
    if too_many := ratelimit.consume_or_429(request, action="account"):
        return too_many
    user = User.objects.get(pk=request.user.pk)
    form = AccountForm(request.POST or None, user=user)
    if form.is_valid():
        data = form.cleaned_data
        user.name = data["name"]
        user.save(update_fields=["name"])
        try:
            if data["email"].lower() != (before := user.email):
                services.change_email(user, data["email"])
                record(user, Action.EMAIL_CHANGED, f"before: {before}", request)
        except services.EmailTaken:
            form.add_error("email", TAKEN)
        else:
            messages.success(request, "Saved.")
            return redirect("account")
    context = {
        "form": form,
        "gets_mails": MailNews.objects.filter(user=user).exists(),
        "has_two_step": two_step.has_two_step(user),
        "sessions": sessions.list_sessions(user, request.session.session_key),
    }
    return render(request, "accounts/account.html", context)


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_POST
def password_strength(request: HttpRequest) -> HttpResponse:
    """How hard the password is to guess that somebody is typing, for the meter on the forms."""
    if not ratelimit.consume(request, action="password_strength"):
        return HttpResponse(status=429)
    person = (
        request.user
        if isinstance(request.user, User)
        else User(name=request.POST.get("name", "")[:200], email=request.POST.get("email", "")[:254])
    )
    found = strength.judge(request.POST.get("password", ""), person)
    return JsonResponse({"score": found.score, "sentence": found.sentence})
