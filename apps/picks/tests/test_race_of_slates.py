"""Several deliverers and one day's message: one message, and nothing is missing from it."""

import time
from datetime import timedelta
from typing import Any

import pytest

from apps.core.tenancy import tenant_scope
from apps.governance.tests.racing import FORK, OPS, PATIENCE, processes
from apps.picks import actions
from apps.picks.models import Delivery
from apps.picks.tests.boards import limits, opine
from apps.picks.tests.channels import enter_bot, open_chat, telegram
from apps.picks.tests.factories import NOON_BEFORE, Game, make_pick
from apps.picks.tests.test_race_of_sends import EPOCH

LATER = NOON_BEFORE + timedelta(minutes=2)
PICKS, DELIVERERS = 9, 4


@pytest.fixture(scope="module")
def far_away(module_sandbox):
    return module_sandbox(epoch=EPOCH, messages_a_minute=1_000_000, messages_a_second=100_000)


@pytest.mark.slow
def test_deliverers_write_one_message(far_away, fresh_database, acme, queued):
    with tenant_scope(acme):
        enter_bot(acme, NOON_BEFORE)
        opine(acme, **limits())
        open_chat(acme, NOON_BEFORE)
        for _ in range(PICKS):
            actions.publish_pick(pick_id=make_pick(Game(), version=1).pk, by=OPS, at=LATER)
    start, stop = FORK.Event(), FORK.Event()

    def deliver() -> None:
        start.wait(PATIENCE)
        with tenant_scope("acme"):
            while not stop.is_set():
                if not actions.deliver_due(in_slates=True, by=OPS, at=LATER, most=3).outcomes:
                    time.sleep(0.005)

    with telegram(far_away) as outside:
        before = len(outside.messages())
        with processes(*[deliver] * DELIVERERS):
            try:
                start.set()
                deadline = time.monotonic() + PATIENCE
                while _sent() < PICKS and time.monotonic() < deadline:
                    time.sleep(0.02)
            finally:
                stop.set()
        (message,) = outside.messages()[before:]

    assert _sent() == PICKS
    assert message["text"].count("Pick ") == PICKS
    with tenant_scope(acme):
        told: Any = Delivery.objects.filter(channel="TELEGRAM")
        assert set(told.values_list("message_id", flat=True)) == {message["message_id"]}


def _sent() -> int:
    with tenant_scope("acme"):
        return Delivery.objects.filter(channel="TELEGRAM", status="SENT").count()
