"""A link to choose a new password, for an owner who forgot it and has access to this machine."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from dashboard.audit.models import Action
from dashboard.audit.recording import record
from dashboard.models import OneTimeLink, User


class Command(BaseCommand):
    help = "Prints, alone on the last line, a link with which the person of this address can choose a new password."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email__iexact=options["email"], is_active=True).first()
        if user is None:
            raise CommandError(f"No account has the email address {options['email']}.")
        _, token = OneTimeLink.make(user, user=user)
        record(None, Action.PASSWORD_LINK_CREATED, user)
        self.stderr.write("It works once, for three days:")
        self.stdout.write(settings.BROWSER_URL + reverse("new-password", args=[token]))
