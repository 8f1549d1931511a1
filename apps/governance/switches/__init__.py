"""The switches: what may run where, and the gate that makes turning one off a fact.

A publisher holds a shared advisory lock for each switch it asks, taken before it reads them. A
kill commits "off" and then takes the same lock alone, which it gets when everybody who had
asked before is gone. So nothing that asks afterwards goes through, and nothing commits after
the kill has drained. Kills only subtract: off at any scope is off, and so is a missing row.

An alert that is open and takes something away is read in the same breath as the switches, and
whoever opens one waits for the same locks.
"""

from apps.governance.switches.draining import Stopped, drain_scope, in_flight
from apps.governance.switches.gate import (
    OFF_STATES,
    Consulted,
    Explanation,
    Halted,
    Held,
    State,
    explain,
    hold,
    hold_open,
    hold_scopes,
    open_scopes,
)
from apps.governance.switches.killing import DRAINED, DrainUnknown, KillFailed, turn_off
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
    CAUSED_BY_ALERT,
    TURN_ON,
    CauseNotOver,
    LockShared,
    NotSound,
    ReasonMissing,
    SwitchChanged,
    SwitchMissing,
    ask_to_turn_on,
    create_rows,
    install,
    plan_names,
    takes_two_people,
    turn_on,
)

__all__ = [
    "CAUSED_BY_ALERT",
    "DRAINED",
    "GLOBAL",
    "GRADE",
    "INGEST",
    "OFF_STATES",
    "PUBLISH",
    "PUBLISH_APP",
    "PUBLISH_TELEGRAM",
    "PUBLISH_WEBHOOK",
    "REGISTRY",
    "SIMULATE",
    "TURN_ON",
    "CauseNotOver",
    "Consulted",
    "DrainUnknown",
    "Explanation",
    "Halted",
    "Held",
    "KillFailed",
    "LockShared",
    "NotSound",
    "ReasonMissing",
    "ScopeUnknown",
    "State",
    "Stopped",
    "SwitchChanged",
    "SwitchMissing",
    "SwitchUnknown",
    "ask_to_turn_on",
    "create_rows",
    "drain_scope",
    "explain",
    "hold",
    "hold_open",
    "hold_scopes",
    "in_flight",
    "install",
    "lock_key",
    "open_scopes",
    "plan_name_stands_for",
    "plan_names",
    "switches_at",
    "takes_two_people",
    "turn_off",
    "turn_on",
]
