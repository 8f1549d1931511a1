"""``manage.py provision_tenant acme --name "Acme Picks"``: a tenant that can be served."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core import clock
from apps.core.actor import Actor
from apps.rulebook.errors import RuleBroken
from apps.tenants.kinds import TenantType
from apps.tenants.provisioning import provision_tenant


class Command(BaseCommand):
    help = "Create a tenant, or finish one that was begun."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("schema", help="small letters, digits, underscores; never renamed")
        parser.add_argument("--name", required=True, help="as people read it")
        parser.add_argument(
            "--type",
            default=TenantType.CONSUMER,
            choices=[kind.value for kind in TenantType if kind is not TenantType.TEMPLATE],
        )
        parser.add_argument("--timezone", default="UTC", help="IANA name; the tenant's day")
        parser.add_argument(
            "--host", action="append", help="where it is found; may be given several times"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            tenant = provision_tenant(
                schema=options["schema"],
                name=options["name"],
                type=options["type"],
                timezone=options["timezone"],
                hosts=options["host"],
                by=Actor.system("provision_tenant"),
                at=clock.now(),
            )
        except RuleBroken as refusal:
            raise CommandError(f"{refusal.sentence} ({refusal.code})") from refusal
        hosts = ", ".join(tenant.domains.values_list("domain", flat=True))
        self.stdout.write(f"{tenant.pk} is {tenant.status} at {hosts}.")
