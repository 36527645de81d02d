"""Who wants mails about what became ready or failed, and up to when they have been told."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class MailNews(models.Model):
    """A person who wants them: without a row there are none."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mail_news")
    told_until = models.DateTimeField(default=timezone.now, help_text="What ended later is still to be told.")
    try_after = models.DateTimeField(default=timezone.now, help_text="After a mail that could not be sent.")

    def __str__(self) -> str:
        return f"mails to {self.user}"
