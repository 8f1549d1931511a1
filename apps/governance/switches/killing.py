"""The kill: off, committed by one statement; the barrier; and how it went, audited."""

from dataclasses import asdict
from datetime import datetime

from django.db import DatabaseError, transaction

from apps.core.actor import Actor
from apps.core.db import by_itself, fetch_all
from apps.governance import audit, history
from apps.governance.models import FeatureFlag, Strength
from apps.governance.switches.draining import DRAIN_SECONDS, Stopped, drain
from apps.governance.switches.turning import CAUSED_BY_ALERT, change, found_row
from apps.rulebook.errors import RuleBroken

DRAINED = "switch.drained"  # the audit entry that says how a kill went


class KillFailed(RuleBroken):
    """Somebody pressed the red button, and nobody may believe that it worked."""

    code = "KILL_FAILED"

    def __init__(self, name: str, scope: str, why: object) -> None:
        super().__init__(
            f"FAILED: {name} at {scope} was not turned off, and what it lets out goes on. Press it"
            f" again; if it fails again, stop the workers. The database says: {_line(why)}"
        )


class DrainUnknown(RuleBroken):
    code = "KILL_NOT_DRAINED"

    def __init__(self, name: str, scope: str, why: object) -> None:
        super().__init__(
            f"{name} at {scope} is off: nothing that asks now goes through. Whether everybody who"
            f" had asked before is gone is NOT known: press it again. The database says:"
            f" {_line(why)}"
        )


def turn_off(
    name: str,
    scope: str,
    *,
    by: Actor,
    at: datetime,
    reason: str,
    cause: str = "",
    drain_seconds: int = DRAIN_SECONDS,
) -> Stopped:
    """Stop everything that asks this switch, and wait until everybody who had asked is gone.

    Transactions of its own: the first commits "off", and is one statement; then the barrier, and
    at last how it went is audited. Turning off what is off drains it again; an alert stays the
    cause of what it turned off.

    Raises:
        SwitchUnknown, ScopeUnknown, SwitchMissing: there is no such switch.
        ReasonMissing: nobody may stop something without saying why.
        KillFailed: it is not off.
        DrainUnknown: it is off, and the barrier could not be taken.
        RuntimeError: a transaction is open, so that "off" would not be committed.
    """
    try:
        with by_itself():
            flag, asked_at = _turned_off(name, scope, by=by, at=at, reason=reason, cause=cause)
    except DatabaseError as error:
        raise KillFailed(name, scope, error) from error
    try:
        stopped = drain([flag.lock_key], asked_at, drain_seconds)
    except DatabaseError as error:
        raise DrainUnknown(name, scope, error) from error
    with transaction.atomic(durable=True):
        audit.record_set(
            [
                audit.Row(
                    action=DRAINED,
                    object_type=FeatureFlag.__name__,
                    object_id=str(flag.pk),
                    before=None,
                    after={**flag.audit_state(), **asdict(stopped)},
                    reason=reason,
                    cause=flag.cause,
                )
            ],
            by=by,
            at=at,
            strength=Strength.SYNC,
        )
    return stopped


# A kill against publishers who fill the machine waits for its turn with each statement. So its
# transaction is one: the change, where the row still is what was read, its version, its audit.
_OFF = """
WITH turned AS (
    UPDATE feature_flag SET enabled = false, live_from = NULL, version = version + 1,
        reason = %(reason)s, cause = %(cause)s, "by" = %(by)s, "at" = %(at)s
    WHERE (id, version) = (%(id)s, %(version)s)
    RETURNING *
), kept AS ({kept}), audited AS ({audited})
SELECT count(*) FROM turned
"""


def _turned_off(
    name: str, scope: str, *, by: Actor, at: datetime, reason: str, cause: str
) -> tuple[FeatureFlag, datetime]:
    """Turn it off in one statement, and again where somebody turned it since it was read.

    Returns the row as it is now, and the database's clock when it was asked for.
    """
    asked_at: datetime | None = None
    while True:
        flag = found_row(FeatureFlag.objects.all(), name, scope, reason)
        asked_at = asked_at or flag.read_at
        before, version = flag.audit_state(), flag.version
        if not flag.enabled and flag.cause.startswith(CAUSED_BY_ALERT):
            cause = cause or flag.cause
        change(flag, enabled=False, live_from=None, by=by, at=at, reason=reason, cause=cause)
        kept, signed = history.versions_from("turned", FeatureFlag, by=by, at=at, reason=reason)
        audited, entry = audit.entry_where(
            "turned",
            audit.Row(
                action="switch.turned_off",
                object_type=FeatureFlag.__name__,
                object_id=str(flag.pk),
                before=before,
                after=flag.audit_state(),
                reason=reason,
                cause=cause,
            ),
            by=by,
            at=at,
            strength=Strength.SYNC,
        )
        said = {"id": flag.pk, "version": version, "reason": reason, "cause": cause}
        said |= {"by": flag.by, "at": at, **signed, **entry}
        [(turned,)] = fetch_all(_OFF.format(kept=kept, audited=audited), said)
        if turned:
            return flag, asked_at


def _line(error: object) -> str:
    return str(error).strip().partition("\n")[0]
