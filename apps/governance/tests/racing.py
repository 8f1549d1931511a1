"""A race: publishers in processes of their own, and somebody who stops them again and again.

The oracle is the order of commits. Every publication says by the database's clock when it was
written, and in which scopes. What stood when the barrier had been taken is counted at once and
once more at the end: more at the end is a publication that committed after the barrier. What was
written while its scope was closed is another one.
"""

import multiprocessing
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from apps.core.actor import Actor, ActorType
from apps.core.db import execute, fetch_all
from apps.core.ids import uuid7
from apps.governance import actions, alerts, switches
from apps.governance.models import AuditEntry
from apps.governance.switches import GLOBAL, PUBLISH, Halted, Stopped, gate
from apps.governance.switches.registry import Pair, pairs
from apps.governance.tests.factories import KICKOFF_EVE
from apps.rulebook.alerts import AlertKind

OPS = Actor.system("race")
OLIVIA, OTTO = (Actor(type=ActorType.OPS, id=f"{name}@race.test") for name in ("olivia", "otto"))
FORK = multiprocessing.get_context("fork")
PATIENCE = 20  # seconds that a process may take before the test gives up on it

TENANTS = ("tenant:acme", "tenant:rival")
LEAGUES = ("league:RACE", "league:CHASE")
MARKETS = ("market:SPREAD", "market:TOTAL")
PLACES = (GLOBAL, *TENANTS, *LEAGUES, *MARKETS)
IN_FLIGHT_S = 0.03  # a publication takes up to that long between its question and its row
FEW = 0.003

Ask = Callable[[Sequence[str]], Any]


@contextmanager
def processes(*work: Callable[[], None]) -> Iterator[list[Any]]:
    """Run each function in a process of its own, with a fresh connection."""

    def alone(task: Callable[[], None]) -> None:
        random.seed()
        task()
        connection.close()

    connection.close()  # a forked child must not share it
    running = [FORK.Process(target=alone, args=(task,)) for task in work]
    for process in running:
        process.start()
    try:
        yield running
    finally:
        for process in running:
            process.join(PATIENCE)
            if process.is_alive():
                process.kill()
        connection.close()


# How to ask: the gate, and three ways to ask that must leak


def right_gate(scopes: Sequence[str]) -> None:
    switches.hold_open(PUBLISH, scopes=scopes, tier="EDGE")


def plain_read(scopes: Sequence[str]) -> None:
    """No lock at all: what a cached or plain flag does."""
    _refuse_unless_open(pairs(PUBLISH, scopes))


def read_before_lock(scopes: Sequence[str]) -> None:
    asked = pairs(PUBLISH, scopes)
    _refuse_unless_open(asked)
    time.sleep(random.random() * FEW)
    gate._lock_shared(asked, wait=True)


def repeatable_read(scopes: Sequence[str]) -> None:
    """The right order, on a snapshot that an earlier statement of the transaction has fixed."""
    execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    fetch_all("SELECT 1")
    time.sleep(random.random() * FEW)
    asked = pairs(PUBLISH, scopes)
    # As the gate does it, without its refusal of this level.
    execute(
        "SELECT pg_advisory_xact_lock_shared(%s, key) FROM unnest(%s::int4[]) AS key",
        [gate.LOCK_CLASS, [switches.lock_key(name, scope) for name, scope in asked]],
    )
    _refuse_unless_open(asked)


def _refuse_unless_open(asked: Sequence[Pair]) -> None:
    found = switches.Explanation(tuple(gate._consult(asked)))
    if closed := found.closes("EDGE"):
        raise Halted(closed)


# Publishing and stopping


def publish(scopes: Sequence[str] = ()) -> None:
    """Write a publication: a row that knows when, and where it may be seen."""
    execute(
        "INSERT INTO job_run (id, job, slot, tenant_schema, outcome, attempt, at, started_at,"
        " counts, error, actor) VALUES (%s, 'race', %s, 'public', 'RUNNING', 1, now(),"
        " clock_timestamp(), '{}', %s, '')",
        [uuid7(), str(uuid7()), "|".join(["", GLOBAL, *scopes, ""])],
    )


def published(
    scope: str = GLOBAL, *, after: datetime | None = None, until: datetime | None = None
) -> int:
    [(count,)] = fetch_all(
        "SELECT count(*) FROM job_run WHERE job = 'race' AND tenant_schema = 'public'"
        " AND started_at > coalesce(%s, '-infinity'::timestamptz)"
        " AND started_at <= coalesce(%s, 'infinity'::timestamptz) AND strpos(error, %s) > 0",
        [after, until, f"|{scope}|"],
    )
    return int(count)


