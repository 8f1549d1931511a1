"""What tests of this room are made of."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from apps.core.actor import Actor
from apps.governance.history import signed
from apps.governance.models import FeatureFlag
from apps.governance.switches import lock_key

KICKOFF_EVE = datetime(2025, 9, 5, 18, 0, tzinfo=UTC)


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
