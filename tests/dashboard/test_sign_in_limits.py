"""Guessing a password is slow, and a stranger who guesses all the time locks nobody out."""

import pytest
from django.conf import settings as real_settings
from django.core.cache import cache
from django.test import Client

pytestmark = pytest.mark.django_db
PASSWORD = "a long password"
REFUSED = b"Too many wrong passwords. Wait five minutes, then try again."
WRONG = b"The email address or password is incorrect."


@pytest.fixture(autouse=True)
def _nothing_counted(db) -> None:
    cache.clear()


def try_password(email: str, password: str, *, address: str = "192.0.2.1", client: Client | None = None):
    login = {"login": email, "password": password}
    return (client or Client()).post("/accounts/login/", login, REMOTE_ADDR=address)


def gets_in(email: str, **more) -> bool:
    return try_password(email, PASSWORD, **more).status_code == 302


@pytest.fixture
def known(owner) -> Client:
    """The browser of the owner, who has signed in there before and is signed out now."""
    client = Client()
    assert gets_in(owner.email, client=client, address="198.51.100.7")
    client.post("/accounts/logout/")
    return client


@pytest.fixture(autouse=True)
def _signing_out_leads_to_the_sign_in(monkeypatch, settings) -> None:
    settings.LOGOUT_REDIRECT_URL = "/health/"


def test_from_one_address_an_account_can_be_tried_five_times_in_five_minutes(owner):
    answers = [try_password(owner.email, f"guess {number}").content for number in range(8)]
    assert [REFUSED in answer for answer in answers] == [False] * 5 + [True] * 3
    assert not gets_in(owner.email)  # not even with the right one


def test_from_one_address_many_accounts_cannot_be_tried_either(owner):
    answers = [try_password(f"{number}@example.com", "guess").content for number in range(12)]
    assert [REFUSED in answer for answer in answers] == [False] * 10 + [True] * 2


def test_who_is_wrong_all_the_time_from_one_address_locks_nobody_out(owner, known):
    for number in range(40):
        try_password(owner.email, f"guess {number}")
    assert gets_in(owner.email, address="203.0.113.5")  # a new device somewhere else
    assert gets_in(owner.email, client=known)  # a known one, even behind the same address


@pytest.mark.slow
def test_who_is_wrong_from_many_addresses_locks_nobody_out(owner, known):
    tried = 0
    for number in range(120):
        for guess in range(4):
            answer = try_password(owner.email, f"guess {guess}", address=f"192.0.2.{number}")
            tried += WRONG in answer.content
    assert gets_in(owner.email, address="203.0.113.5")
    assert gets_in(owner.email, client=known)
    assert gets_in(owner.email, client=known, address="192.0.2.9")
    # The first hundred as fast as they like, from then on three for each address.
    assert 100 < tried <= 100 + 95 * 3 + 3


def test_a_right_password_does_not_count(owner, maria):
    for _ in range(12):
        assert gets_in(owner.email)
        assert gets_in(maria.email)


def test_a_known_device_cannot_guess_without_end_either(owner, known):
    answers = [try_password(owner.email, f"guess {number}", client=known).content for number in range(12)]
    assert [REFUSED in answer for answer in answers] == [False] * 10 + [True] * 2


def test_a_device_is_known_for_those_alone_who_signed_in_there(owner, maria):
    device = Client()
    gets_in(maria.email, client=device)
    device.post("/accounts/logout/")
    for number in range(5):
        try_password(owner.email, f"guess {number}")
    assert not gets_in(owner.email, client=device)
    assert gets_in(maria.email, client=device)


def test_several_people_may_use_one_device(owner, maria):
    device = Client()
    for person in (owner, maria):
        gets_in(person.email, client=device)
        device.post("/accounts/logout/")
    for number in range(40):
        try_password(f"{number}@example.com", "guess")
    assert gets_in(owner.email, client=device)


@pytest.mark.parametrize("cookie", ["", "nonsense", "W10:1abc:def", "\ud800", "x" * 5000])
def test_a_cookie_that_is_not_ours_makes_no_device_known(owner, cookie):
    for number in range(5):
        try_password(owner.email, f"guess {number}")
    forged = Client()
    forged.cookies[real_settings.KNOWN_DEVICE_COOKIE_NAME] = cookie.encode("utf-8", "replace").decode()
    answer = try_password(owner.email, PASSWORD, client=forged)
    assert REFUSED in answer.content


def test_the_cookie_cannot_be_read_by_scripts(owner):
    client = Client()
    gets_in(owner.email, client=client)
    cookie = client.cookies[real_settings.KNOWN_DEVICE_COOKIE_NAME]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
