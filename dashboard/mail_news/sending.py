"""Collects what ended and has a worker send it: one mail when nothing more is being made, or after ten minutes.

Before a mail is sent, its row says so: a worker that is killed loses one mail rather than sending it again and again.
"""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from dashboard import notifications
from dashboard.jobs.continue_on_error import do_each
from dashboard.jobs.enqueue import enqueue
from dashboard.mail_news.models import MailNews
from dashboard.models import User

log = logging.getLogger(__name__)

STEP_SECONDS = 15.0
LONGEST_WAIT = timedelta(minutes=10)  # for more, while something is still being made
AGAIN = timedelta(minutes=5)  # after a mail server that did not take it
QUEUED = timedelta(minutes=2)  # until a message in the queue counts as lost
MAX_LINES = 50


def step() -> float:
    """The poller's step; the seconds until the next one."""
    if settings.HAS_MAIL:
        due = MailNews.objects.filter(user__is_active=True, try_after__lte=timezone.now())
        do_each(due.select_related("user"), _enqueue_if_due)
    return STEP_SECONDS


def _enqueue_if_due(row: MailNews) -> None:
    now = timezone.now()
    found = _collect(row.user, row.told_until, _latest(now))
    if not found:
        return
    is_waiting = notifications.is_busy(row.user) and now - _done_at(found[0]) < LONGEST_WAIT
    if not is_waiting:
        MailNews.objects.filter(pk=row.pk).update(try_after=now + QUEUED)
        enqueue("dashboard.mail_news.sending.send", row.pk)


def send(pk: int) -> None:
    """Send one person's mail: the task of a worker."""
    row = MailNews.objects.select_related("user").filter(pk=pk, user__is_active=True).first()
    if row is None:
        return
    now = timezone.now()
    until = _latest(now)
    found = _collect(row.user, row.told_until, until)
    rows = MailNews.objects.filter(pk=pk, told_until=row.told_until)
    if not found or not rows.update(told_until=until, try_after=now):
        return  # another worker has just sent it
    try:
        _write(row.user, found).send()
    except OSError:  # also all errors of smtplib
        log.exception("A mail about what is ready could not be sent.")
        undone = MailNews.objects.filter(pk=pk, told_until=until)
        undone.update(told_until=row.told_until, try_after=now + AGAIN)


def _latest(now: datetime) -> datetime:
    """A row has its time before it is committed: what is newer is told the next time."""
    return now - notifications.OVERLAP


def _collect(user: User, since: datetime, until: datetime) -> list[notifications.Notifying]:
    """What ended for this person in that time, the oldest first."""
    found: list[notifications.Notifying] = []
    for model in notifications.list_models():
        found += model.done_since(user, since)
    return sorted((row for row in found if _done_at(row) <= until), key=_done_at)


def _done_at(row: notifications.Notifying) -> datetime:
    return row.done_at or timezone.now()


def _write(user: User, found: list[notifications.Notifying]) -> EmailMessage:
    failed = sum(not row.is_ready for row in found)
    context = {
        "lines": [(row.outcome, settings.BROWSER_URL + row.get_absolute_url()) for row in found[:MAX_LINES]],
        "more": max(len(found) - MAX_LINES, 0),
        "choices": settings.BROWSER_URL + reverse("account") + "#notifications",
    }
    subject = f"{len(found) - failed} ready" + (f", {failed} failed" if failed else "")
    if len(found) == 1:
        subject = found[0].outcome
    text = render_to_string("accounts/news_message.txt", context)
    return EmailMessage(" ".join(subject.split())[:200], text, to=[user.email])
