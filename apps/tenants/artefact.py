"""The template schema as text: made once per deployment, replayed for every new tenant."""

from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from importlib import import_module
from pathlib import Path

import django
from django.apps import apps
from django.conf import settings

from apps.core import ddl, schemas
from apps.core.actor import Actor
from apps.rulebook.errors import RuleBroken
from apps.tenants import actions
from apps.tenants.kinds import TEMPLATE_SCHEMA
from apps.tenants.models import SchemaArtefact


class ArtefactStale(RuleBroken):
    code = "ARTEFACT_STALE"

    def __init__(self) -> None:
        super().__init__(
            "The stored template schema belongs to other code: run migrate before you add tenants."
        )


def tenant_apps() -> frozenset[str]:
    """Return the labels of the apps whose tables stand in every tenant's schema."""
    names = set(settings.TENANT_APPS)
    return frozenset(config.label for config in apps.get_app_configs() if config.name in names)


@lru_cache(maxsize=1)
def migrations_hash() -> str:
    """Return the sha256 (hex) of everything that decides what a tenant's schema looks like."""
    digest = sha256(django.get_version().encode())
    for name in sorted(settings.TENANT_APPS):
        folder = Path(next(iter(import_module(f"{name}.migrations").__path__)))
        for path in sorted(folder.glob("*.py")):
            digest.update(f"{name}/{path.name}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def ddl_for_new_tenants() -> str | None:
    """Return the DDL that new tenants are built from; None: there is none, so migrate them.

    Raises:
        ArtefactStale: there is DDL, but of other migrations than the code's.
    """
    require_fresh()
    fitting = SchemaArtefact.objects.filter(migrations_hash=migrations_hash())
    newest: str | None = fitting.order_by("-made_at", "-pk").values_list("ddl", flat=True).first()
    return newest


def require_fresh() -> None:
    """Refuse where the stored DDL is of other migrations than the code's.

    Raises:
        ArtefactStale: it is.
    """
    stored = set(SchemaArtefact.objects.values_list("migrations_hash", flat=True).distinct())
    if stored and migrations_hash() not in stored:
        raise ArtefactStale


def refresh(*, by: Actor, at: datetime) -> SchemaArtefact | None:
    """Store the template's DDL as it is now; None where this machine has no fitting pg_dump."""
    with ddl.owner():
        try:
            text = schemas.dump(TEMPLATE_SCHEMA)
        except schemas.CannotDump:
            return None
        return actions.record_artefact(migrations_hash=migrations_hash(), ddl=text, by=by, at=at)
