"""Forgets a person: everything that shows or contains a portrait or a voice."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from avatars.models import Avatar
from dashboard.forgotten.models import Forgetting
from videos.forgetting.plan import plan_forgetting
from videos.forgetting.services import describe, forget, forget_again
from videos.models import Voice


class Command(BaseCommand):
    help = (
        "Removes portraits, voices, all videos made with them and everything made of those, for good. "
        "The numbers stand in the addresses of their pages."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--avatar", type=int, action="append", default=[], help="Number of an avatar.")
        parser.add_argument("--voice", type=int, action="append", default=[], help="Number of a voice.")
        parser.add_argument("--yes", action="store_true", help="Do not ask.")
        parser.add_argument(
            "--again",
            action="store_true",
            help="Remove what a restored backup has brought back of everything that was ever forgotten.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["again"]:
            acts = forget_again()
            for act in acts:
                self.report(act)
            if not acts:
                self.stdout.write("Nothing that was forgotten has come back.")
            return
        avatars = [self.find(Avatar, pk) for pk in options["avatar"]]
        voices = [self.find(Voice, pk) for pk in options["voice"]]
        plan = plan_forgetting(avatars, voices)
        if plan.is_empty:
            raise CommandError("Say whom: --avatar NUMBER or --voice NUMBER, each as often as needed.")
        self.stdout.write(
            f"This removes for good (portraits: {len(plan.avatars)}, voices: {len(plan.voices)}, "
            f"videos: {len(plan.videos)}, downloads: {len(plan.exports)}, rows of batches: {len(plan.items)})."
        )
        if not options["yes"] and input("Type “forget” to go on: ").strip().lower() != "forget":
            raise CommandError("Nothing was removed.")
        self.report(forget(plan, None))

    def find(self, model: Any, pk: int) -> Any:
        if row := model.objects.filter(pk=pk).first():
            return row
        raise CommandError(f"There is no {model._meta.verbose_name} {pk}.")

    def report(self, act: Forgetting) -> None:
        self.stdout.write(f"Removed: {describe(act)}.")
        if waiting := act.rows.filter(is_at_engine=True).count():
            self.stdout.write(
                f"The engine’s copies of {waiting} of them are removed as soon as the engine answers."
            )
        if act.counts.get("elsewhere"):
            self.stdout.write("Ask the other avatar service to delete what it has: the page of this report")
            self.stdout.write(f"lists it ({act.get_absolute_url()}).")
