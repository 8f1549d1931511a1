"""`manage.py connect_bot acme`: let a tenant's bot hear, so that people can be recognised."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core import clock
from apps.core.actor import Actor
from apps.ops.hearing import let_bot_hear
from apps.rulebook.errors import RuleBroken
from apps.tenants.models import Domain


class Command(BaseCommand):
    help = "Have updates of a tenant's bot brought here, with a secret of its own."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("tenant", help="Its schema.")

    def handle(self, *args: Any, tenant: str, **options: Any) -> None:
        host = Domain.objects.filter(tenant=tenant, is_primary=True).first()
        if host is None:
            raise CommandError(f"{tenant!r} is found nowhere: give it a host name first.")
        try:
            where = let_bot_hear(
                schema=tenant,
                address=settings.TENANT_ADDRESS.format(host=host.domain),
                by=Actor.system("connect_bot"),
                at=clock.now(),
            )
        except RuleBroken as refusal:
            raise CommandError(f"{refusal.sentence} ({refusal.code})") from None
        self.stdout.write(f"Updates of its bot are brought to {where}")
