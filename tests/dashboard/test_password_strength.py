"""A password that is easy to guess is refused wherever one is chosen, with advice in plain words."""

import pytest
from django.conf import settings as real_settings
from django.core.cache import cache
from django.test import Client

from dashboard.models import User

pytestmark = pytest.mark.django_db
GOOD = "horses like blue soup"


@pytest.fixture(autouse=True)
def _nothing_counted(db) -> None:
    cache.clear()


def set_up(password: str, **more):
    form = {"code": real_settings.SETUP_CODE, "name": "Nina Krause", "email": "nina@krause-film.example"}
    return Client().post("/setup/", form | {"password": password} | more)


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("passwordpassword", "it repeats itself"),
        ("aaaaaaaaaaaaaaaa", "it repeats itself"),
        ("P@ssw0rd!2026", "a common password"),
        ("iloveyou2026", "a common password"),
        ("rtyuiolkjhg", "next to each other"),
        ("abcdefghijklmnop", "a sequence"),
        ("25.12.1985", "a date"),
        ("NinaKrause1", "others know of you"),
        ("krause-film", "others know of you"),
        ("talking avatars", "others know of you or this site"),
        ("x" * 5000, "it repeats itself"),
    ],
)
def test_what_is_easy_to_guess_is_refused_and_the_page_says_why(password, reason):
    page = set_up(password).content.decode()
    assert "Easy to guess" in page
    assert reason in page
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "password", [GOOD, "tr0ub4dor&3x", "Grünkohl und Pinkel", "пароль длинный и свой", "z" * 40 + GOOD]
)
def test_what_is_hard_to_guess_is_accepted(password):
    assert set_up(password).status_code == 302


def test_it_holds_for_a_changed_password_too(signed_in, maria):
    weak = {
        "oldpassword": "a long password",
        "password1": "passwordpassword",
        "password2": "passwordpassword",
    }
    assert b"Easy to guess" in signed_in(maria).post("/accounts/password/change/", weak).content


def test_it_holds_for_a_password_link_too(client, signed_in, owner, maria):
    page = signed_in(owner).post(f"/people/{maria.pk}/password/").content.decode()
    path = page.split('value="http://testserver')[1].split('"')[0]
    assert b"Easy to guess" in client.post(path, {"password": "maria-example"}).content


def test_the_meter_answers_while_somebody_types(client, owner):
    def ask(password: str, **more) -> dict:
        return client.post("/password-strength/", {"password": password} | more).json()

    assert ask("passwordpassword")["score"] == 0
    assert ask(GOOD) == {"score": 4, "sentence": "Very hard to guess."}
    assert ask("nina-krause1")["score"] > ask("nina-krause1", name="Nina Krause")["score"]
    assert ask("")["score"] == 0


def test_the_meter_is_no_way_to_keep_the_server_busy(client, owner):
    answers = {client.post("/password-strength/", {"password": GOOD}).status_code for _ in range(121)}
    assert answers == {200, 429}
