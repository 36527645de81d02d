"""Sending an invitation by mail."""

import logging

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from dashboard.models import OneTimeLink

log = logging.getLogger(__name__)


def send(link: OneTimeLink, address: str) -> bool:
    """Send the link to where the invitation is for. False if that did not work: the page shows the link anyway."""
    if not settings.HAS_MAIL:
        return False
    text = render_to_string("accounts/invitation_message.txt", {"link": link, "address": address})
    message = EmailMessage(f"{link.made_by} invites you to Talking avatars"[:200], text, to=[link.email])
    message.subject = " ".join(message.subject.split())  # a name may not begin another header
    try:
        return bool(message.send())
    except OSError:  # also all errors of smtplib
        log.exception("An invitation could not be sent.")
        return False
