"""Asking a switch: the lock first, then the rows, and any doubt is a no.

What is published is held back by more than switches: by alerts that are open, and by nobody
looking for any. All of it is read by one statement after the locks, so that an alert that has
been opened stops as surely as a switch that was turned off.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import psycopg
from django.db import DatabaseError, OperationalError, connection, transaction

from apps.core.db import fetch_all
from apps.governance.switches.registry import GLOBAL, PUBLISH, Pair, lock_key, pairs
from apps.rulebook.degrade import Mode, lets_through, strictest
from apps.rulebook.errors import RuleBroken

logger = logging.getLogger(__name__)

LOCK_CLASS = 0x6B696C6C  # "kill": the first half of every advisory lock of the switches


class State(StrEnum):
    """What the gate finds when it asks one switch, or of what holds publishing back besides."""

    ON = "ON"
    OFF = "OFF"
    NOT_YET = "NOT_YET"  # on, from an instant that the database's clock has not reached
    MISSING = "MISSING"  # no row: refuses, as off does
    TURNING = "TURNING"  # somebody is turning it off at this moment
    EDGE_ONLY = "EDGE_ONLY"  # an open alert: the best picks only
    NONE = "NONE"  # an open alert: no pick
    UNWATCHED = "UNWATCHED"  # who looks for alerts has not done so for too long
    UNREADABLE = "UNREADABLE"  # the database does not say


# A switch stands in the way, not an alert.
OFF_STATES = frozenset({State.OFF, State.NOT_YET, State.MISSING, State.TURNING})
_MODES = {State.ON: Mode.FULL, State.EDGE_ONLY: Mode.EDGE_ONLY}


@dataclass(frozen=True, slots=True)
class Consulted:
    """One switch, alert or heartbeat as it was found."""

    name: str
    scope: str
    state: State

    @property
    def mode(self) -> Mode:
        """What it lets through."""
        return _MODES.get(self.state, Mode.NONE)

    def __str__(self) -> str:
        return f"{self.name} at {self.scope} is {self.state.replace('_', ' ')}"


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that was consulted about a subject, and what that adds up to."""

    consulted: tuple[Consulted, ...]

    @property
    def mode(self) -> Mode:
        return strictest(found.mode for found in self.consulted)

    @property
    def open(self) -> bool:
        """Whether anything may go through at all."""
        return self.mode is not Mode.NONE

    @property
    def decided_by(self) -> Consulted | None:
        """The first of those that take most away; None: everything is on."""
        if self.mode is Mode.FULL:
            return None
        return next(found for found in self.consulted if found.mode is self.mode)

    def lets(self, tier: str) -> bool:
        """Whether a pick of this tier may go out."""
        return lets_through(self.mode, tier)

    def closes(self, tier: str) -> list[Consulted]:
        """Name what stands in the way of a pick of this tier; of anything, where it has none."""
        return [found for found in self.consulted if not lets_through(found.mode, tier)]


class Halted(RuleBroken):
    code = "SWITCH_OFF"

    def __init__(self, closed: Sequence[Consulted]) -> None:
        super().__init__("; ".join(map(str, closed)) + ".")
        self.closed = tuple(closed)


@dataclass(frozen=True, slots=True)
class Held:
    """What the gate found for many subjects at once, and holds until the transaction ends."""

    asked: tuple[Pair, ...]
    consulted: tuple[Consulted, ...]

    def at(self, scopes: Iterable[str]) -> Explanation:
        """Pick out what bears on a subject with these scopes, GLOBAL among them.

        A scope that was not asked is closed.
        """
        places = {GLOBAL, *scopes}
        unasked = sorted(places - {scope for _, scope in self.asked})
        return Explanation(
            (
                *(found for found in self.consulted if found.scope in places),
                *(Consulted("nothing asked", scope, State.MISSING) for scope in unasked),
            )
        )


def hold_open(
    names: str | Iterable[str], *, scopes: Iterable[str], tier: str = "", wait: bool = True
) -> Mode:
    """Refuse unless everything is open, and hold it so until the transaction ends.

    Call it first in the transaction. What commits under it commits before a kill has drained;
    a transaction that asks after the kill's commit is refused. ``tier`` is the tier of the pick
    that is to go out: while alerts let only the best through, another one is refused, and so is
    what has none. ``wait=False`` refuses at once where a kill is waiting for its turn.

    Returns how much may go out, for a pick whose tier is found out later.

    Raises:
        Halted: a switch is off, missing, not live yet, or being turned off; an alert is open
            that leaves no room for this; nobody looks for alerts; or none of it can be read.
        SwitchUnknown, ScopeUnknown: the caller asks for what does not exist.
        RuntimeError: there is no transaction, or it is not READ COMMITTED.
    """
    asked = pairs(names, scopes)
    found = Explanation(tuple(_lock_shared(asked, wait=wait) or _consult_closed(asked)))
    if closed := found.closes(tier):
        raise Halted(closed)
    return found.mode


