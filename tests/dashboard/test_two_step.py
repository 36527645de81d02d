"""Two-step sign-in: set up, used, demanded, lost."""

import html
import json
import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.mfa.utils import encrypt
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client, TestCase

from dashboard.accounts import services
from dashboard.audit.models import Action, AuditEntry
from dashboard.models import OneTimeLink, SiteSettings
from tests.sign_in import expect_sign_in

pytestmark = pytest.mark.django_db
PASSWORD = "a long password"
NEW = "horses like blue soup"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
INDEX = "/accounts/two-step/"


@pytest.fixture(autouse=True)
def _nothing_counted(db) -> None:
    cache.clear()


def code_of(secret: str, periods: int = 0) -> str:
    """What the app shows now, or some periods of half a minute later."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + periods))


def sign_in(user, password: str = PASSWORD, client: Client | None = None) -> Client:
    client = client or Client()
    client.post("/accounts/login/", {"login": user.email, "password": password})
    return client


def is_signed_in(client: Client) -> bool:
    return client.get("/health/").wsgi_request.user.is_authenticated


def give_app(user) -> None:
    Authenticator.objects.create(user=user, type="totp", data={"secret": encrypt(SECRET)})


def set_up_app(client: Client) -> tuple[str, list[str]]:
    """The secret of the app, and the recovery codes that the next page shows."""
    page = client.get(f"{INDEX}app/").content.decode()
    secret = re.search(r'id="secret" value="(\w+)"', page)[1]
    with TestCase.captureOnCommitCallbacks(execute=True):  # a test's own transaction is never committed
        client.post(f"{INDEX}app/", {"code": code_of(secret)})
    codes = client.get(f"{INDEX}codes/").content.decode()
    return secret, re.search(r"readonly>([^<]*)<", codes)[1].split()


@pytest.fixture
def required(owner) -> None:
    SiteSettings.objects.create(pk=1, two_step_required=True)


# ---------------------------------------------------------------- with an app
def test_an_app_is_set_up_with_a_code_that_it_shows(maria):
    client = sign_in(maria)
    assert 'src="data:image/svg+xml;base64,' in client.get(f"{INDEX}app/").content.decode()
    assert b"That is not right" in client.post(f"{INDEX}app/", {"code": "000000"}).content
    _, codes = set_up_app(client)
    assert len(codes) == 10
    page = client.get(INDEX).content.decode()
    assert "It is on" in page
    assert "10 of 10 are left" in page


def test_recovery_codes_are_shown_once_and_can_be_made_anew(maria):
    client = sign_in(maria)
    _, codes = set_up_app(client)
    again = client.get(f"{INDEX}codes/").content.decode()
    assert "cannot be shown again" in again
    assert not any(code in again for code in codes)
    made = client.post(f"{INDEX}codes/new/", follow=True).content.decode()
    fresh = re.search(r"readonly>([^<]*)<", made)[1].split()
    assert len(fresh) == 10
    assert not set(fresh) & set(codes)
    assert f"{fresh[0]}%0A" in made  # the download, which needs no script


def test_signing_in_takes_the_second_step(maria):
    secret, _ = set_up_app(sign_in(maria))
    client = Client()
    there = client.post(
        "/accounts/login/?next=/people/", {"login": maria.email, "password": PASSWORD, "next": "/people/"}
    )
    assert there.url == "/accounts/login/second-step/"
    assert not is_signed_in(client)
    assert b"The second step" in client.get(there.url).content
    assert b"That is not right" in client.post(there.url, {"code": "000000"}).content
    assert client.post(there.url, {"code": code_of(secret, 1)}).url == "/people/"
    assert is_signed_in(client)


@pytest.mark.parametrize("stay", [True, False])
def test_staying_signed_in_is_a_choice_with_a_second_step_too(maria, stay):
    give_app(maria)
    client = Client()
    login = {"login": maria.email, "password": PASSWORD} | ({"remember": "on"} if stay else {})
    client.post("/accounts/login/", login)
    client.post("/accounts/login/second-step/", {"code": code_of(SECRET)})
    assert is_signed_in(client)
    assert client.session.get_expire_at_browser_close() is not stay


def test_a_code_of_the_app_works_once(maria):
    give_app(maria)
    code = code_of(SECRET)
    first, second = sign_in(maria), sign_in(maria)
    assert first.post("/accounts/login/second-step/", {"code": code}).status_code == 302
    assert second.post("/accounts/login/second-step/", {"code": code}).status_code == 200
    assert not is_signed_in(second)


def test_a_recovery_code_works_once(maria):
    _, codes = set_up_app(sign_in(maria))
    for expected in (True, False):
        client = sign_in(maria)
        client.post("/accounts/login/second-step/", {"code": codes[3]})
        assert is_signed_in(client) is expected


def test_guessing_codes_is_slowed_down(maria):
    give_app(maria)
    client = sign_in(maria)
    answers = [client.post("/accounts/login/second-step/", {"code": f"{k:06}"}).content for k in range(7)]
    assert [b"Too many" in answer for answer in answers] == [False] * 5 + [True] * 2


def test_without_the_password_there_is_no_second_step(client, maria):
    give_app(maria)
    with expect_sign_in():
        assert client.get("/accounts/login/second-step/").status_code == 302
        client.post("/accounts/login/second-step/", {"code": code_of(SECRET)})
    assert not is_signed_in(client)


def test_a_password_link_does_not_go_around_the_second_step(client, signed_in, owner, maria):
    give_app(maria)
    page = signed_in(owner).post(f"/people/{maria.pk}/password/").content.decode()
    path = re.search(r'value="http://testserver([^"]+)"', page)[1]
    assert client.post(path, {"password": NEW}).url == "/accounts/login/second-step/"
    assert not is_signed_in(client)
    assert client.post("/accounts/login/second-step/", {"code": code_of(SECRET)}).url == "/"


def test_the_secret_is_not_readable_in_the_database(maria):
    secret, codes = set_up_app(sign_in(maria))
    stored = json.dumps(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in stored
    assert not any(code in stored for code in codes)


def test_with_another_secret_key_no_code_fits_and_no_page_breaks(maria, settings):
    set_up_app(sign_in(maria))
    settings.SECRET_KEY = "another"
    client = sign_in(maria)
    assert b"That is not right" in client.post("/accounts/login/second-step/", {"code": "12345678"}).content


def test_removing_the_app_takes_the_recovery_codes_along(maria):
    client = sign_in(maria)
    set_up_app(client)
    assert b"was removed" in client.post(f"{INDEX}app/remove/", follow=True).content
    assert not Authenticator.objects.exists()
    assert is_signed_in(sign_in(maria))


def test_changing_it_asks_again_for_somebody_who_signed_in_a_while_ago(signed_in, maria):
    client = signed_in(maria)
    there = client.get(f"{INDEX}app/").url
    assert there == "/accounts/confirm/?next=%2Faccounts%2Ftwo-step%2Fapp%2F"
    assert b"Is it really you?" in client.get(there).content
    assert b"This password is incorrect" in client.post(there, {"password": "wrong"}).content
    assert client.post(there, {"password": PASSWORD, "next": f"{INDEX}app/"}).url == f"{INDEX}app/"
    assert client.get(f"{INDEX}app/").status_code == 200


# ---------------------------------------------------------------- passkeys
@pytest.mark.parametrize(
    "credential",
    ["", "null", "1", '"x"', "[]", "{}", '{"response": 1}', '{"id": [], "response": {}}', "{" * 500],
)
def test_nonsense_instead_of_a_passkey_is_told_so(maria, credential):
    client = sign_in(maria)
    client.get(f"{INDEX}passkeys/add/")
    assert client.post(f"{INDEX}passkeys/add/", {"name": "x", "credential": credential}).status_code == 200
    with expect_sign_in():
        Client().post("/accounts/login/passkey/", {"credential": credential})
    give_app(maria)
    assert sign_in(maria).post("/accounts/login/second-step/", {"credential": credential}).status_code == 200
    assert not Authenticator.objects.filter(type="webauthn").exists()


@pytest.mark.parametrize(
    ("host", "secure", "works"),
    [
        ("localhost:8000", False, True),
        ("127.0.0.1:8000", False, False),
        ("192.168.1.20", True, False),
        ("[::1]:8000", False, False),
        ("studio.example.com", False, False),
        ("studio.example.com", True, True),
    ],
)
def test_passkeys_are_offered_where_browsers_have_them(owner, settings, host, secure, works):
    settings.ALLOWED_HOSTS = ["*"]
    client = Client(HTTP_HOST=host)
    assert (b"Sign in with a passkey" in client.get("/accounts/login/", secure=secure).content) is works
    client.force_login(owner)
    page = html.unescape(client.get(INDEX, secure=secure).content.decode())
    assert ("Add a passkey" in page) is works
    assert ("Browsers offer passkeys only at" in page) is not works


def test_asking_for_passkeys_fills_no_database(owner):
    ask = {"HTTP_ACCEPT": "application/json"}
    answers = [Client().get("/accounts/login/passkey/", **ask).status_code for _ in range(25)]
    assert answers == [200] * 20 + [429] * 5
    assert Session.objects.count() == 20


# ---------------------------------------------------------------- demanded of everybody
def test_an_owner_demands_it_of_everybody_after_setting_it_up(signed_in, owner, maria, tom):
    give_app(tom)
    boss, member, safe = signed_in(owner), signed_in(maria), signed_in(tom)
    assert boss.post("/people/two-step/", {"required": "yes"}).url == INDEX
    assert not SiteSettings.objects.exists()
    give_app(owner)
    page = boss.post("/people/two-step/", {"required": "yes"}, follow=True).content.decode()
    assert "Signed out until they set it up: 1." in page
    assert [is_signed_in(client) for client in (boss, member, safe)] == [True, False, True]
    boss.post("/people/two-step/", {"required": "no"})
    assert sign_in(maria).get("/").status_code == 200


def test_members_demand_nothing(signed_in, maria, tom):
    give_app(maria)
    assert signed_in(maria).post("/people/two-step/", {"required": "yes"}).status_code == 403
    assert signed_in(maria).post(f"/people/{tom.pk}/two-step/reset/").status_code == 403


def test_who_has_none_can_do_nothing_but_set_it_up(required, maria):
    client = sign_in(maria)
    for path in ("/", "/avatars/", "/people/", "/account/", "/videos/new/", "/accounts/password/change/"):
        assert client.get(path).url == INDEX
    assert client.post("/avatars/upload/").url == INDEX
    poll = client.get("/news/", headers={"HX-Request": "true"})
    assert poll.headers["HX-Redirect"] == INDEX
    page = client.get(INDEX).content.decode()
    assert "Everybody here signs in with a second step" in page
    assert 'class="rail"' not in page
    set_up_app(client)
    assert client.get("/").status_code == 200
    assert client.get("/account/").status_code == 200


def test_who_has_none_can_sign_out(required, maria):
    client = sign_in(maria)
    with expect_sign_in():
        client.post("/accounts/logout/")
    assert not is_signed_in(client)


def test_new_people_are_led_there_too(client, signed_in, owner, required):
    page = signed_in(owner).post("/people/invite/", {"note": "Nina"}).content.decode()
    path = re.search(r'value="http://testserver([^"]+)"', page)[1]
    client.post(path, {"name": "Nina", "email": "nina@example.com", "password": NEW})
    assert client.get("/").url == INDEX
    set_up_app(client)
    assert client.get("/").status_code == 200


def test_who_takes_it_off_again_is_led_back(required, maria):
    client = sign_in(maria)
    set_up_app(client)
    client.post(f"{INDEX}app/remove/")
    assert client.get("/").url == INDEX


def test_what_needs_no_session_goes_on(required, maria):
    client = sign_in(maria)
    assert client.get("/health/").status_code == 200
    assert client.get("/v1/cg_avatar/avatar.list").json()["code"] == 1003  # it asks for its own token
    assert client.get("/media/x/y").status_code == 404


# ---------------------------------------------------------------- lost
def test_an_owner_resets_the_second_step_of_somebody(signed_in, owner, maria):
    give_app(maria)
    phone, boss = signed_in(maria), signed_in(owner)
    assert b"Reset two-step sign-in" in boss.get(f"/people/{maria.pk}/").content
    page = boss.post(f"/people/{maria.pk}/two-step/reset/", follow=True).content
    assert b"signs in with the password alone" in page
    assert not is_signed_in(phone)
    assert is_signed_in(sign_in(maria))
    assert b"has no two-step sign-in" in boss.post(f"/people/{maria.pk}/two-step/reset/", follow=True).content


def test_whoever_runs_the_machine_resets_that_of_the_owner(owner, capsys):
    give_app(owner)
    call_command("reset_two_step", "Olga@example.com")
    assert "Olga signs in with the password alone" in capsys.readouterr().out
    assert is_signed_in(sign_in(owner))
    with pytest.raises(CommandError, match="no two-step sign-in"):
        call_command("reset_two_step", owner.email)
    with pytest.raises(CommandError, match="No account"):
        call_command("reset_two_step", "who@example.com")


def test_who_was_removed_and_comes_back_begins_anew(signed_in, owner, maria):
    give_app(maria)
    services.deactivate(maria, owner)
    link, _ = OneTimeLink.make(owner)
    services.accept_invitation(link, "Maria", maria.email, "purple teapot on the roof")
    assert not Authenticator.objects.exists()


def test_it_is_written_down(signed_in, owner, maria):
    client = sign_in(maria)
    set_up_app(client)
    client.post(f"{INDEX}app/remove/")
    give_app(maria)
    give_app(owner)
    boss = signed_in(owner)
    boss.post(f"/people/{maria.pk}/two-step/reset/")
    boss.post("/people/two-step/", {"required": "yes"})
    actions = {Action.TWO_STEP_ON, Action.TWO_STEP_OFF, Action.SETTING_CHANGED}
    written = (
        AuditEntry.objects.filter(action__in=actions)
        .order_by("pk")
        .values_list("actor_id", "action", "subject")
    )
    assert list(written) == [
        (maria.pk, "two_step_on", "authenticator app"),
        (maria.pk, "two_step_off", "authenticator app"),
        (owner.pk, "two_step_off", "Maria <maria@example.com>"),
        (owner.pk, "setting_changed", "Two-step sign-in demanded of everybody"),
    ]
