"""Asking a switch: the lock first, then the rows, and any doubt is a no."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import psycopg
from django.db import OperationalError, connection

from apps.core.db import fetch_all
from apps.governance.switches.registry import GLOBAL, Pair, lock_key, pairs
from apps.rulebook.errors import RuleBroken

LOCK_CLASS = 0x6B696C6C  # "kill": the first half of every advisory lock of the switches


class State(StrEnum):
    """What the gate finds when it asks one switch."""

    ON = "ON"
    OFF = "OFF"
    NOT_YET = "NOT_YET"  # on, from an instant that the database's clock has not reached
    MISSING = "MISSING"  # no row: refuses, as off does
    TURNING = "TURNING"  # somebody is turning it off at this moment


@dataclass(frozen=True, slots=True)
class Consulted:
    """One switch as it was found."""

    name: str
    scope: str
    state: State

    def __str__(self) -> str:
        return f"{self.name} at {self.scope} is {self.state.replace('_', ' ')}"


@dataclass(frozen=True, slots=True)
class Explanation:
    """Every switch consulted, and the first that said no (None: everything is on)."""

    consulted: tuple[Consulted, ...]
    decided_by: Consulted | None

    @property
    def open(self) -> bool:
        return self.decided_by is None


class Halted(RuleBroken):
    code = "SWITCH_OFF"

    def __init__(self, closed: Sequence[Consulted]) -> None:
        super().__init__("; ".join(map(str, closed)) + ".")
        self.closed = tuple(closed)


def hold_open(
    names: str | Iterable[str], *, scopes: Iterable[str], wait: bool = True
) -> tuple[Consulted, ...]:
    """Refuse unless every switch is on, and hold them so until the transaction ends.

    Call it first in the transaction. What commits under it commits before a kill has drained;
    a transaction that asks after the kill's commit is refused. ``wait=False`` refuses at once
    where a kill is waiting for its turn.

    Raises:
        Halted: a switch is off, missing, not live yet, or being turned off.
        SwitchUnknown, ScopeUnknown: the caller asks for what does not exist.
        RuntimeError: there is no transaction, or it is not READ COMMITTED.
    """
    asked = pairs(names, scopes)
    turning = _lock_shared(asked, wait=wait)
    consulted = turning or _consult(asked)
    closed = [found for found in consulted if found.state is not State.ON]
    if closed:
        raise Halted(closed)
    return tuple(consulted)


def hold_scopes(names: str | Iterable[str], scopes: Iterable[str]) -> set[str]:
    """Hold the switches of many scopes at once and return the scopes that are open.

    For set-based stages: rows of a closed scope wait, the others go on. Empty when GLOBAL is
    off. The same promise as ``hold_open`` for everything it returns.

    Raises:
        RuntimeError: there is no transaction, or it is not READ COMMITTED.
    """
    asked = pairs(names, scopes := list(scopes))
    _lock_shared(asked, wait=True)
    return _open(_consult(asked), scopes)


def open_scopes(names: str | Iterable[str], scopes: Iterable[str]) -> set[str]:
    """Return which scopes are open now, without holding them: for work outside transactions.

    What is written afterwards asks again with ``hold_scopes`` or ``hold_open``.
    """
    asked = pairs(names, scopes := list(scopes))
    return _open(_consult(asked), scopes)


def explain(names: str | Iterable[str], scopes: Iterable[str]) -> Explanation:
    """Show every switch that the gate would consult and the one that would decide."""
    consulted = tuple(_consult(pairs(names, scopes)))
    return Explanation(
        consulted=consulted,
        decided_by=next((found for found in consulted if found.state is not State.ON), None),
    )


def _open(consulted: Sequence[Consulted], scopes: Iterable[str]) -> set[str]:
    closed = {found.scope for found in consulted if found.state is not State.ON}
    if GLOBAL in closed:
        return set()
    return set(scopes) - closed


def _lock_shared(asked: Sequence[Pair], *, wait: bool) -> list[Consulted]:
    """Take the locks before anything is read; return the switches that are being turned off.

    The reads that follow are a new statement, and in READ COMMITTED a new snapshot: one that
    was taken after the locks were.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("The gate is held by a transaction: open one before you ask.")
    function = "pg_advisory_xact_lock_shared" if wait else "pg_try_advisory_xact_lock_shared"
    keys = [lock_key(name, scope) for name, scope in asked]
    try:
        rows = fetch_all(
            f"SELECT current_setting('transaction_isolation'), {function}(%s, key)"
            " FROM unnest(%s::int4[]) AS key",
            [LOCK_CLASS, keys],
        )
    except OperationalError as error:
        if isinstance(error.__cause__, psycopg.errors.LockNotAvailable):
            raise Halted([Consulted(*pair, State.TURNING) for pair in asked]) from error
        raise
    if rows[0][0] != "read committed":
        raise RuntimeError(f"The gate needs READ COMMITTED and found {rows[0][0].upper()}.")
    return [
        Consulted(*pair, State.TURNING)
        for pair, (_, taken) in zip(asked, rows, strict=True)
        if taken is False
    ]


def _consult(asked: Sequence[Pair]) -> list[Consulted]:
    rows = fetch_all(
        "SELECT asked.name, asked.scope, CASE"
        " WHEN flag.id IS NULL THEN 'MISSING'"
        " WHEN NOT flag.enabled THEN 'OFF'"
        " WHEN flag.live_from > clock_timestamp() THEN 'NOT_YET'"
        " ELSE 'ON' END"
        " FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS asked (name, scope, turn)"
        " LEFT JOIN feature_flag AS flag ON (flag.name, flag.scope) = (asked.name, asked.scope)"
        " ORDER BY asked.turn",
        [[name for name, _ in asked], [scope for _, scope in asked]],
    )
    return [Consulted(name, scope, State(state)) for name, scope, state in rows]
