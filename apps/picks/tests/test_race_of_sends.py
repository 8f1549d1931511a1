"""Kills against the real publication and the real deliverer, over sockets.

No pick and no message is later than the barrier.
"""

import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError

from apps.core.tenancy import tenant_scope
from apps.governance import switches
from apps.governance.actions import approve
from apps.governance.models import AuditEntry
from apps.governance.tests.racing import FORK, OLIVIA, OPS, OTTO, PATIENCE, processes
from apps.picks import actions
from apps.picks.models import Delivery, Pick
from apps.picks.tests.boards import limits, opine
from apps.picks.tests.channels import enter_bot, open_chat, telegram
from apps.picks.tests.factories import NOON_BEFORE, Game, make_pick
from apps.rulebook.errors import RuleBroken
from apps.tenants.actions import suspend_tenant

LATER = NOON_BEFORE + timedelta(minutes=2)
EPOCH = datetime(2026, 11, 24, 9, tzinfo=UTC)
PUBLISHERS, DELIVERERS, PICKS, MOST_KILLS = 4, 4, 40, 24
# What is killed, and whether nothing at all or only no message goes out then.
TARGETS = (
    ("PUBLISH", "GLOBAL"),
    ("PUBLISH", "tenant:acme"),
    ("PUBLISH", "league:NFL"),
    ("PUBLISH", "market:SPREAD"),
    ("PUBLISH_TELEGRAM", "GLOBAL"),
    ("PUBLISH_TELEGRAM", "tenant:acme"),
    ("PUBLISH_TELEGRAM", "league:NFL"),
)


@pytest.fixture(scope="module")
def far_away(module_sandbox):
    return module_sandbox(epoch=EPOCH, messages_a_minute=1_000_000, messages_a_second=100_000)


@pytest.fixture
def outside(far_away):
    with telegram(far_away) as seen:
        yield seen


@pytest.fixture
def channel(fresh_database, acme, queued) -> Any:
    with tenant_scope(acme):
        enter_bot(acme, NOON_BEFORE)
        opine(acme, **limits())
        return open_chat(acme, NOON_BEFORE)


def kill(name: str, scope: str) -> switches.Stopped:
    return switches.turn_off(name, scope, by=OPS, at=LATER, reason="A race.")


def turn_on(name: str, scope: str) -> None:
    why = {"at": LATER, "reason": "The next round."}
    if scope == "GLOBAL":
        asked = switches.ask_to_turn_on(name, scope, by=OLIVIA, **why)
        approve(approval_id=asked.pk, by=OTTO, **why)
    else:
        switches.turn_on(name, scope, by=OPS, **why)


@dataclass(frozen=True, slots=True)
class Seen:
    """What is out: by the record, by what Telegram was told of it, and in how many calls."""

    picks: int
    told: int
    calls: int

    @classmethod
    def now(cls, outside: Any) -> "Seen":
        told = told_of(outside)
        calls = outside.calls("sendMessage") + outside.calls("editMessageText")
        with tenant_scope("acme"):
            return cls(Pick.objects.live().count(), told, calls)


def told_of(outside: Any) -> int:
    """Picks that stand in the chat: each names itself once, alone or in its day's message."""
    return sum(text.count("Pick ") for text in outside.texts())