def hold(names: str | Iterable[str], scopes: Iterable[str]) -> Held:
    """Hold what many subjects ask at once; each is then looked up in what was found.

    For set-based publication: a pick behind a closed switch waits, and the others go on. The
    same promise as ``hold_open`` for everything that is found open.

    Raises:
        Halted: the switches cannot be read.
        RuntimeError: there is no transaction, or it is not READ COMMITTED.
    """
    asked = pairs(names, scopes)
    _lock_shared(asked, wait=True)
    return Held(tuple(asked), tuple(_consult_closed(asked)))


def hold_scopes(names: str | Iterable[str], scopes: Iterable[str]) -> set[str]:
    """Hold the switches of many scopes at once and return the scopes that are open.

    For set-based stages: rows of a closed scope wait, the others go on. Empty when GLOBAL is
    off. The same promise as ``hold_open`` for everything it returns.

    Raises:
        RuntimeError: there is no transaction, or it is not READ COMMITTED.
    """
    return _open(hold(names, scopes := list(scopes)).consulted, scopes)


def open_scopes(names: str | Iterable[str], scopes: Iterable[str]) -> set[str]:
    """Return which scopes are open now, without holding them: for work outside transactions.

    What is written afterwards asks again with ``hold_scopes`` or ``hold_open``.
    """
    asked = pairs(names, scopes := list(scopes))
    return _open(_consult(asked), scopes)


def explain(names: str | Iterable[str], scopes: Iterable[str]) -> Explanation:
    """Show everything that the gate would consult and what would decide.

    For showing: where the database does not say, that is what is shown, and nothing is open.
    """
    asked = pairs(names, scopes)
    try:
        with transaction.atomic():
            return Explanation(tuple(_consult(asked)))
    except DatabaseError:
        logger.exception("The switches cannot be read")
        return Explanation(tuple(Consulted(*pair, State.UNREADABLE) for pair in asked))


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


_SWITCHES = """
SELECT 1, asked.turn, asked.name, asked.scope, CASE
    WHEN flag.id IS NULL THEN 'MISSING'
    WHEN NOT flag.enabled THEN 'OFF'
    WHEN flag.live_from > clock_timestamp() THEN 'NOT_YET'
    ELSE 'ON' END
FROM unnest(%(names)s::text[], %(scopes)s::text[]) WITH ORDINALITY AS asked (name, scope, turn)
LEFT JOIN feature_flag AS flag ON (flag.name, flag.scope) = (asked.name, asked.scope)
"""
# A tenant's alerts bear on that tenant, and the platform's on everybody: the tenant's role sees
# no others either. An effect that is not known here takes everything away.
_ALERTS = """
SELECT 2, 0, alert.kind, alert.scope, CASE
    WHEN bool_and(alert.effect = 'EDGE_ONLY') THEN 'EDGE_ONLY' ELSE 'NONE' END
FROM ops_alert AS alert
WHERE alert.state <> 'RESOLVED' AND alert.effect <> 'NOTHING' AND alert.scope = ANY(%(places)s)
    AND (alert.tenant_schema = 'public' OR 'tenant:' || alert.tenant_schema = ANY(%(places)s))
GROUP BY alert.kind, alert.scope
"""
_WATCH = """
SELECT 3, 0, beat.name, 'GLOBAL', 'UNWATCHED'
FROM heartbeat AS beat
WHERE beat.beaten_at < clock_timestamp() - make_interval(secs => beat.limit_s)
"""


def _consult_closed(asked: Sequence[Pair]) -> list[Consulted]:
    """Consult, and take a database that does not say for a no: the transaction is over with it."""
    try:
        return _consult(asked)
    except DatabaseError as error:
        logger.exception("The switches cannot be read")
        raise Halted([Consulted(*pair, State.UNREADABLE) for pair in asked]) from error


def _consult(asked: Sequence[Pair]) -> list[Consulted]:
    """Read the switches and, where it is about publishing, what else holds it back."""
    statement = _SWITCHES
    if any(name == PUBLISH for name, _ in asked):
        statement = " UNION ALL ".join((_SWITCHES, _ALERTS, _WATCH))
    rows = fetch_all(
        f"{statement} ORDER BY 1, 2, 4, 3",
        {
            "names": [name for name, _ in asked],
            "scopes": [scope for _, scope in asked],
            "places": sorted({scope for _, scope in asked}),
        },
    )
    return [Consulted(name, scope, State(state)) for _, _, name, scope, state in rows]
