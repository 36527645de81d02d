"""Tokens of the API: what they may do, how long, when they were used; the owners' page."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from dashboard.audit.models import AuditEntry
from engine.models import Scope, Token
from tests.engine.conftest import PATHS, POSTS, Caller, method_of


@pytest.fixture
def token_of(db, settings):
    settings.ENGINE_REQUESTS_PER_MINUTE = 1000

    def make(scope: str, days: int | None = None) -> Caller:
        token, text = Token.make(scope, scope, days)
        return Caller(text, token)

    return make


@pytest.mark.parametrize("path", PATHS)
def test_a_token_for_reading_makes_nothing(token_of, path):
    status, envelope = token_of(Scope.READ)(path, method=method_of(path))
    if path in POSTS:
        assert (status, envelope["code"]) == (403, 1012)
        assert "only read" in envelope["message"]
    else:
        assert envelope["code"] in {0, 1002}  # video.get wants an id


def test_a_token_stops_working_when_it_expires(token_of):
    caller = token_of(Scope.MAKE, days=30)
    assert caller("avatar.list")[0] == 200
    Token.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    response = caller.response("avatar.list")
    assert (response.status_code, response.json()["code"]) == (401, 1003)
    assert "expired" in response.json()["message"]
    assert response["WWW-Authenticate"] == "Bearer"


def test_the_last_use_is_known_to_the_minute(token_of):
    caller = token_of(Scope.READ)
    caller("avatar.list")
    first = Token.objects.get().last_used_at
    caller("avatar.list")
    assert Token.objects.get().last_used_at == first
    Token.objects.update(last_used_at=first - timedelta(minutes=2))
    caller("avatar.list")
    assert Token.objects.get().last_used_at >= first


def test_the_commands_know_scope_and_expiry(db, capsys):
    call_command("create_token", "reader", "--scope", "read", "--days", "30")
    text = capsys.readouterr().out.splitlines()[-1]
    assert Caller(text)("avatar.generate", {})[0] == 403
    Caller(text)("avatar.list")
    call_command("create_token", "maker")
    call_command("list_tokens")
    today, end = timezone.now(), timezone.now() + timedelta(days=30)
    listed = capsys.readouterr().out.splitlines()
    assert f"{today:%Y-%m-%d}  maker  (make, never used)" in listed
    assert f"{today:%Y-%m-%d}  reader  (read, until {end:%Y-%m-%d}, last used {today:%Y-%m-%d})" in listed
    with pytest.raises(CommandError, match="days"):
        call_command("create_token", "other", "--days", "0")
    call_command("delete_token", "maker")
    assert list(AuditEntry.objects.order_by("pk").values_list("action", flat=True)) == [
        "token_created",
        "token_created",
        "token_revoked",
    ]


# ---------------------------------------------------------------- the page


def test_an_owner_makes_a_token_sees_it_once_and_revokes_it(owner, signed_in):
    client = signed_in(owner)
    page = client.post("/tokens/create/", {"name": "website", "scope": "read", "days": "90"})
    text, token = page.context["text"], Token.objects.get()
    assert text in page.text
    assert page["Cache-Control"].startswith("max-age=0")
    assert (token.scope, (token.expires_at - timezone.now()).days) == ("read", 89)
    assert Caller(text)("avatar.list")[0] == 200
    listed = client.get("/tokens/").text
    assert "website" in listed
    assert text not in listed
    client.post(f"/tokens/{token.pk}/revoke/")
    assert Caller(text)("avatar.list")[0] == 401
    recorded = AuditEntry.objects.filter(action__startswith="token").order_by("pk")
    assert [(entry.actor_id, entry.action) for entry in recorded] == [
        (owner.pk, "token_created"),
        (owner.pk, "token_revoked"),
    ]
    assert text not in str(list(AuditEntry.objects.values()))


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"name": "website"}, "already a token with this name"),
        ({"name": " "}, "required"),
        ({"name": "x" * 81}, "at most 80 characters"),
        ({"name": "a", "scope": "everything"}, "Select a valid choice"),
        ({"name": "a", "days": "-1"}, "Select a valid choice"),
    ],
)
def test_what_is_wrong_with_a_new_token_is_said_on_the_page(owner, signed_in, data, sentence):
    Token.make("website")
    response = signed_in(owner).post("/tokens/create/", {"scope": "read", "days": "30"} | data)
    assert response.status_code == 422
    assert sentence in response.text
    assert Token.objects.count() == 1


def test_with_another_provider_nothing_leads_to_tokens(provider, owner, signed_in):
    assert "/api/" not in signed_in(owner).get("/people/").text


def test_a_session_is_no_token(owner, signed_in):
    client: Client = signed_in(owner)
    assert client.get("/v1/cg_avatar/avatar.list").status_code == 401
