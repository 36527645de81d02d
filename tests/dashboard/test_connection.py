"""The page "Connection": what works, what does not, and the tests of each."""

import re
import smtplib
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone
from django_q.models import OrmQ
from django_q.signing import SignedPackage

from dashboard.connection import background_service, services
from dashboard.connection.services import Report, Result, Service, State
from dashboard.jobs import clock
from dashboard.models import Heartbeat
from dashboard.provider import access, rate_limit

HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _nothing_known(db) -> None:
    cache.clear()


def test(client, key: str) -> str:
    return client.post(f"/connection/{key}/test/", headers=HTMX).content.decode()


test.__test__ = False


def all_run() -> None:
    for kind in background_service.PROCESSES:
        Heartbeat.objects.create(kind=kind, instance=f"m {kind} 1", seen_at=clock.now(), finished=3)


def test_everything_is_on_the_page(signed_in, owner):
    all_run()
    page = signed_in(owner).get("/connection/").content.decode()
    titles = ["Avatar service", "Queue", "Processes", "Storage", "Email"]
    places = [page.index(f">{title}</h2>") for title in titles]
    assert places == sorted(places)
    assert "All run." in page
    assert "Not set up. With EMAIL_HOST" in page
    assert "free of" in page


# ---------------------------------------------------------------- the provider
def test_a_provider_that_answers_is_tested_with_its_latency(provider, signed_in, owner, settings):
    settings.CG_AVATAR_REQUESTS_PER_MINUTE = 30
    rate_limit.count_free()  # the slots are made, and free from then on
    answer = test(signed_in(owner), "provider")
    assert re.search(r"It answered in [\d,]+.ms and accepts the token", answer), answer
    assert "Accepted" in answer
    assert " of 30 in this minute" in answer
    assert "127.0.0.1:" in answer
    assert "service is-ok" in answer.replace("panel ", "")


def test_an_expired_token_is_told_from_an_outage(provider, signed_in, owner, settings, monkeypatch):
    client = signed_in(owner)
    settings.CG_AVATAR_API_TOKEN = "wrong"
    from dashboard.provider.client import client as api

    api.cache_clear()
    answer = test(client, "provider")
    assert "Expired or wrong" in answer
    assert "Renew CG_AVATAR_API_TOKEN" in answer
    access.clear_problem()
    settings.CG_AVATAR_API_URL = "http://127.0.0.1:9"
    api.cache_clear()
    answer = test(client, "provider")
    assert "It did not answer" in answer
    assert "Not known: it does not answer" in answer


# ---------------------------------------------------------------- queue and processes
@pytest.mark.one_machine  # reads the queue in the database
def test_each_cluster_answers_a_message(signed_in, owner):
    client = signed_in(owner)
    assert "0 of 6 answered…" in test(client, "processes")
    messages = [SignedPackage.loads(row.payload) for row in OrmQ.objects.all()]
    assert len(messages) == len(background_service.PROCESSES) - 1
    background_service.echo(*messages[0]["args"])
    answer = client.get("/connection/processes/", headers=HTMX).content.decode()
    assert f"1 of {len(messages)} answered" in answer
    assert 'hx-trigger="every 1s"' in answer
    for message in messages[1:]:
        background_service.echo(*message["args"])
    answer = client.get("/connection/processes/", headers=HTMX).content.decode()
    assert f"All {len(messages)} took a message" in answer
    assert "every 1s" not in answer


def test_a_cluster_that_does_not_answer_is_named(signed_in, owner):
    client = signed_in(owner)
    test(client, "processes")
    asked = cache.get(background_service.ECHO)
    cache.set(background_service.ECHO, asked | {"at": asked["at"] - 60})
    answer = client.get("/connection/processes/", headers=HTMX).content.decode()
    assert "No answer within 20 seconds" in answer
    assert "Backgrounds and large downloads" in answer


def test_a_process_that_was_not_seen_lately_does_not_run(signed_in, owner):
    all_run()
    Heartbeat.objects.filter(kind="engine").update(seen_at=timezone.now() - timedelta(minutes=5))
    page = signed_in(owner).get("/connection/processes/").content.decode()
    assert "Not running: The engine’s videos." in page


def test_what_is_unfinished_is_counted(signed_in, owner, new_video):
    new_video(state="waiting", created_at=timezone.now() - timedelta(hours=2))
    page = signed_in(owner).get("/connection/queue/").content.decode()
    assert "Unfinished videos" in page
    assert "the oldest for 2\xa0hours" in page


# ---------------------------------------------------------------- storage and mail
def test_a_file_is_written_and_read(signed_in, owner):
    assert "A file was written, read and deleted" in test(signed_in(owner), "storage")


def test_a_test_that_raises_is_a_sentence(signed_in, owner, monkeypatch):
    def fail(user: object) -> Result:
        raise PermissionError("secret path")

    broken = Service("broken", "Broken", lambda: Report(State.OK, "Fine."), fail)
    monkeypatch.setitem(services._services, "broken", broken)
    answer = test(signed_in(owner), "broken")
    assert "The test failed: PermissionError." in answer
    assert "secret path" not in answer


def test_a_mail_goes_to_who_tests(signed_in, owner, settings, mailoutbox, monkeypatch):
    client = signed_in(owner)
    settings.HAS_MAIL, settings.EMAIL_HOST = True, "mail.example.com"
    assert "A mail is on its way to olga@example.com." in test(client, "mail")
    assert [letter.to for letter in mailoutbox] == [["olga@example.com"]]

    def refuse(*args: object, **kwargs: object) -> None:
        raise smtplib.SMTPAuthenticationError(535, b"wrong password")

    monkeypatch.setattr("django.core.mail.message.EmailMessage.send", refuse)
    answer = test(client, "mail")
    assert "The mail server did not take it" in answer
    assert "wrong password" in answer


def test_the_banner_leads_admins_to_the_page(signed_in, owner, maria):
    from dashboard.health import problems

    problems.set_cache([problems.Problem("disk", "The disk is full.", for_everybody=True)])
    assert 'href="/connection/">Look' in signed_in(owner).get("/account/").content.decode()
    assert 'href="/connection/">Look' not in signed_in(maria).get("/account/").content.decode()
