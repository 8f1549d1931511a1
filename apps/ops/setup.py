"""Build a database from nothing: tables, the platform, sample tenants, the catalog.

The same function makes what `make up` serves, what tests copy, and what a rehearsal plays on.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command

from apps.catalog.actions import install_catalog
from apps.core import days, ddl
from apps.core.actor import Actor
from apps.governance.roles import install_roles
from apps.governance.rollouts import install_rollouts
from apps.snapshots.actions import install_accounts
from apps.tenants import provisioning

INSTALLER = Actor.system("ops.setup")
Told = Callable[[str], None]

# Partitions made at once; the job ops.make_partitions keeps a week ahead of the clock.
DAYS_BACK, DAYS_AHEAD = 2, 7


@dataclass(frozen=True, slots=True)
class SampleTenant:
    """A tenant of a fresh installation."""

    schema: str
    name: str
    type: str


TEST_TENANTS = (
    SampleTenant("acme", "Acme Picks", "CONSUMER"),
    SampleTenant("rival", "Rival Odds", "CONSUMER"),
)


def build_database(
    tenants: Sequence[SampleTenant], *, at: datetime, tell: Told = lambda _step: None
) -> None:
    """Bring the database that Django points at up to date and fill in what is missing.

    Every step may be repeated: a second call changes nothing.
    """
    tell("Tables")
    with ddl.owner():
        call_command("migrate_schemas", verbosity=0, interactive=False)
    ddl.secure_public()
    days.ensure_partitions(
        at.date() - timedelta(days=DAYS_BACK), at.date() + timedelta(days=DAYS_AHEAD)
    )
    tell("Roles")
    install_roles(by=INSTALLER, at=at)
    install_rollouts(by=INSTALLER, at=at)
    tell("Operators' host")
    provisioning.install_platform(by=INSTALLER, at=at)
    tell("Leagues, teams, books and rulesets")
    install_catalog(by=INSTALLER, at=at)
    tell("Providers")
    install_accounts(by=INSTALLER, at=at)
    for tenant in tenants:
        tell(f"Tenant {tenant.schema}")
        provisioning.provision_tenant(
            schema=tenant.schema, name=tenant.name, type=tenant.type, by=INSTALLER, at=at
        )


# Databases that are copied


def template_prefix() -> str:
    """Start of this project folder's template names; another folder's are left alone."""
    folder = sha256(str(settings.BASE_DIR).encode()).hexdigest()[:6]
    return f"tpl_{folder}_"


def template_name() -> str:
    """Name the template after what it is built from, so that a change makes a new one."""
    digest = sha256(django.get_version().encode())
    for path in sorted(_ingredients(Path(settings.BASE_DIR))):
        digest.update(path.read_bytes())
    return template_prefix() + digest.hexdigest()[:16]


def _ingredients(root: Path) -> set[Path]:
    """Every file that decides what a fresh database contains."""
    apps = root / "apps"
    found = set(apps.glob("*/migrations/*.py"))
    for room in ("core", "governance", "tenants", "catalog"):
        found |= {path for path in (apps / room).rglob("*.py") if "tests" not in path.parts}
    found |= set((apps / "rulebook" / "thresholds").glob("*.py"))
    found |= {apps / "snapshots" / "actions" / "accounts.py"}
    # Ids of what is installed; apps and schemas; the migrations of other people's apps.
    keys, pins = apps / "rulebook" / "keys.py", root / "requirements.txt"
    return {*found, apps / "ops" / "setup.py", keys, root / "beatvegas/settings/tenancy.py", pins}


def ensure_template(*, at: datetime, tell: Told = lambda _step: None) -> str:
    """Return the name of the template database, building it if the code has changed."""
    name = template_name()
    with ddl.building_lock(template_prefix()):
        if not ddl.database_exists(name):
            building = template_prefix() + "building"
            ddl.drop_database(building)
            ddl.create_database(building)
            with ddl.on_database(building):
                build_database(TEST_TENANTS, at=at, tell=tell)
            ddl.disown(building)
            ddl.rename_database(building, name)
            for other in ddl.databases_like(template_prefix()):
                if other != name:
                    ddl.drop_database(other)
    return name


def clone_template(database: str, *, at: datetime, tell: Told = lambda _step: None) -> None:
    """Make ``database`` a fresh copy of the template, with tenant roles of its own."""
    template = ensure_template(at=at, tell=tell)
    with ddl.building_lock(template):
        ddl.create_database(database, template=template)
    ddl.adopt(database)
