"""How people come in, stay in and are kept out."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings as real_settings
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from dashboard.accounts import services
from dashboard.models import OneTimeLink, User
from tests.sign_in import expect_sign_in

pytestmark = pytest.mark.django_db
PASSWORD = "horses like blue soup"
ME = {"name": "Nina", "email": "Nina@Example.com", "password": PASSWORD}


@pytest.fixture(autouse=True)
def _nothing_counted(db) -> None:
    cache.clear()


@pytest.fixture
def me() -> dict[str, str]:
    return {"code": real_settings.SETUP_CODE, **ME}


def path_in(response) -> str:
    """Of the link on a page that shows one."""
    return re.search(r'value="https?://[^/"]+(/[^"]+)"', response.content.decode())[1]


def is_signed_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def assert_signed_out(client: Client) -> None:
    with expect_sign_in():
        client.get("/account/")


def sign_in(client: Client, email: str, password: str = "a long password", **more):
    return client.post("/accounts/login/", {"login": email, "password": password, **more})


# ---------------------------------------------------------------- set-up
def test_the_first_visitor_is_led_to_the_set_up(client):
    with expect_sign_in():
        assert client.get("/", follow=True).redirect_chain[-1][0] == "/setup/"


def test_the_set_up_code_makes_the_owner(client, me):
    response = client.post("/setup/", me)
    assert response.url == "/"
    user = User.objects.get()
    assert (user.name, user.email, user.is_owner) == ("Nina", "nina@example.com", True)
    assert user.check_password(PASSWORD)
    assert is_signed_in(client)


def test_a_wrong_code_makes_nothing(client, me):
    response = client.post("/setup/", {**me, "code": "guessed"})
    assert b"This set-up code is incorrect." in response.content
    assert not User.objects.exists()


def test_guessing_the_code_is_slowed_down(client, me):
    answers = [client.post("/setup/", {**me, "code": str(number)}).status_code for number in range(12)]
    assert answers == [200] * 10 + [429] * 2
    right = client.post("/setup/", me)
    assert right.status_code == 429
    assert b"Too many attempts" in right.content


def test_the_code_can_come_with_the_address(client):
    assert b'value="abc"' in client.get("/setup/?code=abc").content


def test_the_set_up_closes_with_the_first_account(client, owner, me):
    for call in (client.get, client.post):
        with expect_sign_in():
            assert call("/setup/", me).url == "/accounts/login/"
    assert User.objects.count() == 1


def test_two_set_ups_at_once_make_one_owner():
    # Both have passed the page's own question whether anybody is here.
    assert services.create_owner("Nina", "nina@example.com", PASSWORD)
    assert services.create_owner("Mallory", "mallory@example.com", PASSWORD) is None
    assert [user.name for user in User.objects.all()] == ["Nina"]


@pytest.mark.parametrize("password", ["short", "password123", "nina@example.com"])
def test_a_weak_password_is_refused_with_a_reason(client, me, password):
    response = client.post("/setup/", {**me, "password": password})
    assert b'id="id_password_error"' in response.content
    assert b"aria-invalid" in response.content
    assert not User.objects.exists()


# ---------------------------------------------------------------- signing in and out
def test_signing_in_leads_to_the_page_one_wanted(client, owner):
    with expect_sign_in():
        there = client.get("/people/").url
    assert there == "/accounts/login/?next=/people/"
    page = client.get(there).content.decode()
    assert 'name="next" value="/people/"' in page
    assert sign_in(client, "OLGA@example.com", next="/people/").url == "/people/"
    assert sign_in(Client(), owner.email, next="https://evil.example/").url == "/"


def test_without_a_mail_server_the_sign_in_page_says_whom_to_ask(client, owner):
    page = client.get("/accounts/login/").content.decode()
    assert "Ask <bdi>Olga</bdi> for a link" in page
    assert "password/reset" not in page


def test_a_wrong_password_is_told_in_plain_words(client, owner):
    assert b"The email address or password is incorrect." in sign_in(client, owner.email, "wrong").content
    assert b"The email address or password is incorrect." in sign_in(client, "who@example.com").content


def test_guessing_a_password_is_slowed_down(client, owner):
    for _ in range(5):
        sign_in(client, owner.email, "wrong")
    response = sign_in(client, owner.email, "wrong")
    assert b"Too many wrong passwords. Wait five minutes, then try again." in response.content
    assert b"Too many wrong passwords" in sign_in(client, owner.email).content  # not even the right one


def test_trying_many_accounts_is_slowed_down(client, owner):
    answers = [sign_in(client, f"{number}@example.com", "wrong") for number in range(31)]
    assert all(b"Too many wrong passwords" in answer.content for answer in answers[10:])


def test_behind_a_proxy_everybody_has_a_throttle_of_their_own(client, owner, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for number in range(31):
        sign_in(Client(headers={"x-forwarded-for": "192.0.2.1"}), f"{number}@example.com", "wrong")
    assert sign_in(Client(headers={"x-forwarded-for": "192.0.2.1"}), owner.email).status_code == 200
    assert sign_in(Client(headers={"x-forwarded-for": "192.0.2.2"}), owner.email).status_code == 302


def test_staying_signed_in_is_a_choice(client, owner):
    sign_in(client, owner.email, remember="on")
    assert client.session.get_expire_at_browser_close() is False
    other = Client()
    sign_in(other, owner.email)
    assert other.session.get_expire_at_browser_close() is True


def test_signing_out_takes_a_press_not_a_visit(signed_in, maria):
    client = signed_in(maria)
    assert client.get("/accounts/logout/").status_code == 200
    assert is_signed_in(client)
    with expect_sign_in():
        assert client.post("/accounts/logout/").url == "/accounts/login/"
    assert_signed_out(client)


@pytest.mark.parametrize(
    "path",
    ["signup/", "email/", "confirm-email/", "password/set/", "reauthenticate/", "login/code/confirm/", ""],
)
def test_what_is_not_needed_of_allauth_is_not_there(signed_in, owner, path):
    assert signed_in(owner).get(f"/accounts/{path}").status_code == 404
    assert Client().post(f"/accounts/{path}", {"email": owner.email}).status_code == 404


def test_without_a_mail_server_no_form_sends_mail(client, owner):
    assert client.get("/accounts/password/reset/").status_code == 404
    assert client.post("/accounts/password/reset/", {"email": owner.email}).status_code == 404


@pytest.mark.parametrize("path", ["/people/", "/account/", "/accounts/password/change/"])
def test_pages_about_people_want_a_sign_in(client, owner, path):
    with expect_sign_in():
        assert client.get(path).url == f"/accounts/login/?next={path}"


# ---------------------------------------------------------------- invitations
@pytest.fixture
def invited(signed_in, owner) -> Callable[[], str]:
    """A new invitation's path."""
    return lambda: path_in(signed_in(owner).post("/people/invite/", {"note": "Nina"}))


