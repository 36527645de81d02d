"""The owners' page of the API's tokens. A token is shown once, in the answer that creates it."""

from django import forms
from django.contrib import messages
from django.db import IntegrityError
from django.db.models.functions import Lower
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from dashboard.audit.models import Action
from dashboard.audit.recording import record, recorded
from dashboard.permissions import Permission, requires
from dashboard.request import Request
from engine.models import MAX_NAME, Scope, Token

DAYS = [("30", "30 days"), ("90", "90 days"), ("365", "A year"), ("", "Until it is revoked")]
TAKEN = "There is already a token with this name."


class TokenForm(forms.Form):
    name = forms.CharField(
        max_length=MAX_NAME,
        label="Who will use it?",
        help_text="For example the name of the program or website.",
        widget=forms.TextInput({"autocomplete": "off", "dir": "auto"}),
    )
    scope = forms.ChoiceField(
        choices=[(Scope.MAKE, "Read, and make avatars and videos"), (Scope.READ, "Only read")],
        initial=Scope.MAKE,
        label="What may it do?",
    )
    days = forms.ChoiceField(required=False, choices=DAYS, initial="90", label="How long does it work?")


@require_safe
@never_cache
@requires(Permission.MANAGE_TOKENS)
def tokens(request: Request) -> HttpResponse:
    return _render_list(request, TokenForm())


def _render_list(request: Request, form: TokenForm, status: int = 200) -> HttpResponse:
    rows = Token.objects.select_related("made_by").order_by(Lower("name"), "pk")
    return render(request, "engine/tokens.html", {"tokens": rows, "form": form}, status=status)


@require_POST
@never_cache
@requires(Permission.MANAGE_TOKENS)
def create(request: Request) -> HttpResponse:
    form = TokenForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            token, text = Token.make(
                data["name"], data["scope"], int(data["days"] or 0) or None, request.user
            )
        except IntegrityError:
            form.add_error("name", TAKEN)
        else:
            record(request.user, Action.TOKEN_CREATED, token, request)
            # Without a redirect: the token is stored nowhere, so that nobody can read it later.
            return render(request, "engine/token.html", {"token": token, "text": text})
    return _render_list(request, form, status=422)


@require_POST
@requires(Permission.MANAGE_TOKENS)
def revoke(request: Request, pk: int) -> HttpResponse:
    token = get_object_or_404(Token, pk=pk)
    with recorded(request.user, Action.TOKEN_REVOKED, token, request):
        token.revoke()
    messages.success(request, f"The token {token} no longer works.")
    return redirect("tokens")
