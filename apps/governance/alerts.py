"""Alerts: opened once, counted while they last, seen by somebody, and over one day.

The only writer of ``ops_alert``. What an alert takes away is read by the gate of the switches, and
opening one waits for whoever publishes at that moment, as a kill does. A latching alert turns
PUBLISH off at its scope as well, and that takes two people to undo. Which kinds there are and what
they do is data: ``apps.rulebook.alerts``.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import DatabaseError, transaction
from psycopg.types.json import Jsonb

from apps.core.actor import Actor
from apps.core.db import execute
from apps.core.ids import uuid7
from apps.core.queue import enqueue_on_commit
from apps.core.tenancy import PUBLIC, current_schema
from apps.governance import audit, history, switches
from apps.governance.models import AlertState, OpsAlert, Strength
from apps.governance.switches.registry import ScopeKind, kind_of
from apps.rulebook.alerts import (
    AT_THE_DOOR,
    REGISTRY,
    Alert,
    AlertKind,
    Ends,
    Severity,
    Step,
    alert_of,
)
from apps.rulebook.degrade import Effect
from apps.rulebook.errors import RuleBroken

logger = logging.getLogger(__name__)

HELD_BACK = "alert.held_back"  # the audit entry that says how its barrier went
_KEY_LENGTH = 200


class AlertMissing(RuleBroken):
    code = "ALERT_MISSING"

    def __init__(self, alert_id: UUID) -> None:
        super().__init__(f"There is no alert {alert_id}.")


class AlertOver(RuleBroken):
    code = "ALERT_OVER"

    def __init__(self, alert: OpsAlert) -> None:
        super().__init__(f"{alert} is over since {alert.resolved_at:%Y-%m-%d %H:%M} UTC.")


class SnoozeUnfit(RuleBroken):
    code = "SNOOZE_IN_THE_PAST"

    def __init__(self) -> None:
        super().__init__("An alert is snoozed until an instant that is still to come.")


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep did."""

    resolved: int = 0  # alerts that were not raised again for long enough
    latched: int = 0  # switches that went off


@transaction.atomic
def raise_alert(
    kind: AlertKind,
    *,
    scope: str,
    detail: str,
    by: Actor,
    at: datetime,
    key: str = "",
    step: int = 0,
    payload: Mapping[str, Any] | None = None,
    cause: str = "",
) -> OpsAlert:
    """Open an alert, or count it once more and let it get worse where it is open already.

    ``step`` says how bad it is: an index into what the registry lists for the kind. An open
    alert never gets better; it is over, or it is not.

    Raises:
        AlertUnknown, ScopeUnknown: nobody has registered that.
    """
    known, key = alert_of(kind), key[:_KEY_LENGTH]
    kind_of(scope)
    home = _home_of(scope)
    while True:
        opened = _open(known, known.step(step), home, scope, key, detail, payload, cause, by, at)
        alert: OpsAlert | None = (
            OpsAlert.across_tenants.not_over()
            .filter(kind=kind, tenant_schema=home, scope=scope, key=key)
            .locked()
            .first()
        )
        if alert is not None:  # else it was resolved between the two statements
            break
    if opened:
        audit.record("alert.opened", alert, by=by, at=at, reason=detail, cause=cause)
        _take_effect(alert, by=by, at=at)
    else:
        _see_again(alert, known.step(step), detail, payload, by=by, at=at)
    return alert


def at_door(
    refusal: BaseException, *, by: Actor, at: datetime, scope: str = "", key: str = ""
) -> OpsAlert | None:
    """Open the alert that a refusal stands for, if any: after the roll-back, on its own.

    For the doors alone: the base of tasks, the admin's, the API's handler of errors. Nothing
    that goes wrong here may hide the refusal, so it is logged instead.

    Raises:
        RuntimeError: the transaction of the refusal is still open and would take it along.
    """
    kind = AT_THE_DOOR.get(getattr(refusal, "code", ""))
    if kind is None:
        return None
    here = current_schema()
    place = scope or (switches.GLOBAL if here == PUBLIC else f"tenant:{here}")
    try:
        with transaction.atomic(durable=True):
            return raise_alert(
                kind,
                scope=place,
                key=key or f"{by.id} {getattr(refusal, 'code', '')}",
                detail=str(refusal),
                by=by,
                at=at,
            )
    except DatabaseError:
        logger.exception("The alert %s of a refusal could not be opened", kind)
        return None


@transaction.atomic
def acknowledge(*, alert_id: UUID, by: Actor, at: datetime, note: str = "") -> OpsAlert:
    """Say that somebody looks after it. What it takes away stays away until it is over.

    Raises:
        AlertMissing, AlertOver: there is nothing to look after.
    """
    alert = _locked(alert_id)
    with audit.recording("alert.acknowledged", alert, by=by, at=at, reason=note):
        alert.state = AlertState.ACKNOWLEDGED.value
        alert.acknowledged_by, alert.acknowledged_at = history.operator(by), at
        alert.note = note
        alert.save(update_fields=["state", "acknowledged_by", "acknowledged_at", "note"])
    return alert


