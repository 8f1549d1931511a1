"""Turning a switch on, and making the rows. Nobody else but ``killing`` writes ``feature_flag``."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.core.actor import Actor
from apps.core.db import fetch_all, refusing
from apps.governance import approvals, audit, history
from apps.governance.models import Approval, FeatureFlag, OpsAlert, Strength
from apps.governance.querysets import FeatureFlagQuerySet
from apps.governance.switches.gate import OFF_STATES, Consulted, State, explain
from apps.governance.switches.registry import (
    GLOBAL,
    kind_of,
    lock_key,
    plan_name_stands_for,
    plan_names_of,
    switch,
    switches_at,
)
from apps.rulebook.degrade import Mode
from apps.rulebook.errors import RuleBroken
from apps.rulebook.markets import MarketType

TURN_ON = "switch.turn_on"  # the deed, as an approval names it
CAUSED_BY_ALERT = "alert:"  # how the cause of an automatic kill begins


class SwitchMissing(RuleBroken):
    code = "SWITCH_MISSING"

    def __init__(self, name: str, scope: str) -> None:
        super().__init__(f"{name} has no row at {scope}, so nothing goes through there.")


class SwitchChanged(RuleBroken):
    code = "SWITCH_CHANGED"

    def __init__(self, flag: FeatureFlag) -> None:
        super().__init__(f"{flag} since {flag.at:%Y-%m-%d %H:%M} UTC by {flag.by}: look again.")


class CauseNotOver(RuleBroken):
    code = "SWITCH_CAUSE_NOT_OVER"

    def __init__(self, alert: OpsAlert) -> None:
        super().__init__(f"What turned it off is not over: {alert}. Resolve that first.")


class NotSound(RuleBroken):
    code = "SWITCH_NOT_SOUND"

    def __init__(self, flag: FeatureFlag, found: Sequence[Consulted]) -> None:
        told = "; ".join(map(str, found))
        super().__init__(f"{flag.name} at {flag.scope} is not turned on while {told}.")


class LockShared(RuleBroken):
    code = "SWITCH_LOCK_SHARED"

    def __init__(self, scope: str) -> None:
        super().__init__(f"A switch at {scope} would share another one's lock: choose a new code.")


class ReasonMissing(RuleBroken):
    code = "REASON_MISSING"

    def __init__(self) -> None:
        super().__init__("Say why: a switch is not turned without a reason.")


def takes_two_people(flag: FeatureFlag) -> bool:
    """Answer whether this switch is turned on again only with another person's approval.

    The one of the whole platform, and every one that an alert turned off.
    """
    return flag.scope == GLOBAL or flag.cause.startswith(CAUSED_BY_ALERT)


@transaction.atomic
def ask_to_turn_on(
    name: str,
    scope: str,
    *,
    by: Actor,
    at: datetime,
    reason: str,
    version: int | None = None,
) -> Approval:
    """Ask that another person agrees to a switch being turned on again.

    Raises:
        SwitchUnknown, ScopeUnknown, SwitchMissing: there is no such switch.
        SwitchChanged: somebody else has turned it since ``version``.
        CauseNotOver: the alert that turned it off is still open.
        NotSound: something else is wrong there, or nobody looks for what is.
        ReasonMissing: nobody says why.
        approvals.AlreadyAsked: somebody has asked already.
    """
    flag = _locked(name, scope, reason)
    _require_unchanged(flag, version)
    _require_cause_over(flag)
    _require_sound(flag)
    return approvals.request(
        TURN_ON,
        _subject(flag),
        by=by,
        at=at,
        reason=reason,
        arguments={"name": name, "scope": scope, "version": flag.version},
    )


@transaction.atomic
def turn_on(
    name: str,
    scope: str,
    *,
    by: Actor,
    at: datetime,
    reason: str,
    cause: str = "",
    live_from: datetime | None = None,
    version: int | None = None,
    approval: UUID | None = None,
    alone: bool = False,
) -> FeatureFlag:
    """Let go on what was stopped, now or from ``live_from`` (by the database's clock) on.

    ``version`` is the one the operator looked at. The switch of the whole platform, and every
    one that an alert turned off, takes an ``approval``, which is used by this; ``alone`` does
    without, and is for ``governance.actions.break_glass``, which tells everybody.

    Raises:
        SwitchUnknown, ScopeUnknown, SwitchMissing: there is no such switch.
        SwitchChanged: somebody else has turned it since.
        ReasonMissing: nobody may let something go on without saying why.
        CauseNotOver: the alert that turned it off is still open.
        NotSound: something else is wrong there, or nobody looks for what is.
        approvals.ApprovalNeeded: it takes two people.
        approvals.ApprovalUnfit, approvals.ApprovalExpired: this approval does not do.
    """
    flag = _locked(name, scope, reason)
    _require_unchanged(flag, version)
    _require_cause_over(flag)
    _require_sound(flag)
    if approval is not None:
        used = approvals.use(
            approval_id=approval, what=TURN_ON, subject=_subject(flag), by=by, at=at
        )
        _require_unchanged(flag, used.arguments["version"])
        cause = cause or f"approval:{approval}"
    elif takes_two_people(flag) and not alone:
        raise approvals.ApprovalNeeded(f"Turning {flag.name} on at {flag.scope}")
    with audit.recording(
        "switch.turned_on",
        flag,
        by=by,
        at=at,
        reason=reason,
        cause=cause,
        strength=Strength.SYNC,
    ):
        changed = change(
            flag,
            enabled=True,
            live_from=live_from,
            by=by,
            at=at,
            reason=reason,
            cause=cause,
        )
        flag.save(update_fields=changed)
    return flag


@transaction.atomic
def create_rows(scope: str, *, by: Actor, at: datetime, reason: str = "") -> list[FeatureFlag]:
    """Give a scope its switches, all on; those that it has already stay as they are.

    Called by the action that creates the tenant, the league or the market type.

    Raises:
        ScopeUnknown: it is not one of the four forms.
        LockShared: the hash of a new switch is another one's.
    """
    present = set(FeatureFlag.objects.at_scopes([scope]).values_list("name", flat=True))
    rows = [
        FeatureFlag(
            name=name,
            scope=scope,
            enabled=True,
            lock_key=lock_key(name, scope),
            reason=reason,
            by=history.operator(by),
            at=at,
        )
        for name in switches_at(scope)
        if name not in present
    ]
    if not rows:
        return []
    with refusing({"feature_flag_lock_is_shared_with_no_other": LockShared(scope)}):
        created = history.create_many(FeatureFlag, rows, by=by, at=at, reason=reason)
    audit.record_set(
        [
            audit.Row(
                action="switch.created",
                object_type=FeatureFlag.__name__,
                object_id=str(flag.pk),
                before=None,
                after=flag.audit_state(),
                reason=reason,
            )
            for flag in created
        ],
        by=by,
        at=at,
        strength=Strength.SYNC,
    )
    return created


def install(*, by: Actor, at: datetime) -> None:
    """Make the rows that every installation has: GLOBAL's and the market types'."""
    for scope in (GLOBAL, *(f"market:{market_type}" for market_type in MarketType)):
        create_rows(scope, by=by, at=at, reason="Installed with the platform.")


def plan_names() -> dict[str, bool]:
    """Show the switches under the names of the owner's plan: is it enabled there?"""
    scopes = FeatureFlag.objects.values_list("scope", flat=True).distinct()
    views = {name: plan_name_stands_for(name) for name in plan_names_of(scopes)}
    on = {
        (name, scope)
        for name, scope in fetch_all(
            "SELECT name, scope FROM feature_flag"
            " WHERE enabled AND (live_from IS NULL OR live_from <= clock_timestamp())"
        )
    }
    return {name: all(pair in on for pair in stands_for) for name, stands_for in views.items()}


def _locked(name: str, scope: str, reason: str) -> Any:
    return found_row(FeatureFlag.objects.locked(), name, scope, reason)


def found_row(flags: FeatureFlagQuerySet, name: str, scope: str, reason: str) -> Any:
    switch(name)
    kind_of(scope)
    if not reason.strip():
        raise ReasonMissing
    flag: Any = flags.with_machine_time().filter(name=name, scope=scope).first()
    if flag is None:
        raise SwitchMissing(name, scope)
    return flag


def _subject(flag: FeatureFlag) -> str:
    return f"{flag.name} at {flag.scope}"


def _require_unchanged(flag: FeatureFlag, version: int | None) -> None:
    if version is not None and version != flag.version:
        raise SwitchChanged(flag)


def _require_cause_over(flag: FeatureFlag) -> None:
    if flag.enabled or not flag.cause.startswith(CAUSED_BY_ALERT):
        return
    try:
        cause = UUID(flag.cause.removeprefix(CAUSED_BY_ALERT))
    except ValueError:
        return
    alert = OpsAlert.across_tenants.not_over().filter(pk=cause).first()
    if alert is not None:
        raise CauseNotOver(alert)


def _require_sound(flag: FeatureFlag) -> None:
    """Refuse where nothing would go out anyhow: whoever turns it on should know why."""
    asked = explain(flag.name, [flag.scope]).consulted
    wrong = [
        found
        for found in asked
        if found.mode is Mode.NONE
        and found.state not in OFF_STATES
        and (found.scope == flag.scope or found.state is State.UNWATCHED)
    ]
    if wrong:
        raise NotSound(flag, wrong)


def change(
    flag: FeatureFlag,
    *,
    enabled: bool,
    live_from: datetime | None,
    by: Actor,
    at: datetime,
    reason: str,
    cause: str,
) -> list[str]:
    """Set what a turning changes; return the names of the columns."""
    changed: dict[str, Any] = {
        "enabled": enabled,
        "live_from": live_from,
        "version": flag.version + 1,
        "reason": reason,
        "cause": cause,
        "by": history.operator(by),
        "at": at,
    }
    for field, value in changed.items():
        setattr(flag, field, value)
    return list(changed)
