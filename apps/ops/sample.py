"""What a fresh installation has to show: three tenants, people who may sign in, and API keys.

Passwords and keys are made up once and remembered beside the database, so that the next `make
up` prints the same ones; the database holds nothing but their hashes.
"""

import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from apps.core.actor import Actor
from apps.ops.setup import SampleTenant
from apps.tenants.actions import change_password, create_api_key, create_user
from apps.tenants.keys import prefix_of
from apps.tenants.models import ApiKey, User
from apps.tenants.querysets import PUBLIC

SAMPLE_TENANTS = (
    SampleTenant("acme", "Acme Picks", "CONSUMER"),
    SampleTenant("northstar", "Northstar Affiliates", "AFFILIATE"),
    SampleTenant("harbor", "Harbor Data", "B2B"),
)


SAMPLE_KEY = "made by make up"


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


def ensure_keys(
    remembered: Path, *, tenants: Sequence[SampleTenant] = SAMPLE_TENANTS, by: Actor, at: datetime
) -> dict[str, str]:
    """Have an API key of every sample tenant that works and that the file remembers."""
    known = json.loads(remembered.read_text()) if remembered.exists() else {}
    keys = {}
    for tenant in tenants:
        key = known.get(tenant.schema, "")
        if not _opens(key, tenant.schema, at):
            _, key = create_api_key(schema=tenant.schema, name=SAMPLE_KEY, by=by, at=at)
        keys[tenant.schema] = known[tenant.schema] = key
        _remember(remembered, known)  # at once: what is not remembered is lost
    return keys


def _opens(text: str, schema: str, at: datetime) -> bool:
    usable = ApiKey.objects.of_tenant(schema).usable(at)
    key = usable.filter(prefix=prefix_of(text)).first()
    return key is not None and ApiKey.objects.key_generator.verify(text, key.hashed_key)


def _remember(file: Path, secrets_by_name: dict[str, str]) -> None:
    with open(file, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as written:
        json.dump(secrets_by_name, written, indent=2)
