"""``manage.py check_parity``: exit 1 if the tenants' schemas are not all alike."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from apps.tenants import parity


class Command(BaseCommand):
    help = "Compare tables, columns, constraints, indexes and triggers of all tenants' schemas."

    def handle(self, *args: Any, **options: Any) -> None:
        found = parity.check()
        if found.holds:
            self.stdout.write(f"{found.compared} schemas, all alike.")
            return
        for schema in sorted(found.odd):
            self.stderr.write(f"{schema} differs from the others.")
        for schema in found.missing:
            self.stderr.write(f"{schema} has no schema.")
        sys.exit(1)
