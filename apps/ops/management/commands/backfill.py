"""Fetch what was quoted in the past, from the provider's history or from a recorded folder."""

from argparse import ArgumentParser
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.core import clock
from apps.core.actor import Actor
from apps.ops.backfill import backfill
from apps.rulebook.errors import RuleBroken


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--league", required=True, help="its code: nfl")
        parser.add_argument("--from", dest="first", required=True, type=_instant, help="ISO, UTC")
        parser.add_argument("--to", dest="last", required=True, type=_instant, help="ISO, UTC")
        parser.add_argument(
            "--bodies",
            type=Path,
            metavar="FOLDER",
            help="recorded bodies, each named by its time, instead of the provider's history",
        )
        parser.add_argument(
            "--every",
            type=int,
            default=300,
            metavar="SECONDS",
            help="how often the provider is asked; each answer costs ten live ones",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = backfill(
                league=options["league"],
                first=options["first"],
                last=options["last"],
                folder=options["bodies"],
                every=timedelta(seconds=max(1, options["every"])),
                by=Actor.system("ops.backfill"),
                at=clock.now(),
            )
        except RuleBroken as refusal:
            raise CommandError(f"{refusal.sentence} ({refusal.code})") from refusal
        self.stdout.write(
            f"{done.polls} polls stored and read, {done.known} known already:"
            f" {done.prices} prices, {done.written} written, {done.credits} credits."
        )


def _instant(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
