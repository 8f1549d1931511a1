"""`manage.py sample_key`: the API key of a sample tenant, for examples that work as pasted."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.ops import embedded
from apps.ops.embedded.place import Place
from apps.ops.sample import KEYS_FILE, SAMPLE_TENANTS


class Command(BaseCommand):
    help = "Print the API key that `make up` made for a sample tenant."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("tenant", choices=[tenant.schema for tenant in SAMPLE_TENANTS])

    def handle(self, *args: Any, tenant: str, **options: Any) -> None:
        file = Place(embedded.HOME, "dev").folder / KEYS_FILE
        keys = json.loads(file.read_text()) if file.exists() else {}
        if tenant not in keys:
            raise CommandError("There is no key yet: `make up` makes one.")
        self.stdout.write(keys[tenant])
