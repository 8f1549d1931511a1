"""``manage.py shell --tenant acme``: Django's shell, inside a tenant if one is named."""

from contextlib import ExitStack
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.core.management.commands import shell
from django.db import ProgrammingError

from apps.core.tenancy import tenant_scope
from apps.rulebook.errors import RuleBroken


class Command(shell.Command):
    help = f"{shell.Command.help} With --tenant its tables are there, under its database role."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--tenant", help="schema of the tenant to enter")

    def get_auto_imports(self) -> list[str]:
        """Everything but the shadows that simple_history makes: no module has them by name."""
        found = super().get_auto_imports() or []
        return [path for path in found if ".Historical" not in path]

    def handle(self, **options: Any) -> None:
        tenant = options.pop("tenant")
        with ExitStack() as inside:
            if tenant:
                try:
                    inside.enter_context(tenant_scope(tenant))
                except RuleBroken as refusal:
                    raise CommandError(f"{refusal.sentence} ({refusal.code})") from refusal
                except ProgrammingError as error:
                    raise CommandError("The database is empty: run `make up` once.") from error
            super().handle(**options)