@transaction.atomic
def snooze(*, alert_id: UUID, until: datetime, by: Actor, at: datetime, reason: str) -> OpsAlert:
    """Remind nobody before ``until``. What it takes away stays away.

    Raises:
        AlertMissing, AlertOver: there is nothing to be reminded of.
        SnoozeUnfit: that instant has passed.
        ReasonMissing: nobody says why.
    """
    _require_reason(reason)
    if until <= at:
        raise SnoozeUnfit
    alert = _locked(alert_id)
    with audit.recording("alert.snoozed", alert, by=by, at=at, reason=reason):
        alert.snoozed_until, alert.note = until, reason
        alert.save(update_fields=["snoozed_until", "note"])
    return alert


@transaction.atomic
def resolve(*, alert_id: UUID, by: Actor, at: datetime, reason: str) -> OpsAlert:
    """Say that it is over. Where it is not, whoever looks for it opens another one.

    A switch that it turned off stays off: on again takes two people.

    Raises:
        AlertMissing, AlertOver: it is over already.
        ReasonMissing: nobody says why.
    """
    _require_reason(reason)
    alert = _locked(alert_id)
    _end([alert], by=by, at=at, why=reason)
    return alert


@transaction.atomic
def end(
    kind: AlertKind, *, scope: str, key: str, why: str, by: Actor, at: datetime
) -> OpsAlert | None:
    """End the alert about one thing, if it is open: whoever opened it has seen it mended.

    Raises:
        AlertUnknown, ScopeUnknown: nobody has registered that.
    """
    alert_of(kind), kind_of(scope)
    alert: OpsAlert | None = (
        OpsAlert.across_tenants.not_over()
        .filter(kind=kind, tenant_schema=_home_of(scope), scope=scope, key=key[:_KEY_LENGTH])
        .locked()
        .first()
    )
    if alert is not None:
        _end([alert], by=by, at=at, why=why)
    return alert


@transaction.atomic
def recover(kinds: Sequence[AlertKind], *, by: Actor, at: datetime) -> int:
    """End the alerts that a check which has just looked has not found for long enough.

    For kinds that end CHECKED: whoever looks for them calls this at the end of a complete look,
    so that a check which did not happen heals nothing: it takes a number of looks as well as a
    time. Within the schema in scope.
    """
    unseen = list(
        OpsAlert.across_tenants.not_over()
        .filter(kind__in=kinds, tenant_schema=current_schema(), last_seen_at__lt=at)
        .locked()
    )
    gone = []
    for alert in unseen:
        known = alert_of(alert.kind)
        alert.healthy_looks += 1
        if alert.healthy_looks >= known.looks and alert.last_seen_at <= at - known.quiet:
            gone.append(alert)
        elif alert.healthy_looks <= known.looks:  # more of them say nothing new
            alert.save(update_fields=["healthy_looks"])
    _end(gone, by=by, at=at, why="The check no longer finds it.")
    return len(gone)


def sweep(*, by: Actor, at: datetime) -> Swept:
    """End what has been quiet for long enough, and turn off what still has to be.

    Across tenants, and each in a transaction of its own.
    """
    resolved = 0
    for known in REGISTRY.values():
        if known.ends is Ends.QUIET:
            with transaction.atomic():
                alerts = list(
                    OpsAlert.across_tenants.not_over()
                    .filter(kind=known.kind, last_seen_at__lte=at - known.quiet)
                    .locked()
                )
                _end(alerts, by=by, at=at, why="It was not raised again.")
                resolved += len(alerts)
    return Swept(resolved=resolved, latched=pull_latches(by=by, at=at))


def pull_latches(*, by: Actor, at: datetime) -> int:
    """Turn PUBLISH off wherever an open alert says so and it has not happened yet.

    Returns how many switches went off. Called when such an alert has been committed, and by the
    sweep, so that a process that dies in between delays it by one turn at most.
    """
    waiting = OpsAlert.across_tenants.not_over().filter(effect=Effect.LATCH, latched_at=None)
    pulled = 0
    for alert in waiting.order_by("first_seen_at", "pk"):
        try:
            switches.turn_off(
                switches.PUBLISH,
                alert.scope,
                by=Actor.system("governance.alerts"),
                at=at,
                reason=f"{alert.title}: {alert.detail}",
                cause=f"{switches.CAUSED_BY_ALERT}{alert.pk}",
            )
        except switches.SwitchMissing:
            pass  # without a row nothing goes out there anyhow
        else:
            pulled += 1
        with transaction.atomic():
            row = OpsAlert.across_tenants.locked().get(pk=alert.pk)
            with audit.recording("alert.latched", row, by=by, at=at, strength=Strength.SYNC):
                row.latched_at = at
                row.save(update_fields=["latched_at"])
    return pulled


