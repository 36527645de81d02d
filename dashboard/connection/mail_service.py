"""The mail server, if there is one."""

import logging

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from dashboard.connection.services import TEST_SECONDS, Report, Result, Service, State, register
from dashboard.models import User

log = logging.getLogger(__name__)


def describe() -> Report:
    if not settings.HAS_MAIL:
        words = "Not set up. With EMAIL_HOST, invitations and forgotten passwords go by email."
        return Report(State.OFF, words)
    facts = [
        ("Server", f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}{', TLS' if settings.EMAIL_USE_TLS else ''}"),
        ("From", settings.DEFAULT_FROM_EMAIL),
    ]
    return Report(State.OK, "Set up.", facts)


def test(user: User) -> Result:
    """Send a mail to the person who tests."""
    if not settings.HAS_MAIL:
        return Result(False, "There is no mail server to test.")
    text = f"Hello {user},\n\nthe mail server of Talking avatars works: you are reading its test.\n"
    try:
        server = get_connection(timeout=TEST_SECONDS)
        EmailMessage("Test of Talking avatars", text, to=[user.email], connection=server).send()
    except OSError as error:  # also all errors of smtplib
        log.warning("test of the mail server: %s", error)
        return Result(False, f"The mail server did not take it: {error}"[:300])
    return Result(True, f"A mail is on its way to {user.email}.")


register(Service("mail", "Email", describe, test, test_words="Send a test to me", place=60))
