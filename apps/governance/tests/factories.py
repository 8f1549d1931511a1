"""What tests of this room are made of."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from apps.core.actor import Actor
from apps.core.db import execute
from apps.governance.history import signed
from apps.governance.models import FeatureFlag, OpsAlert
from apps.governance.switches import lock_key
from apps.rulebook.alerts import AlertKind
from apps.rulebook.degrade import Effect

KICKOFF_EVE = datetime(2025, 9, 5, 18, 0, tzinfo=UTC)
SCOPES = ["GLOBAL", "tenant:acme", "league:XFL", "market:SPREAD"]


@dataclass
class Thing:
    """Something that can be audited, without a table."""

    pk: Any = "thing-1"
    state: dict[str, Any] = field(default_factory=lambda: {"status": "NEW"})

    def audit_state(self) -> dict[str, Any]:
        return self.state


def make_flag(name: str, scope: str, *, enabled: bool = True, **columns: Any) -> FeatureFlag:
    flag = FeatureFlag(
        name=name,
        scope=scope,
        enabled=enabled,
        lock_key=lock_key(name, scope),
        by="SYSTEM:test",
        at=KICKOFF_EVE,
        **columns,
    )
    with signed(flag, by=Actor.system("test"), at=KICKOFF_EVE):
        flag.save()
    return flag


def set_flag(name: str, scope: str, **columns: object) -> None:
    """Put a switch into a state, whoever else has made or not made its row."""
    execute("DELETE FROM feature_flag WHERE (name, scope) = (%s, %s)", [name, scope])
    make_flag(name, scope, **columns)


def open_alert(effect: Effect, scope: str, *, schema: str = "public", **columns: object) -> None:
    """Have an alert with this effect, whatever kind of alert has it today."""
    OpsAlert.across_tenants.create(
        **{"kind": AlertKind.FEED_STALE, "tenant_schema": schema, "scope": scope, "effect": effect},
        **{"severity": "CRIT", "detail": "Silent.", "raised_by": "JOB:test"},
        **{"first_seen_at": KICKOFF_EVE, "last_seen_at": KICKOFF_EVE, **columns},
    )
