"""Looks whether everything fits together, and repairs what can be repaired without a person."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dashboard.health.doctor import Finding, examine

AREA_WIDTH = 18


class Command(BaseCommand):
    help = "Looks over rows, files, jobs, queue, disk and clock. Ends with 1 while something is wrong."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--repair", action="store_true", help="mend what can be mended; no file is deleted"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        left = 0
        for finding in list(examine()):
            is_mended = options["repair"] and finding.repair is not None
            if is_mended and finding.repair:
                finding.repair()
            left += not is_mended
            self.stdout.write(
                f"{finding.area:{AREA_WIDTH}} {finding.what}. {_say(finding, is_mended)}".rstrip()
            )
        if left:
            raise CommandError(f"{left} {'thing is' if left == 1 else 'things are'} wrong.")
        self.stdout.write("Everything else is fine." if options["repair"] else "Everything is fine.")


def _say(finding: Finding, is_mended: bool) -> str:
    if is_mended:
        return "Repaired."
    return "--repair mends it." if finding.repair else finding.advice