def test_an_invitation_makes_an_account(client, invited):
    path = invited()
    assert b"Olga" in client.get(path).content
    assert client.post(path, ME).url == "/"
    user = User.objects.get(email="nina@example.com")
    assert not user.is_owner
    assert is_signed_in(client)


def test_an_invitation_works_only_once(client, invited):
    path = invited()
    client.post(path, ME)
    response = Client().post(path, {**ME, "email": "other@example.com"})
    assert response.status_code == 410
    assert b"This link no longer works" in response.content
    assert not User.objects.filter(email="other@example.com").exists()


def test_looking_at_an_invitation_does_not_use_it_up(client, invited):
    path = invited()
    for _ in range(3):
        assert Client().get(path).status_code == 200
    client.post(path, {**ME, "password": "short"})
    assert client.post(path, ME).url == "/"


def test_an_old_invitation_does_not_work(client, invited):
    path = invited()
    OneTimeLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.get(path).status_code == 410


def test_a_withdrawn_invitation_does_not_work(client, signed_in, owner, invited):
    path = invited()
    link = OneTimeLink.objects.get()
    assert b"Invitation for <bdi>Nina</bdi>" in signed_in(owner).get("/people/").content
    signed_in(owner).post(f"/people/links/{link.pk}/withdraw/")
    assert client.get(path).status_code == 410


def test_a_link_is_shown_once_and_kept_as_a_hash(signed_in, owner):
    client = signed_in(owner)
    token = path_in(client.post("/people/invite/", {})).split("/")[2]
    assert token.encode() not in client.get("/people/").content
    assert token not in str(OneTimeLink.objects.values()) + str(dict(client.session))


def test_links_name_the_address_that_people_use(signed_in, owner, settings):
    assert b'value="http://testserver/invitation/' in signed_in(owner).post("/people/invite/").content
    settings.PUBLIC_URL = "https://studio.example.com"
    assert b'value="https://studio.example.com/inv' in signed_in(owner).post("/people/invite/").content


