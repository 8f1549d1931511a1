"""The barrier: who still holds a switch, and waiting until they are gone."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import psycopg
from django.db import OperationalError, transaction

from apps.core.db import execute, fetch_all
from apps.core.formats import milliseconds
from apps.governance.switches.gate import LOCK_CLASS
from apps.governance.switches.registry import lock_key, switches_at

DRAIN_SECONDS = 15  # longer than any publisher is allowed to take


@dataclass(frozen=True, slots=True)
class Stopped:
    """How a kill went, by the database's clock, counted from the moment it was asked for."""

    stopped_ms: float  # committed: nothing that asks later goes through
    drained_ms: float | None  # everybody who had asked before is gone; None: not in time
    in_flight: int  # how many there were when the kill had committed
    pids: tuple[int, ...]  # server processes that still held the switch when we gave up

    def __str__(self) -> str:
        stopped = f"stopped after {milliseconds(self.stopped_ms)}"
        if self.drained_ms is None:
            holders = ", ".join(map(str, self.pids))
            return f"{stopped}, NOT drained: still running in server processes {holders}"
        return (
            f"{stopped}, drained after {milliseconds(self.drained_ms)},"
            f" {self.in_flight} in flight finished"
        )


def drain_scope(
    scope: str, *, names: Iterable[str] | None = None, drain_seconds: int = DRAIN_SECONDS
) -> Stopped:
    """Wait until everybody who holds a switch at ``scope`` is gone: the barrier without a kill.

    For a change that publishers read under their gate, such as the status of a tenant, or an
    alert: commit the change first, then drain. All switches of the scope, or those named.

    Raises:
        RuntimeError: a transaction is open, so that the change would not be committed.
    """
    with transaction.atomic(durable=True):
        [(asked_at,)] = fetch_all("SELECT clock_timestamp()")
    keys = sorted(lock_key(name, scope) for name in names or switches_at(scope))
    return drain(keys, asked_at, drain_seconds)


def drain(keys: Iterable[int], asked_at: datetime, seconds: int) -> Stopped:
    """Take each lock alone, in a transaction of its own, and let it go at once.

    One at a time, so that this can never be part of a deadlock.
    """
    keys = list(keys)
    stopped_at, in_flight = _holders(keys)
    pids = {pid for key in keys for pid in _wait_alone(key, seconds)}
    [(drained_at,)] = fetch_all("SELECT clock_timestamp()")
    return Stopped(
        stopped_ms=_milliseconds(asked_at, stopped_at),
        drained_ms=None if pids else _milliseconds(asked_at, drained_at),
        in_flight=len(in_flight),
        pids=tuple(sorted(pids)),
    )


def in_flight() -> dict[int, int]:
    """Count who holds each switch now, by its lock key: work that a kill would wait for."""
    return {
        int(key) - ((int(key) & 0x80000000) << 1): holders
        for key, holders in fetch_all(
            "SELECT objid::bigint, count(DISTINCT pid) FROM pg_locks"
            " WHERE locktype = 'advisory' AND granted AND mode = 'ShareLock'"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            " AND classid = %s::bigint::oid AND objsubid = 2 AND pid <> pg_backend_pid()"
            " GROUP BY objid",
            [LOCK_CLASS],
        )
    }


def _wait_alone(key: int, seconds: int) -> list[int]:
    """Wait for a lock at most ``seconds``; return who held it where that was too short."""
    try:
        with transaction.atomic(durable=True):
            # The role's usual statement timeout would end the wait first.
            execute(
                "SELECT set_config('statement_timeout', %s, true),"
                " set_config('lock_timeout', %s, true)",
                [f"{seconds + 5}s", f"{seconds}s"],
            )
            execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK_CLASS, key])
    except OperationalError as error:
        if isinstance(error.__cause__, psycopg.errors.LockNotAvailable):
            return _holders([key])[1]
        raise
    return []


def _holders(keys: Iterable[int]) -> tuple[datetime, list[int]]:
    """Find the server processes that hold one of these switches, and when that was.

    One statement, and no transaction around it: the clock is part of how a kill is measured.
    """
    [(now, pids)] = fetch_all(
        "SELECT clock_timestamp(), ARRAY(SELECT DISTINCT pid FROM pg_locks"
        " WHERE locktype = 'advisory' AND granted"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        " AND classid = %s::bigint::oid AND objid::bigint = ANY(%s::bigint[]) AND objsubid = 2"
        " AND pid <> pg_backend_pid() ORDER BY pid)",
        [LOCK_CLASS, [key & 0xFFFFFFFF for key in keys]],
    )
    return now, pids


def _milliseconds(start: datetime, end: datetime) -> float:
    return (end - start).total_seconds() * 1000
