"""Stop publishing now, from a shell: for the hour in which the console does not answer.

The same switch, barrier and audit as the red button. Turning on again is done in the console.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core import clock
from apps.core.actor import Actor, ActorType
from apps.governance import switches
from apps.rulebook.errors import RuleBroken
from apps.tenants.models import User


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="who stops it: an operator")
        parser.add_argument("--reason", required=True, help="kept in the audit")
        parser.add_argument("--switch", default=switches.PUBLISH, choices=sorted(switches.REGISTRY))
        parser.add_argument(
            "--scope",
            default=switches.GLOBAL,
            help="GLOBAL, tenant:<schema>, league:<code> or market:<type>",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        email = options["email"]
        person = User.across_tenants.operators().filter(email__iexact=email).first()
        if person is None:
            raise CommandError(f"{email} is no operator.")
        by = Actor(type=ActorType.OPS, id=person.get_username(), auth_method="shell")
        try:
            stopped = switches.turn_off(
                options["switch"],
                options["scope"],
                by=by,
                at=clock.now(),
                reason=options["reason"],
            )
        except RuleBroken as refusal:
            raise CommandError(f"{refusal.sentence} ({refusal.code})") from refusal
        self.stdout.write(f"{options['switch']} at {options['scope']}: {stopped}.")
