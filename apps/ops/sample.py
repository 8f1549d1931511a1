"""What a fresh installation has to show: three tenants of three kinds, and people who may sign in.

Passwords are made up once and remembered beside the database, so that the next `make up` prints
the same ones; the database holds nothing but their hashes.
"""

import json
import os
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from apps.core.actor import Actor
from apps.ops.setup import SampleTenant
from apps.tenants.actions import change_password, create_user
from apps.tenants.models import User
from apps.tenants.querysets import PUBLIC

SAMPLE_TENANTS = (
    SampleTenant("acme", "Acme Picks", "CONSUMER"),
    SampleTenant("northstar", "Northstar Affiliates", "AFFILIATE"),
    SampleTenant("harbor", "Harbor Data", "B2B"),
)


@dataclass(frozen=True, slots=True)
class SampleOperator:
    """Somebody who runs the platform; two, because some switches take two people."""

    email: str
    is_superuser: bool
    role: str


SAMPLE_OPERATORS = (
    SampleOperator("olivia@beatvegas.localhost", True, "superuser, may do everything"),
    SampleOperator("otto@beatvegas.localhost", False, "operator, as the groups allow"),
)


@dataclass(frozen=True, slots=True)
class LogIn:
    email: str
    password: str
    role: str


def ensure_operators(remembered: Path, *, by: Actor, at: datetime) -> list[LogIn]:
    """Have every sample operator in the database with the password that the file remembers."""
    known = json.loads(remembered.read_text()) if remembered.exists() else {}
    log_ins = []
    for operator in SAMPLE_OPERATORS:
        user = User.across_tenants.operators().filter(email=operator.email).first()
        password = known.setdefault(operator.email, secrets.token_urlsafe(12))
        if user is None:
            create_user(
                schema=PUBLIC,
                email=operator.email,
                password=password,
                is_staff=True,
                is_superuser=operator.is_superuser,
                by=by,
                at=at,
            )
        elif not user.check_password(password):
            change_password(user_id=user.pk, password=password, by=by, at=at)
        log_ins.append(LogIn(operator.email, password, operator.role))
    _remember(remembered, known)
    return log_ins


def _remember(file: Path, passwords: dict[str, str]) -> None:
    with open(file, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as written:
        json.dump(passwords, written, indent=2)
