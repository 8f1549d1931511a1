"""The fault table's rows about messages, with real kills: nobody hears anything twice.

Rows 1 to 4, 10, 13 and 15; what Telegram itself does wrong is in ``test_deliver_due``.
"""

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Barrier
from typing import Any

import pytest
import redis
from celery import current_app
from django.conf import settings
from django.db import transaction
from django.test import override_settings

from apps.core import clock
from apps.core.db import execute, fetch_all
from apps.core.tenancy import tenant_scope
from apps.governance import switches
from apps.governance.jobs import HEADER
from apps.governance.models import JobRun, OpsAlert
from apps.governance.tests.racing import PATIENCE, processes
from apps.governance.tests.workers import PATIENCE as A_WORKER
from apps.governance.tests.workers import QUICK, WORKER, celery
from apps.picks import actions
from apps.picks.actions.delivering import sending
from apps.picks.models import Delivery, Pick, PickChange
from apps.picks.tests import failpoints
from apps.picks.tests.boards import limits, opine
from apps.picks.tests.channels import enter_bot, open_chat, telegram
from apps.picks.tests.factories import KICKOFF, NOON_BEFORE, Game, make_pick
from apps.rulebook.errors import RuleBroken
from apps.rulebook.lifecycle import PickStatus

LATER = NOON_BEFORE + timedelta(minutes=2)
EPOCH = datetime(2026, 11, 24, 9, tzinfo=UTC)
AHEAD_OF_ANY_CLOCK = datetime(2099, 10, 11, 17, tzinfo=UTC)  # workers read the one on the wall

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def far_away(module_sandbox):
    return module_sandbox(epoch=EPOCH, messages_a_minute=100_000, messages_a_second=100_000)


@pytest.fixture
def outside(far_away):
    with telegram(far_away) as seen:
        yield seen


@pytest.fixture
def broker() -> Iterator[redis.Redis]:
    """The suite's own, with nothing in it before and after."""
    with redis.Redis.from_url(settings.CELERY_BROKER_URL) as client:
        client.flushdb()
        yield client
        client.flushdb()


@pytest.fixture
def acme_sends(fresh_database, acme) -> str:
    """acme has a bot and a channel, and no limits that a test would meet."""
    with tenant_scope(acme):
        opine(acme, **limits())
        enter_bot(acme, NOON_BEFORE)
        open_chat(acme, NOON_BEFORE)
    return acme


def waiting(number: int = 1, kickoff: datetime = KICKOFF) -> list[Any]:
    with tenant_scope("acme"):
        return [make_pick(Game(kickoff=kickoff), version=1).pk for _ in range(number)]


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

    def test_row_1_of_a_workers_child_is_given_its_task_again(
        self, acme_sends, outside, broker, tmp_path
    ):
        """The worker finds its child dead in the middle of the publication, and takes another."""
        at, told = clock.now(), tmp_path / "dies"
        told.write_text(failpoints.BEFORE_THE_COMMIT)
        before = len(outside.messages())
        with tenant_scope("acme"):
            make_pick(Game(kickoff=AHEAD_OF_ANY_CLOCK, max_quote_age_s=86_400), version=1, at=at)
        current_app.send_task(
            "picks.publish_tenants",
            kwargs={"slot": "the only turn", "schemas": ["acme"]},
            headers={HEADER: "public"},
        )

        with celery(
            f"{WORKER} --include {failpoints.__name__}",
            log=tmp_path / "worker.log",
            settings=QUICK,
            TELEGRAM_URL=outside.address,
            **{failpoints.TOLD_BY: str(told)},
        ):
            wait_until(lambda: rows() == [("SENT", 1)], patience=A_WORKER)

        assert not told.exists()
        assert "SIGKILL" in (tmp_path / "worker.log").read_text()
        with tenant_scope("acme"):
            assert Pick.objects.get().status == PickStatus.PUBLISHED
            assert PickChange.objects.filter(to_status="PUBLISHED").count() == 1
            assert JobRun.objects.get(job="picks.publish").outcome == "DONE"
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

    def test_row_4_of_a_whole_worker_leaves_nothing_that_waits_longer_than_a_lease(
        self, acme_sends, ops, outside, broker, tmp_path
    ):
        """A worker dies with all its children in the middle of a call; another one goes on.

        Nothing waits for the broker to take the dead one's task for lost: it still does not.
        """
        outside.plan({"fault": "bot_accepts_then_hangs", "seconds": 30, "times": 1})
        before, calls = Counter(outside.texts()), outside.calls("sendMessage")
        publish(waiting(3, AHEAD_OF_ANY_CLOCK), ops)  # the commit rings for the worker
        worker = {"settings": QUICK, "TELEGRAM_URL": outside.address}

        with celery(WORKER, log=tmp_path / "first.log", **worker) as group:
            wait_until(lambda: outside.calls("sendMessage") > calls, patience=A_WORKER)
            os.killpg(group, signal.SIGKILL)
        with tenant_scope("acme"):
            [(left,)] = fetch_all(
                "SELECT extract(epoch FROM lease_until - clock_timestamp()) FROM delivery"
                " WHERE status = 'LEASED'"
            )
        assert Counter(status for status, _ in rows()) == {"LEASED": 1, "PENDING": 2}
        (lost,) = broker.hkeys("unacked")

        turns = count()

        def over() -> bool:
            """Let the clock strike, and look."""
            current_app.send_task(
                "picks.sweep_deliveries_tenants",
                kwargs={"slot": f"turn {next(turns)}", "schemas": ["acme"]},
                headers={HEADER: "public"},
            )
            time.sleep(0.3)
            return Counter(rows()) == {("SENT", 1): 2, ("UNKNOWN", 1): 1}

        with celery(WORKER, log=tmp_path / "second.log", **worker):
            wait_until(over, patience=A_WORKER)

        assert 0 < left <= 5 < settings.DELIVERY_LEASE_S  # of a minute in production
        assert sorted((Counter(outside.texts()) - before).values()) == [1, 1, 1]
        assert broker.hexists("unacked", lost)
        with tenant_scope("acme"):
            assert OpsAlert.objects.get().kind == "DELIVERY_UNKNOWN"


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


def wait_until(done: Callable[[], bool], *, patience: float = PATIENCE) -> None:
    deadline = time.monotonic() + patience
    while not done():
        if time.monotonic() > deadline:
            pytest.fail("It did not get there.")
        time.sleep(0.05)
