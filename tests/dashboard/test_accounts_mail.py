"""With a mail server, people help themselves to a new password."""

import importlib
import re
import sys
from collections.abc import Iterator

import pytest
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import clear_url_caches

from dashboard.models import User

PASSWORD = "horses like blue soup"


def _read_addresses_again() -> None:
    for name in ("dashboard.accounts.urls", "dashboard.urls"):
        importlib.reload(sys.modules[name])
    clear_url_caches()


@pytest.fixture(autouse=True)
def _mail_server(settings, client, db) -> Iterator[None]:
    cache.clear()
    client.get("/health/")
    settings.HAS_MAIL = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    _read_addresses_again()
    yield
    settings.HAS_MAIL = False
    _read_addresses_again()


def test_a_forgotten_password_is_set_anew_by_mail(client, signed_in, maria):
    signed_in(maria)
    assert b"/accounts/password/reset/" in client.get("/accounts/login/").content
    assert client.get("/accounts/password/reset/").status_code == 200
    done = client.post("/accounts/password/reset/", {"email": "Maria@example.com"}, follow=True)
    assert b"Check your email" in done.content
    (letter,) = mail.outbox
    assert letter.subject == "A new password for Talking avatars"
    path = re.search(r"http://testserver(\S+)", letter.body)[1]
    form = client.get(path, follow=True)
    assert b"A new password" in form.content
    new = {"password1": PASSWORD, "password2": PASSWORD}
    assert b"Your new password is set" in client.post(form.request["PATH_INFO"], new, follow=True).content
    assert User.objects.get(pk=maria.pk).check_password(PASSWORD)
    assert not [one for one in Session.objects.all() if "_auth_user_id" in one.get_decoded()]
    assert b"no longer works" in Client().get(path, follow=True).content


def test_nobody_learns_who_has_an_account(client, maria):
    response = client.post("/accounts/password/reset/", {"email": "stranger@example.com"}, follow=True)
    assert b"Check your email" in response.content
    assert not mail.outbox


def test_a_mail_server_that_is_away_breaks_no_page(client, maria, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    response = client.post("/accounts/password/reset/", {"email": maria.email}, follow=True)
    assert response.status_code == 200
    assert b"The email could not be sent" in response.content
