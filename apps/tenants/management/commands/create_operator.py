"""``manage.py create_operator ann@example.org``: somebody who may open the operators' console."""

import os
import sys
from getpass import getpass
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core import clock
from apps.core.actor import Actor
from apps.core.tenancy import PUBLIC
from apps.governance.roles import PLATFORM_ROLES, Role
from apps.rulebook.errors import RuleBroken
from apps.tenants.actions import create_user
from apps.tenants.models import User

PASSWORD_VARIABLE = "OPERATOR_PASSWORD"


class Command(BaseCommand):
    help = (
        "Create staff of the platform (in place of createsuperuser). The password is asked for,"
        f" or read from {PASSWORD_VARIABLE}; it is never an argument, which others could read."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument(
            "--role",
            choices=[role.value for role in PLATFORM_ROLES],
            default=Role.OPS.value,
            help="what they may see and do (docs/roles.md); default OPS",
        )
        parser.add_argument(
            "--superuser", action="store_true", help="no role: may do everything, on every tenant"
        )
        parser.add_argument(
            "--if-missing", action="store_true", help="an operator who exists is no error"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        email = options["email"]
        if (
            options["if_missing"]
            and User.across_tenants.operators().filter(email__iexact=email).exists()
        ):
            self.stdout.write(f"{email} is an operator already.")
            return
        password = os.environ.get(PASSWORD_VARIABLE) or self._ask()
        try:
            validate_password(password, User(email=email))
            user = create_user(
                schema=PUBLIC,
                email=email,
                password=password,
                is_staff=True,
                is_superuser=options["superuser"],
                role=None if options["superuser"] else Role(options["role"]),
                by=Actor.system("create_operator"),
                at=clock.now(),
            )
        except ValidationError as unfit:
            raise CommandError(" ".join(unfit.messages)) from unfit
        except RuleBroken as refusal:
            raise CommandError(f"{refusal.sentence} ({refusal.code})") from refusal
        kind = "superuser" if user.is_superuser else user.role
        self.stdout.write(f"{email} may sign in as {kind}.")

    def _ask(self) -> str:
        if not sys.stdin.isatty():
            raise CommandError(f"Nobody is there to ask: set {PASSWORD_VARIABLE}.")
        password = getpass("Password: ")
        if getpass("Again: ") != password:
            raise CommandError("The two are not the same.")
        return password
