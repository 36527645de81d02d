"""People see where they are signed in and sign out elsewhere; owners sign others out."""

import re
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dashboard.accounts.sessions import delete_expired, describe_device
from tests.sign_in import expect_sign_in

pytestmark = pytest.mark.django_db
PASSWORD = "a long password"
NEW = "horses like blue soup"
AGENTS = {
    "Firefox on Windows": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Safari on iPhone": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
    "Safari on macOS": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
    "Chrome on Android": "Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36",
    "Chrome on Linux": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
    "curl": "curl/8.5.0",
    "Unknown device": "",
}


@pytest.fixture(autouse=True)
def _nothing_counted(db) -> None:
    cache.clear()


def browser(user, agent: str = "Firefox on Windows", address: str = "192.0.2.1") -> Client:
    """A browser in which this person has just signed in."""
    client = Client(HTTP_USER_AGENT=AGENTS[agent], REMOTE_ADDR=address)
    login = {"login": user.email, "password": PASSWORD}
    assert client.post("/accounts/login/", login).status_code == 302
    return client


def is_signed_in(client: Client) -> bool:
    if client.get("/health/").wsgi_request.user.is_authenticated:
        return client.get("/account/").status_code == 200
    with expect_sign_in():
        client.get("/account/")
    return False


@pytest.mark.parametrize("words", AGENTS)
def test_a_device_is_named_in_words(words):
    assert describe_device(AGENTS[words]) == words


def test_the_account_page_lists_where_one_is_signed_in(maria, tom):
    browser(maria, "Safari on iPhone", "198.51.100.7")
    browser(tom, "Chrome on Android")
    page = browser(maria).get("/account/").content.decode()
    assert page.index("Firefox on Windows") < page.index("This device") < page.index("Safari on iPhone")
    assert "198.51.100.7" in page
    assert "Chrome on Android" not in page


def test_one_device_is_signed_out(maria):
    here, phone, tablet = browser(maria), browser(maria, "Safari on iPhone"), browser(maria)
    row = UserSession.objects.get(user_agent=AGENTS["Safari on iPhone"])
    page = here.post(f"/account/sessions/{row.pk}/end/", follow=True).content
    assert b"That device is signed out." in page
    assert b"Safari on iPhone" not in page
    assert [is_signed_in(client) for client in (here, phone, tablet)] == [True, False, True]
    assert b"signed out already" in here.post(f"/account/sessions/{row.pk}/end/", follow=True).content


def test_all_other_devices_are_signed_out_even_those_that_were_never_listed(maria, tom):
    here, phone, other = browser(maria), browser(maria, "Safari on iPhone"), browser(tom)
    UserSession.objects.filter(user_agent=AGENTS["Safari on iPhone"]).delete()
    page = here.post("/account/sessions/end-others/", follow=True).content
    assert b"signed out everywhere else" in page
    assert [is_signed_in(client) for client in (here, phone, other)] == [True, False, True]
    assert b"only here" in here.post("/account/sessions/end-others/", follow=True).content


def test_nobody_ends_the_session_of_somebody_else_or_their_own_by_mistake(maria, tom):
    mine, others = browser(maria), browser(tom)
    for row in UserSession.objects.all():
        mine.post(f"/account/sessions/{row.pk}/end/")
    assert is_signed_in(mine)
    assert is_signed_in(others)


def test_an_owner_signs_somebody_out_everywhere(owner, maria, tom):
    phone, laptop, other, boss = browser(maria), browser(maria), browser(tom), browser(owner)
    page = boss.post(f"/people/{maria.pk}/sign-out/", follow=True).content
    assert b"Maria is signed out everywhere." in page
    signed_in = [is_signed_in(client) for client in (phone, laptop, other, boss)]
    assert signed_in == [False, False, True, True]
    assert is_signed_in(browser(maria))  # the account is as it was


def test_members_sign_nobody_out(maria, tom):
    other = browser(tom)
    assert browser(maria).post(f"/people/{tom.pk}/sign-out/").status_code == 403
    assert is_signed_in(other)


def test_a_new_password_ends_the_other_sessions(maria):
    here, phone = browser(maria), browser(maria, "Safari on iPhone")
    new = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    page = here.post("/accounts/password/change/", new, follow=True).content
    assert b"Firefox on Windows" in page
    assert b"Safari on iPhone" not in page
    assert [is_signed_in(client) for client in (here, phone)] == [True, False]


def test_a_password_link_ends_all_sessions(owner, maria):
    phone = browser(maria, "Safari on iPhone")
    page = browser(owner).post(f"/people/{maria.pk}/password/").content.decode()
    path = re.search(r'value="http://testserver([^"]+)"', page)[1]
    assert Client().post(path, {"password": NEW}).status_code == 302
    assert not is_signed_in(phone)


def test_removing_somebody_leaves_no_session_behind(owner, maria):
    phone = browser(maria)
    browser(owner).post(f"/people/{maria.pk}/deactivate/")
    assert not is_signed_in(phone)
    assert not UserSession.objects.filter(user=maria).exists()
    assert Session.objects.count() == 1  # the owner's; a visitor has none


def test_signing_out_takes_the_device_off_the_list(maria):
    here, phone = browser(maria), browser(maria, "Safari on iPhone")
    with expect_sign_in():
        phone.post("/accounts/logout/")
    assert b"Safari on iPhone" not in here.get("/account/").content


def test_last_seen_is_written_every_few_minutes_only(maria, monkeypatch):
    client = browser(maria)
    before = UserSession.objects.get().last_seen_at
    client.get("/account/")
    assert UserSession.objects.get().last_seen_at == before
    later = timezone.now() + timedelta(minutes=6)
    monkeypatch.setattr(timezone, "now", lambda: later)
    client.get("/account/")
    assert UserSession.objects.get().last_seen_at == later


def test_what_has_expired_is_deleted(maria):
    old, here = browser(maria), browser(maria)
    Session.objects.filter(pk=old.session.session_key).update(expire_date=timezone.now() - timedelta(days=1))
    assert delete_expired() > 0
    assert [row.session_key for row in UserSession.objects.all()] == [here.session.session_key]
    assert Session.objects.count() == 1


def test_sessions_from_before_this_list_appear_with_their_next_page(client, maria):
    client.force_login(maria)
    assert not UserSession.objects.exists()
    client.get("/")
    assert UserSession.objects.get().user == maria


def test_the_list_asks_the_database_as_often_for_many_sessions_as_for_few(maria, signed_in):
    client = signed_in(maria)
    client.get("/account/")
    with CaptureQueriesContext(connection) as few:
        client.get("/account/")
    for _ in range(5):
        signed_in(maria)
    with CaptureQueriesContext(connection) as many:
        client.get("/account/")
    assert len(many) == len(few)