def _home_of(scope: str) -> str:
    """Say whose an alert is: the tenant it is about, else whoever is in scope."""
    if kind_of(scope) is ScopeKind.TENANT:
        return scope.partition(":")[2]
    return current_schema()


def _open(
    known: Alert,
    step: Step,
    home: str,
    scope: str,
    key: str,
    detail: str,
    payload: Mapping[str, Any] | None,
    cause: str,
    by: Actor,
    at: datetime,
) -> bool:
    """Insert the alert unless one is open; two who see it at once open one."""
    row = {
        "id": uuid7(),
        "kind": known.kind.value,
        "tenant_schema": home,
        "scope": scope,
        "key": key,
        "first_seen_at": at,
        "cause": cause,
        "raised_by": history.operator(by),
        "severity": step.severity.value,
        "effect": step.effect.value,
        "state": AlertState.OPEN.value,
        "last_seen_at": at,
        "count": 1,
        "healthy_looks": 0,
        "detail": detail,
        "payload": Jsonb(dict(payload or {})),
        "acknowledged_by": "",
        "resolved_by": "",
        "note": "",
    }
    names = ", ".join(f'"{name}"' for name in row)
    marks = ", ".join(["%s"] * len(row))
    return bool(
        execute(
            f"INSERT INTO ops_alert ({names}) VALUES ({marks})"
            " ON CONFLICT (kind, tenant_schema, scope, key) WHERE state <> 'RESOLVED' DO NOTHING",
            list(row.values()),
        )
    )


def _see_again(
    alert: OpsAlert,
    step: Step,
    detail: str,
    payload: Mapping[str, Any] | None,
    *,
    by: Actor,
    at: datetime,
) -> None:
    """Count an open alert once more. Only that it gets worse is worth an entry in the audit."""
    alert.count, alert.healthy_looks = alert.count + 1, 0
    alert.last_seen_at = max(alert.last_seen_at, at)
    alert.detail, alert.payload = detail, dict(payload or {})
    counted = ["count", "healthy_looks", "last_seen_at", "detail", "payload"]
    now = Step(Severity(alert.severity), Effect(alert.effect))
    if step.badness <= now.badness:
        alert.save(update_fields=counted)
        return
    with audit.recording("alert.worsened", alert, by=by, at=at, reason=detail):
        alert.severity, alert.effect = step.severity.value, step.effect.value
        # Who took note of the milder one has not taken note of this one.
        alert.state, alert.snoozed_until = AlertState.OPEN.value, None
        alert.save(update_fields=[*counted, "severity", "effect", "state", "snoozed_until"])
    _take_effect(alert, by=by, at=at)


def _take_effect(alert: OpsAlert, *, by: Actor, at: datetime) -> None:
    """See to it that what the alert takes away is gone as soon as the alert is committed.

    A tenant's role cannot turn a switch, so inside a tenant the sweep is rung for.
    """
    if alert.effect == Effect.NOTHING:
        return
    if alert.effect == Effect.LATCH and current_schema() == PUBLIC:
        transaction.on_commit(partial(pull_latches, by=by, at=at))
        return
    transaction.on_commit(partial(_hold_back, alert, by=by, at=at))
    if alert.effect == Effect.LATCH:
        enqueue_on_commit("governance.sweep_alerts")


def _hold_back(alert: OpsAlert, *, by: Actor, at: datetime) -> None:
    """Wait until everybody is gone who had asked before the alert was there, and keep how it went.

    Who asks now finds the alert; the switch itself is not turned.
    """
    drained = switches.drain_scope(alert.scope, names=[switches.PUBLISH])
    with transaction.atomic(durable=True):
        audit.record_set(
            [
                audit.Row(
                    action=HELD_BACK,
                    object_type=OpsAlert.__name__,
                    object_id=str(alert.pk),
                    before=None,
                    after={**alert.audit_state(), **asdict(drained)},
                    reason=str(drained),
                )
            ],
            by=by,
            at=at,
        )


def _end(alerts: Iterable[OpsAlert], *, by: Actor, at: datetime, why: str) -> None:
    for alert in alerts:
        with audit.recording("alert.resolved", alert, by=by, at=at, reason=why):
            alert.state = AlertState.RESOLVED.value
            alert.resolved_by, alert.resolved_at = history.operator(by), at
            alert.note = why
            alert.save(
                update_fields=["state", "resolved_by", "resolved_at", "note", "healthy_looks"]
            )


def _locked(alert_id: UUID) -> OpsAlert:
    alert: OpsAlert | None = OpsAlert.across_tenants.locked().filter(pk=alert_id).first()
    if alert is None:
        raise AlertMissing(alert_id)
    if alert.is_over:
        raise AlertOver(alert)
    return alert


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise switches.ReasonMissing