@pytest.mark.slow
@pytest.mark.timeout(300)
class TestKills:
    @pytest.mark.parametrize("in_slates", [False, True])
    def test_let_no_pick_and_no_message_out_behind_the_barrier(
        self, in_slates, channel, outside, acme
    ):
        with tenant_scope(acme):
            waiting = [make_pick(Game(), version=1).pk for _ in range(PICKS)]
        before, stop = told_of(outside), FORK.Event()

        def publish(number: int) -> Any:
            mine = waiting[number::PUBLISHERS]

            def work() -> None:
                with tenant_scope("acme"):
                    while mine and not stop.is_set():
                        try:
                            actions.publish_pick(pick_id=mine[-1], by=OPS, at=LATER)
                        except (switches.Halted, OperationalError):
                            # Stopped; or, on a busy machine, another publisher of the tenant was
                            # waited for longer than a lock is.
                            time.sleep(0.005)
                        else:
                            mine.pop()

            return work

        def deliver() -> None:
            with tenant_scope("acme"):
                while not stop.is_set():
                    done = actions.deliver_due(in_slates=in_slates, by=OPS, at=LATER, most=3)
                    if not done.outcomes:
                        time.sleep(0.005)

        late, both, kills = [], 0, 0
        work = [*(publish(number) for number in range(PUBLISHERS)), *[deliver] * DELIVERERS]
        with processes(*work):
            try:
                while kills < MOST_KILLS and Seen.now(outside).told - before < PICKS:
                    time.sleep(0.05 + random.random() * 0.1)
                    name, scope = random.choice(TARGETS)
                    kill(name, scope)
                    at_once = Seen.now(outside)
                    time.sleep(0.03)
                    after = Seen.now(outside)
                    turn_on(name, scope)
                    kills += 1
                    both += at_once.picks > 0 and at_once.told > before
                    if (after.told, after.calls) != (at_once.told, at_once.calls):
                        late.append((name, scope, at_once, after))
                    if name == "PUBLISH" and after.picks != at_once.picks:
                        late.append((name, scope, at_once, after))
                _until_all_is_out(outside, before)
            finally:
                stop.set()

        assert late == []
        assert kills >= 4
        assert both >= 2, "picks and messages went out between the kills"
        with tenant_scope(acme):
            assert Pick.objects.live().count() == PICKS
            sent = Delivery.objects.filter(channel="TELEGRAM")
            assert set(sent.values_list("status", flat=True)) == {"SENT"}
            assert sent.count() == PICKS == told_of(outside) - before


def _until_all_is_out(outside: Any, before: int) -> None:
    """Nothing is lost by a kill: what waited goes out when everything is on."""
    deadline = time.monotonic() + 3 * PATIENCE
    while told_of(outside) - before < PICKS and time.monotonic() < deadline:
        time.sleep(0.05)


class TestAKillDuringASend:
    """Row 15: the deliverer waits for an answer; the kill waits for the deliverer."""

    def test_waits_for_the_answer_and_sends_nothing_more(self, channel, outside, acme):
        with tenant_scope(acme):
            for _ in range(2):
                actions.publish_pick(pick_id=make_pick(Game(), version=1).pk, by=OPS, at=LATER)
        before = len(outside.messages())
        outside.plan({"fault": "bot_accepts_then_hangs", "seconds": 1.2, "times": 1})

        def deliver() -> None:
            with tenant_scope("acme"):
                actions.deliver_due(by=OPS, at=LATER)

        key = switches.lock_key("PUBLISH", "tenant:acme")
        with processes(deliver):
            deadline = time.monotonic() + PATIENCE
            while len(outside.messages()) == before and time.monotonic() < deadline:
                time.sleep(0.01)
            assert switches.in_flight().get(key) == 1
            stopped = kill("PUBLISH", "tenant:acme")
            with tenant_scope(acme):
                rows = sorted(
                    Delivery.objects.filter(channel="TELEGRAM").values_list("status", flat=True)
                )
        with tenant_scope(acme):
            later = actions.deliver_due(by=OPS, at=LATER)

        assert (stopped.in_flight, stopped.pids) == (1, ())
        assert stopped.drained_ms is not None
        assert stopped.stopped_ms < stopped.drained_ms < 8_000
        assert rows == ["PENDING", "UNKNOWN"]  # what was under way is written before it drained
        assert later.outcomes == {}
        assert len(outside.messages()) == before + 1


class TestASuspensionDuringAPublication:
    """Row 31: the status is read again behind the gate, and suspending takes the barrier."""

    def test_lets_nothing_out_behind_the_barrier(self, channel, fresh_database, acme, ops):
        with tenant_scope(acme):
            waiting = [make_pick(Game(), version=1).pk for _ in range(24)]
        begun = FORK.Event()

        def publish(number: int) -> Any:
            def work() -> None:
                for pick_id in waiting[number::4]:
                    try:
                        with tenant_scope("acme"):
                            actions.publish_pick(pick_id=pick_id, by=OPS, at=LATER)
                    except (RuleBroken, OperationalError):
                        return
                    begun.set()

            return work

        with processes(*(publish(number) for number in range(4))):
            assert begun.wait(PATIENCE)
            stopped = suspend_tenant(schema=acme, by=ops, at=LATER, reason="Unpaid.")
            at_once = _published(acme)
            time.sleep(0.2)

        assert stopped.drained_ms is not None
        assert 0 < _published(acme) == at_once


def _published(schema: str) -> int:
    """Count past the tenant's own door, which is closed."""
    return AuditEntry.across_tenants.filter(action="pick.published", tenant_schema=schema).count()
