"""The fault table's rows about messages, with real kills: nobody hears anything twice.

Rows 1 to 4, 10, 13 and 15; what Telegram itself does wrong is in ``test_deliver_due``.
"""

import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import transaction
from django.test import override_settings

from apps.core.db import execute, fetch_all
from apps.core.tenancy import tenant_scope
from apps.governance import switches
from apps.governance.models import OpsAlert
from apps.governance.tests.racing import PATIENCE, processes
from apps.picks import actions
from apps.picks.actions.delivering import sending
from apps.picks.models import Delivery, Pick
from apps.picks.tests.boards import limits, opine
from apps.picks.tests.channels import enter_bot, open_chat, telegram
from apps.picks.tests.factories import NOON_BEFORE, Game, make_pick
from apps.rulebook.errors import RuleBroken
from apps.rulebook.lifecycle import PickStatus

LATER = NOON_BEFORE + timedelta(minutes=2)
EPOCH = datetime(2026, 11, 24, 9, tzinfo=UTC)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def far_away(module_sandbox):
    return module_sandbox(epoch=EPOCH, messages_a_minute=100_000, messages_a_second=100_000)


@pytest.fixture
def outside(far_away):
    with telegram(far_away) as seen:
        yield seen


@pytest.fixture
def acme_sends(fresh_database, acme) -> str:
    """acme has a bot and a channel, and no limits that a test would meet."""
    with tenant_scope(acme):
        opine(acme, **limits())
        enter_bot(acme, NOON_BEFORE)
        open_chat(acme, NOON_BEFORE)
    return acme


def waiting(number: int = 1) -> list[Any]:
    with tenant_scope("acme"):
        return [make_pick(Game(), version=1).pk for _ in range(number)]


def publish(pick_ids: list[Any], ops) -> None:
    with tenant_scope("acme"):
        for pick_id in pick_ids:
            actions.publish_pick(pick_id=pick_id, by=ops, at=LATER)


def deliver(ops) -> dict[str, int]:
    with tenant_scope("acme"):
        return actions.deliver_due(by=ops, at=LATER).outcomes


def sweep(ops) -> actions.SweptDeliveries:
    with tenant_scope("acme"):
        return actions.sweep_deliveries(by=ops, at=LATER)


def die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def killed(work: Callable[[], None]) -> None:
    """Run this in a process that does not live to see its end."""
    with processes(work) as running:
        running[0].join(PATIENCE)
    assert running[0].exitcode == -signal.SIGKILL


def rows() -> list[tuple[str, int]]:
    with tenant_scope("acme"):
        sent = Delivery.objects.filter(channel="TELEGRAM").order_by("due_at", "pk")
        return list(sent.values_list("status", "attempts"))


def lapse_leases() -> None:
    with tenant_scope("acme"):
        execute(
            "UPDATE delivery SET lease_until = clock_timestamp() - interval '1 s'"
            " WHERE status = 'LEASED'"
        )


