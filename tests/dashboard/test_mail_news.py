"""Mails about what became ready or failed: to who asked for them, collected, and never from a web request."""

import smtplib
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from dashboard.jobs.provider_job import ProviderState
from dashboard.mail_news import sending
from dashboard.models import MailNews
from videos.models import Video


@pytest.fixture
def wanted(settings, signed_in, maria, monkeypatch):
    """Maria wants mails; what is enqueued is done at once."""
    settings.HAS_MAIL = True
    monkeypatch.setattr(sending, "enqueue", lambda task, pk: sending.send(pk))
    page = signed_in(maria)
    page.post("/account/mails/", {"mail": "on"})
    assert 'name="mail" checked' in page.get("/account/").text
    MailNews.objects.update(told_until=timezone.now() - timedelta(hours=1))
    return page


@pytest.fixture
def end(new_video, maria):
    def end(title, state=ProviderState.READY, *, minutes=1, **fields):
        moment = timezone.now() - timedelta(minutes=minutes)
        values = {"title": title, "state": state, "state_since": moment, "made_by": maria}
        return new_video(**values | fields)

    return end


def test_what_ended_in_the_same_minutes_is_one_mail_with_links(wanted, end, tom):
    video = end("Spring")
    end("Summer\nBcc: x@example.com", ProviderState.FAILED)
    end("Tom’s", made_by=tom)
    sending.step()
    sending.step()
    [message] = mail.outbox
    assert (message.to, message.subject) == (["maria@example.com"], "1 ready, 1 failed")
    assert f"Spring is ready.\nhttp://localhost:8000{video.get_absolute_url()}" in message.body
    assert "Tom’s" not in message.body
    assert "/account/#notifications" in message.body


def test_while_more_is_being_made_it_waits_but_not_for_long(wanted, end):
    video = end("Spring")
    end("Summer", ProviderState.MAKING)
    sending.step()
    assert mail.outbox == []
    Video.objects.filter(pk=video.pk).update(state_since=timezone.now() - timedelta(minutes=11))
    sending.step()
    assert [message.subject for message in mail.outbox] == ["Spring is ready."]


def test_a_mail_server_that_is_away_is_asked_again(wanted, end, monkeypatch):
    end("Spring")

    def refuse(*arguments, **options):
        raise smtplib.SMTPServerDisconnected

    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.message.EmailMessage.send", refuse)
        sending.step()
    sending.step()
    assert mail.outbox == []  # not at once
    MailNews.objects.update(try_after=timezone.now())
    sending.step()
    assert len(mail.outbox) == 1


def test_who_does_not_want_them_gets_none(wanted, end):
    wanted.post("/account/mails/", {})
    end("Spring")
    sending.step()
    assert mail.outbox == []