def machine_time() -> datetime:
    [(now,)] = fetch_all("SELECT clock_timestamp()")
    moment: datetime = now
    return moment


@dataclass(slots=True)
class Kill:
    """One stop of one scope, and what was written there before, at once and while it lasted."""

    scope: str
    by_alert: bool
    open_since: datetime
    stopped: Stopped | None = None  # an alert keeps its own in the audit
    drained_at: datetime | None = None
    seen_at_once: int = 0
    open_again: datetime | None = None
    late: int = 0


@dataclass(frozen=True, slots=True)
class Race:
    kills: list[Kill]
    publications: int
    longest_ms: float  # between asking and commit, of any publication

    @property
    def late(self) -> int:
        return sum(kill.late for kill in self.kills)

    @property
    def stops(self) -> list[Stopped]:
        """How the switches among the kills went."""
        return [kill.stopped for kill in self.kills if kill.stopped]


def open_everything() -> None:
    for scope in LEAGUES:
        switches.create_rows(scope, by=OPS, at=KICKOFF_EVE)


def race(
    ask: Ask,
    *,
    publishers: int = 12,
    kills: int = 200,
    in_flight_s: float = IN_FLIGHT_S,
    until_late: bool = False,
) -> Race:
    """Let publishers run without a pause and stop them so often, at random moments and places.

    With ``until_late`` it is over as soon as something was late.
    """
    stop = FORK.Event()
    longest = FORK.Array("d", publishers)

    def publish_until_stopped(number: int) -> Callable[[], None]:
        def work() -> None:
            while not stop.is_set():
                scopes = [random.choice(some) for some in (TENANTS, LEAGUES, MARKETS)]
                began = time.perf_counter()
                try:
                    with transaction.atomic():
                        ask(scopes)
                        time.sleep(random.random() * in_flight_s)
                        publish(scopes)
                except Halted:
                    time.sleep(0.001)
                else:
                    longest[number] = max(longest[number], time.perf_counter() - began)

        return work

    done: list[Kill] = []
    with processes(*(publish_until_stopped(number) for number in range(publishers))):
        began = machine_time()
        _until(lambda: published() >= 3 * publishers)
        open_since = dict.fromkeys(PLACES, began)
        try:
            while len(done) < kills:
                time.sleep(random.random() * 0.01)
                kill = _kill(random.choice(PLACES), open_since)
                done.append(kill)
                if until_late and _late(kill):
                    break
        finally:
            stop.set()
    for kill in done:
        kill.late = _late(kill)
    return Race(done, published(), max(longest) * 1000)


def _kill(scope: str, open_since: dict[str, datetime]) -> Kill:
    by_alert = scope != GLOBAL and random.random() < 0.25
    kill = Kill(scope, by_alert, open_since[scope])
    if by_alert:
        alert = alerts.raise_alert(
            *(AlertKind.FEED_STALE,),
            **{"scope": scope, "step": 1, "detail": "A race.", "by": OPS, "at": KICKOFF_EVE},
        )
    else:
        kill.stopped = switches.turn_off(PUBLISH, scope, by=OPS, at=KICKOFF_EVE, reason="A race.")
    kill.drained_at = machine_time()
    kill.seen_at_once = published(scope, after=kill.open_since, until=kill.drained_at)
    time.sleep(random.random() * FEW)
    kill.open_again = machine_time()
    if by_alert:
        alerts.resolve(alert_id=alert.pk, by=OPS, at=KICKOFF_EVE, reason="The next round.")
    else:
        _turn_on(scope)
    open_since[scope] = machine_time()
    return kill


def _turn_on(scope: str) -> None:
    if scope != GLOBAL:
        switches.turn_on(PUBLISH, scope, by=OPS, at=KICKOFF_EVE, reason="The next round.")
        return
    asked = switches.ask_to_turn_on(
        PUBLISH, scope, by=OLIVIA, at=KICKOFF_EVE, reason="The next round."
    )
    actions.approve(approval_id=asked.pk, by=OTTO, at=KICKOFF_EVE, reason="The next round.")


def _late(kill: Kill) -> int:
    """Count what committed after the barrier, and what was written behind it."""
    before = published(kill.scope, after=kill.open_since, until=kill.drained_at)
    behind = published(kill.scope, after=kill.drained_at, until=kill.open_again)
    return before - kill.seen_at_once + behind


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("The publishers do not publish.")
        time.sleep(0.01)


def barriers_of_alerts() -> int:
    return AuditEntry.across_tenants.filter(action=alerts.HELD_BACK).count()