class TestKills:
    def test_row_1_before_the_commit_nothing_was_published(self, acme_sends, ops, outside):
        picks = waiting()
        before = len(outside.messages())

        def publish_and_die() -> None:
            with transaction.atomic():
                publish(picks, ops)
                die()

        killed(publish_and_die)

        with tenant_scope("acme"):
            assert Pick.objects.get().status == PickStatus.PROPOSED
            assert not Delivery.objects.exists()
        # The message of the broker comes again, and this time it is heard to its end.
        publish(picks, ops)
        assert deliver(ops) == {"SENT": 1}
        assert len(outside.messages()) == before + 1

    def test_row_2_before_telegram_the_sweep_sends_it_once(self, acme_sends, ops, outside):
        picks = waiting()
        before = len(outside.messages())

        def publish_and_die() -> None:
            publish(picks, ops)
            die()

        killed(publish_and_die)

        assert rows() == [("PENDING", 0)]
        assert sweep(ops).rung
        assert deliver(ops) == {"SENT": 1}
        assert deliver(ops) == {}
        assert len(outside.messages()) == before + 1

    def test_row_3_after_telegram_accepted_nobody_sends_it_again(
        self, acme_sends, ops, outside, monkeypatch
    ):
        publish(waiting(), ops)
        before = len(outside.messages())
        monkeypatch.setattr(sending, "act_on", die)

        killed(lambda: deliver(ops) and None)

        assert len(outside.messages()) == before + 1
        assert rows() == [("LEASED", 1)]
        monkeypatch.undo()
        with override_settings(TELEGRAM_URL=outside.address):
            assert (sweep(ops).expired, deliver(ops)) == ({}, {})  # its lease still lasts
            lapse_leases()
            assert sweep(ops).expired == {"UNKNOWN": 1}
            assert deliver(ops) == {}
        assert rows() == [("UNKNOWN", 1)]
        assert len(outside.messages()) == before + 1
        with tenant_scope("acme"):
            assert OpsAlert.objects.get().kind == "DELIVERY_UNKNOWN"

    def test_row_3_also_where_it_died_before_it_wrote_a_byte(
        self, acme_sends, ops, outside, monkeypatch
    ):
        """Nobody can know that from outside, so it is a doubt as well."""
        publish(waiting(), ops)
        before = len(outside.messages())
        monkeypatch.setattr(sending, "_prepare", die)

        killed(lambda: deliver(ops) and None)

        lapse_leases()
        assert sweep(ops).expired == {"UNKNOWN": 1}
        assert len(outside.messages()) == before

    def test_row_4_of_all_workers_leave_nothing_that_waits_longer_than_a_lease(
        self, acme_sends, ops, outside
    ):
        publish(waiting(3), ops)
        outside.plan({"fault": "bot_accepts_then_hangs", "seconds": 6, "times": 1})
        before = outside.calls("sendMessage")

        with processes(lambda: deliver(ops) and None) as running:
            wait_until(lambda: outside.calls("sendMessage") > before)
            os.kill(running[0].pid, signal.SIGKILL)
            running[0].join(PATIENCE)

        with tenant_scope("acme"):
            [(left,)] = fetch_all(
                "SELECT extract(epoch FROM lease_until - clock_timestamp()) FROM delivery"
                " WHERE status = 'LEASED'"
            )
        assert 0 < left <= 60
        assert sweep(ops).rung  # the others need not wait for it
        assert deliver(ops) == {"SENT": 2}


class TestRaces:
    def test_row_10_duplicate_tasks_send_everything_once(
        self, acme_sends, ops, outside, fresh_database
    ):
        publish(waiting(6), ops)
        before = Counter(outside.texts())
        start = Barrier(8)

        def one() -> dict[str, int]:
            start.wait(timeout=PATIENCE)
            return deliver(ops)

        outcomes = Counter()
        for found in fresh_database.in_threads(*[one] * 8):
            outcomes.update(found)

        assert outcomes == {"SENT": 6}
        assert rows() == [("SENT", 1)] * 6
        assert sum((Counter(outside.texts()) - before).values()) == 6

    def test_row_13_two_who_publish_one_pick_owe_one_message(
        self, acme_sends, ops, outside, fresh_database
    ):
        (pick,) = waiting()
        start = Barrier(8)

        def one() -> str:
            with tenant_scope("acme"):
                start.wait(timeout=PATIENCE)
                try:
                    actions.publish_pick(pick_id=pick, by=ops, at=LATER)
                except RuleBroken as refusal:
                    return refusal.code
            return "published"

        found = Counter(fresh_database.in_threads(*[one] * 8))

        assert found == {"published": 1, "PICK_MOVE_REFUSED": 7}
        assert rows() == [("PENDING", 0)]

    def test_row_15_a_kill_waits_for_the_call_and_nothing_is_sent_after_it(
        self, acme_sends, ops, outside
    ):
        publish(waiting(4), ops)
        outside.plan({"fault": "bot_accepts_then_hangs", "seconds": 2, "times": 1})
        before = outside.calls("sendMessage")

        with processes(lambda: deliver(ops) and None):
            wait_until(lambda: outside.calls("sendMessage") > before)
            stopped = switches.turn_off(
                switches.PUBLISH_TELEGRAM, "GLOBAL", by=ops, at=LATER, reason="A test."
            )
            at_once = outside.calls("sendMessage")

        assert stopped.pids == ()
        assert stopped.in_flight == 1
        assert stopped.drained_ms is not None
        assert stopped.drained_ms > 500
        assert outside.calls("sendMessage") == at_once == before + 1
        assert deliver(ops) == {}
        assert Counter(status for status, _ in rows()) == {"UNKNOWN": 1, "PENDING": 3}


def wait_until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > deadline:
            pytest.fail("It did not get there.")
        time.sleep(0.05)