def test_an_address_has_one_account(client, invited, maria):
    response = client.post(invited(), {**ME, "email": "MARIA@example.com"})
    assert b"There is already an account" in response.content
    assert OneTimeLink.objects.usable().count() == 1


def test_who_is_signed_in_does_not_use_up_the_link_of_another(signed_in, owner, invited):
    path = invited()
    assert b"for someone else" in signed_in(owner).get(path).content
    assert b"for someone else" in signed_in(owner).post(path, ME).content
    assert OneTimeLink.objects.usable().count() == 1


def test_two_who_use_one_invitation_at_once_get_one_account(invited):
    token = invited().split("/")[2]
    first, second = OneTimeLink.objects.find(token), OneTimeLink.objects.find(token)
    assert services.accept_invitation(first, "Nina", "nina@example.com", PASSWORD)
    assert services.accept_invitation(second, "Nick", "nick@example.com", PASSWORD) is None
    assert not User.objects.filter(email="nick@example.com").exists()


# ---------------------------------------------------------------- passwords
def test_a_password_link_sets_a_new_password_and_ends_other_sessions(client, signed_in, owner, maria):
    before = signed_in(maria)
    path = path_in(signed_in(owner).post(f"/people/{maria.pk}/password/"))
    assert b"maria@example.com" in client.get(path).content
    assert client.post(path, {"password": PASSWORD}).url == "/"
    assert is_signed_in(client)
    assert_signed_out(before)
    assert sign_in(Client(), maria.email, PASSWORD).status_code == 302
    assert Client().post(path, {"password": "another fine password"}).status_code == 410


def test_a_password_link_is_no_invitation_and_the_other_way_round(client, signed_in, owner, maria, invited):
    password = path_in(signed_in(owner).post(f"/people/{maria.pk}/password/"))
    assert client.get(password.replace("new-password", "invitation")).status_code == 410
    assert client.get(invited().replace("invitation", "new-password")).status_code == 410
    assert client.get("/invitation/nonsense/").status_code == 410


def test_whoever_runs_the_machine_can_let_the_owner_in_again(client, owner, capsys):
    call_command("password_link", "olga@example.com")
    address = capsys.readouterr().out.strip().splitlines()[-1]
    base = f"http://localhost:{real_settings.PORT}"  # browsers allow passkeys there, and not at an address
    assert address.startswith(base)
    path = address.removeprefix(base)
    assert client.post(path, {"password": PASSWORD}).url == "/"


def test_people_change_their_own_password(signed_in, maria):
    here, elsewhere = signed_in(maria), signed_in(maria)
    new = {"password1": PASSWORD, "password2": PASSWORD}
    wrong = here.post("/accounts/password/change/", {"oldpassword": "wrong", **new})
    assert b"This password is incorrect." in wrong.content
    assert (
        here.post("/accounts/password/change/", {"oldpassword": "a long password", **new}).url == "/account/"
    )
    assert b"Your password is changed" in here.get("/account/").content
    assert_signed_out(elsewhere)


def test_people_change_their_name_and_with_their_password_their_address(signed_in, maria, tom):
    client = signed_in(maria)
    assert client.post("/account/", {"name": "Mary", "email": maria.email}).url == "/account/"
    refused = client.post("/account/", {"name": "Mary", "email": "mary@example.com"})
    assert b"Enter your password" in refused.content
    taken = client.post("/account/", {"name": "Mary", "email": tom.email, "password": "a long password"})
    assert b"already an account" in taken.content
    client.post("/account/", {"name": "Mary", "email": "mary@example.com", "password": "a long password"})
    maria.refresh_from_db()
    assert (maria.name, maria.email) == ("Mary", "mary@example.com")
    assert sign_in(Client(), "mary@example.com").status_code == 302
    assert sign_in(Client(), "maria@example.com").status_code == 200


# ---------------------------------------------------------------- people
def test_everybody_sees_who_is_here_and_only_owners_more(signed_in, owner, maria, tom):
    page = signed_in(maria).get("/people/").content.decode()
    assert all(name in page for name in ("Olga", "Maria", "Tom"))
    assert "Invite people" not in page
    assert f"/people/{tom.pk}/" not in page
    page = signed_in(owner).get("/people/").content.decode()
    assert "Invite people" in page
    assert f"/people/{tom.pk}/" in page


def test_a_name_is_never_markup(signed_in, owner, maria):
    User.objects.filter(pk=maria.pk).update(name="<script>alert(1)</script>")
    assert b"<script>alert" not in signed_in(owner).get("/people/").content
