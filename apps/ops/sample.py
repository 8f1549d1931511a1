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
from apps.governance.roles import Role
from apps.ops.setup import SampleTenant
from apps.tenants.actions import change_password, create_api_key, create_user, give_role
from apps.tenants.keys import prefix_of
from apps.tenants.models import ApiKey, Tenant, User
from apps.tenants.querysets import PUBLIC

SAMPLE_TENANTS = (
    SampleTenant("acme", "Acme Picks", "CONSUMER"),
    SampleTenant("northstar", "Northstar Affiliates", "AFFILIATE"),
    SampleTenant("harbor", "Harbor Data", "B2B"),
)
SAMPLE_KEY = "made by make up"
KEYS_FILE = "keys.json"  # beside the database, where its keys are remembered


@dataclass(frozen=True, slots=True)
class SamplePerson:
    """Somebody who may sign in, with the role that decides what they see and do."""

    email: str
    role: Role
    schema: str = PUBLIC


# Two of them may turn switches, because some switches take two people.
SAMPLE_PEOPLE = (
    SamplePerson("olivia@beatvegas.localhost", Role.ADMIN),
    SamplePerson("otto@beatvegas.localhost", Role.OPS),
    SamplePerson("fiona@beatvegas.localhost", Role.FINANCE),
    SamplePerson("ana@acme.localhost", Role.TENANT_STAFF, "acme"),
    SamplePerson("nora@northstar.localhost", Role.TENANT_STAFF, "northstar"),
    SamplePerson("hugo@harbor.localhost", Role.TENANT_STAFF, "harbor"),
)


@dataclass(frozen=True, slots=True)
class LogIn:
    """What somebody types, and the tenant on whose host they type it; public: the operators'."""

    email: str
    password: str
    role: str
    schema: str


def ensure_log_ins(remembered: Path, *, by: Actor, at: datetime) -> list[LogIn]:
    """Have every sample person in the database, with their role and the password in the file.

    Whose tenant is not there is left out.
    """
    known = json.loads(remembered.read_text()) if remembered.exists() else {}
    tenants = set(Tenant.objects.values_list("schema_name", flat=True))
    log_ins = []
    for person in SAMPLE_PEOPLE:
        if person.schema not in tenants:
            continue
        password = known.setdefault(person.email, secrets.token_urlsafe(12))
        _ensure(person, password, by=by, at=at)
        log_ins.append(LogIn(person.email, password, person.role.value, person.schema))
    _remember(remembered, known)
    return log_ins


def _ensure(person: SamplePerson, password: str, *, by: Actor, at: datetime) -> None:
    user = User.across_tenants.filter(tenant=person.schema, email=person.email).first()
    if user is None:
        create_user(
            schema=person.schema,
            email=person.email,
            password=password,
            role=person.role,
            by=by,
            at=at,
        )
        return
    if not user.check_password(password):
        change_password(user_id=user.pk, password=password, by=by, at=at)
    if user.role != person.role:
        give_role(user_id=user.pk, role=person.role, by=by, at=at, reason="As the sample has it.")


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
