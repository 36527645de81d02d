"""What does not work is said on every page to those whom it concerns, and at /health/."""

import pytest
from django.db import OperationalError
from django.test import Client

from dashboard.health import checks, problems
from dashboard.health.problems import Problem, find_problems

DISK = Problem("disk", "The disk is nearly full.", for_everybody=True)
TOKEN = Problem("token", "The token was refused.")
QUEUE = Problem("queue", "Nothing is being made.", is_essential=True)


@pytest.fixture
def having(monkeypatch):
    """Have these problems."""

    def have(*found: Problem) -> None:
        monkeypatch.setattr(problems, "_checks", [lambda: list(found)])
        problems.clear_cache()

    return have


def test_owners_see_every_problem_and_members_those_for_everybody(owner, maria, signed_in, having):
    having(DISK, TOKEN)
    page = signed_in(owner).get("/account/").content.decode()
    assert DISK.sentence in page
    assert TOKEN.sentence in page
    page = signed_in(maria).get("/account/").content.decode()
    assert DISK.sentence in page
    assert TOKEN.sentence not in page


def test_who_is_not_signed_in_sees_none_on_pages_and_their_keys_at_health(owner, having):
    having(DISK, TOKEN)
    assert DISK.sentence not in Client().get("/accounts/login/").content.decode()
    response = Client().get("/health/")
    assert response.status_code == 200
    assert response.json() == {"status": "degraded", "problems": [{"key": "disk"}, {"key": "token"}]}


def test_owners_get_the_sentences_at_health(owner, signed_in, having):
    having(TOKEN)
    row = {"key": "token", "sentence": TOKEN.sentence}
    assert signed_in(owner).get("/health/").json() == {"status": "degraded", "problems": [row]}


def test_the_server_says_to_anybody_that_it_is_well(db, having):
    having()
    response = Client().get("/health/")
    assert (response.status_code, response.json()) == (200, {"status": "ok", "problems": []})
    assert "no-store" in response.headers["Cache-Control"]


def test_what_is_essential_is_a_503_and_comes_first(db, having):
    having(DISK, QUEUE)
    response = Client().get("/health/")
    assert response.status_code == 503
    assert [row["key"] for row in response.json()["problems"]] == ["queue", "disk"]


def test_a_check_that_fails_breaks_neither_the_page_nor_the_other_checks(owner, signed_in, monkeypatch):
    def broken() -> list[Problem]:
        raise RuntimeError("a mistake")

    monkeypatch.setattr(problems, "_checks", [broken, lambda: [DISK]])
    problems.clear_cache()
    assert DISK.sentence in signed_in(owner).get("/account/").content.decode()


def test_checks_are_called_once_in_a_while_only(monkeypatch):
    calls = []
    monkeypatch.setattr(problems, "_checks", [lambda: calls.append(1) or []])
    problems.clear_cache()
    find_problems()
    find_problems()
    assert len(calls) == 1


def test_a_database_that_cannot_be_read_is_a_problem_of_its_own(db, monkeypatch):
    def fail():
        raise OperationalError("disk I/O error")

    monkeypatch.setattr(checks.Lease.objects, "exists", fail)
    problems.clear_cache()
    response = Client().get("/health/")
    assert response.status_code == 503
    assert {"key": "database"} in response.json()["problems"]
