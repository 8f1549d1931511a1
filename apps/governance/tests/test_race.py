"""The kill against real publishers, each a process with a connection of its own."""

import time
from typing import Any

import pytest
from django.db import transaction

from apps.core.db import execute, fetch_all
from apps.governance import switches
from apps.governance.switches import Halted, State, gate
from apps.governance.switches.registry import pairs
from apps.governance.tests.factories import KICKOFF_EVE
from apps.governance.tests.racing import FORK, OPS, PATIENCE, processes, publish, published

LEAGUE = "league:RACE"
SCOPES = ["GLOBAL", LEAGUE]


def right_gate() -> Any:
    return switches.hold_open(switches.PUBLISH, scopes=SCOPES)


def lock_then_read() -> None:
    """The gate, held up between its two statements until the kill has committed."""
    asked = pairs(switches.PUBLISH, SCOPES)
    gate._lock_shared(asked, wait=True)
    _between.set()
    while switches.explain(switches.PUBLISH, SCOPES).open:
        time.sleep(0.01)
    _refuse_unless_on(gate._consult(asked))


def read_then_lock() -> None:
    """The same with the statements exchanged: what must not be written."""
    asked = pairs(switches.PUBLISH, SCOPES)
    _refuse_unless_on(gate._consult(asked))
    _between.set()
    _killed.wait(PATIENCE)
    gate._lock_shared(asked, wait=True)


def _refuse_unless_on(consulted: list[Any]) -> None:
    closed = [found for found in consulted if found.state is not State.ON]
    if closed:
        raise Halted(closed)


_between, _killed = FORK.Event(), FORK.Event()


def kill(**options: Any) -> switches.Stopped:
    return switches.turn_off(
        switches.PUBLISH, LEAGUE, by=OPS, at=KICKOFF_EVE, reason="A race.", **options
    )


@pytest.fixture
def open_league(fresh_database: Any) -> None:
    switches.create_rows(LEAGUE, by=OPS, at=KICKOFF_EVE)


@pytest.mark.usefixtures("open_league")
class TestKill:
    def test_waits_for_a_publisher_that_had_asked_before(self):
        held = FORK.Event()

        @transaction.atomic
        def publish_slowly() -> None:
            right_gate()
            held.set()
            time.sleep(0.6)
            publish()

        with processes(publish_slowly):
            assert held.wait(PATIENCE)
            stopped = kill()
            seen = published()

        assert (seen, stopped.in_flight, stopped.pids) == (1, 1, ())
        assert stopped.stopped_ms < 500 <= stopped.drained_ms

    def test_can_be_told_before_whom_it_would_wait_for(self):
        held, give_up = FORK.Event(), FORK.Event()

        @transaction.atomic
        def publish_slowly() -> None:
            right_gate()
            held.set()
            give_up.wait(PATIENCE)

        key = switches.lock_key(switches.PUBLISH, LEAGUE)
        with processes(publish_slowly, publish_slowly):
            assert held.wait(PATIENCE)
            deadline = time.monotonic() + PATIENCE
            while (seen := switches.in_flight().get(key, 0)) < 2 and time.monotonic() < deadline:
                time.sleep(0.01)
            give_up.set()

        assert seen == 2
        assert switches.in_flight().get(key, 0) == 0

    def test_says_who_did_not_finish_in_time(self):
        held, give_up = FORK.Event(), FORK.Event()
        pids = FORK.Queue()

        @transaction.atomic
        def publish_for_ever() -> None:
            right_gate()
            pids.put(fetch_all("SELECT pg_backend_pid()")[0][0])
            held.set()
            give_up.wait(PATIENCE)

        with processes(publish_for_ever):
            assert held.wait(PATIENCE)
            stopped = kill(drain_seconds=1)
            pid = pids.get(timeout=PATIENCE)
            still_off = not switches.explain(switches.PUBLISH, SCOPES).open
            give_up.set()

        assert (stopped.drained_ms, stopped.pids, still_off) == (None, (pid,), True)
        assert f"NOT drained: still running in server processes {pid}" in str(stopped)

    def test_is_noticed_at_once_by_who_will_not_wait(self):
        held, finish = FORK.Event(), FORK.Event()
        found = FORK.Queue()

        @transaction.atomic
        def publish_when_told() -> None:
            right_gate()
            held.set()
            finish.wait(PATIENCE)

        def ask_without_waiting() -> None:
            while not _somebody_waits():
                time.sleep(0.01)
            try:
                with transaction.atomic():
                    switches.hold_open(switches.PUBLISH, scopes=SCOPES, wait=False)
            except Halted as refused:
                found.put([state.state.value for state in refused.closed])
            finish.set()

        with processes(publish_when_told, ask_without_waiting):
            assert held.wait(PATIENCE)
            kill()

        assert found.get(timeout=PATIENCE) == ["TURNING"]

    def test_refuses_inside_a_transaction_that_could_take_it_back(self):
        with pytest.raises(RuntimeError), transaction.atomic():
            kill()

        assert switches.explain(switches.PUBLISH, SCOPES).open


def _somebody_waits() -> bool:
    return bool(
        fetch_all(
            "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            " AND classid = %s::bigint::oid"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            [gate.LOCK_CLASS],
        )
    )


@pytest.mark.usefixtures("open_league")
class TestTheOrder:
    """One publisher is stopped between the gate's two statements, in either order."""

    @pytest.mark.parametrize(("ask", "late"), [(read_then_lock, 1), (lock_then_read, 0)])
    def test_of_lock_and_read_is_what_protects(self, ask, late):
        _between.clear()
        _killed.clear()

        def publish_around_the_kill() -> None:
            try:
                with transaction.atomic():
                    ask()
                    publish()
            except Halted:
                return

        with processes(publish_around_the_kill):
            assert _between.wait(PATIENCE)
            kill()
            before = published()
            _killed.set()

        assert (before, published()) == (0, late)


@pytest.mark.usefixtures("open_league")
class TestIsolation:
    @pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
    def test_other_than_read_committed_is_refused(self, level):
        @transaction.atomic
        def ask() -> None:
            execute(f"SET TRANSACTION ISOLATION LEVEL {level}")
            right_gate()

        with pytest.raises(RuntimeError, match=level):
            ask()
