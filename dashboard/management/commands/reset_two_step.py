"""Takes the second step of signing in away from somebody, for an owner who lost the phone and has access to this machine."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dashboard.accounts import two_step
from dashboard.models import User


class Command(BaseCommand):
    help = "Removes the authenticator app, passkeys and recovery codes of the person with this address, and signs them out."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email__iexact=options["email"], is_active=True).first()
        if user is None:
            raise CommandError(f"No account has the email address {options['email']}.")
        if not two_step.reset(user, actor=None):
            raise CommandError(f"{user} has no two-step sign-in.")
        self.stdout.write(f"{user} signs in with the password alone, and can set it up again.")
