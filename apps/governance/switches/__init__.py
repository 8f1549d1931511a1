"""The switches: what may run where, and the gate that makes turning one off a fact.

A publisher holds a shared advisory lock for each switch it asks, taken before it reads them. A
kill commits "off" and then takes the same lock alone, which it gets when everybody who had
asked before is gone. So nothing that asks afterwards goes through, and nothing commits after
the kill has drained. Kills only subtract: off at any scope is off, and so is a missing row.
"""

from apps.governance.switches.gate import (
    Consulted,
    Explanation,
    Halted,
    State,
    explain,
    hold_open,
    hold_scopes,
    open_scopes,
)
from apps.governance.switches.registry import (
    GLOBAL,
    GRADE,
    INGEST,
    PUBLISH,
    PUBLISH_APP,
    PUBLISH_TELEGRAM,
    PUBLISH_WEBHOOK,
    REGISTRY,
    SIMULATE,
    ScopeUnknown,
    SwitchUnknown,
    lock_key,
    plan_name_stands_for,
    switches_at,
)
from apps.governance.switches.turning import (
    LockShared,
    ReasonMissing,
    Stopped,
    SwitchChanged,
    SwitchMissing,
    create_rows,
    drain_scope,
    install,
    plan_names,
    turn_off,
    turn_on,
)

__all__ = [
    "GLOBAL",
    "GRADE",
    "INGEST",
    "PUBLISH",
    "PUBLISH_APP",
    "PUBLISH_TELEGRAM",
    "PUBLISH_WEBHOOK",
    "REGISTRY",
    "SIMULATE",
    "Consulted",
    "Explanation",
    "Halted",
    "LockShared",
    "ReasonMissing",
    "ScopeUnknown",
    "State",
    "Stopped",
    "SwitchChanged",
    "SwitchMissing",
    "SwitchUnknown",
    "create_rows",
    "drain_scope",
    "explain",
    "hold_open",
    "hold_scopes",
    "install",
    "lock_key",
    "open_scopes",
    "plan_name_stands_for",
    "plan_names",
    "switches_at",
    "turn_off",
    "turn_on",
]
