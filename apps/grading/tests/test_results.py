"""Subscribers hear how a pick ended: the last edit of its message, and again once corrected."""

from datetime import UTC, datetime

import pytest

from apps.core.actor import Actor, ActorType
from apps.grading.actions import grade_due, override_grade
from apps.grading.tests.factories import DUE_AT, LATER, end, published, tell
from apps.picks import actions as picks
from apps.picks.actions.owing import owe_publications
from apps.picks.models import Delivery
from apps.picks.tests.channels import enter_bot, open_chat, telegram
from apps.picks.tests.factories import NOON_BEFORE, Game
from apps.rulebook.settlement import Outcome

pytestmark = pytest.mark.usefixtures("in_acme")

EPOCH = datetime(2026, 11, 24, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def far_away(module_sandbox):
    return module_sandbox(epoch=EPOCH, messages_a_minute=100_000, messages_a_second=100_000)


@pytest.fixture
def outside(far_away):
    with telegram(far_away) as seen:
        yield seen


@pytest.fixture
def told(acme, outside, ops):
    """A published pick of which a channel was told."""
    enter_bot(acme, NOON_BEFORE)
    open_chat(acme, NOON_BEFORE)
    game = Game()
    pick = published(game)
    owe_publications([pick], by=ops, at=NOON_BEFORE)
    assert picks.deliver_due(by=ops, at=NOON_BEFORE).sent == 1
    return game, pick


def deliver(ops, at=DUE_AT) -> dict[str, int]:
    return picks.deliver_due(by=ops, at=at).outcomes


class TestResults:
    def test_are_the_last_edit_of_the_message_and_no_message_of_their_own(self, told, outside, ops):
        game, _ = told
        before = outside.calls("sendMessage")
        end(game, 24, 17)

        grade_due(by=ops, at=DUE_AT)
        assert deliver(ops) == {"SENT": 1}

        assert outside.calls("sendMessage") == before
        text = outside.messages()[-1]["text"].splitlines()
        assert text[:3] == [
            "✓ WON, +0.91 u · LEAN, NFL spread",
            "Kansas City Chiefs −3.5 at −110",
            "Final: Kansas City Chiefs 24, Buffalo Bills 17",
        ]
        [record] = [line for line in text if line.startswith("Record")]
        assert record.startswith("Record since 11 Oct 2025: 1–0–0, win rate 100.0% (95%")
        assert record.endswith(", n = 1.")
        row = Delivery.objects.get(cause="GRADED")
        assert (row.kind, row.turn) == ("EDIT", 1)

    def test_that_are_corrected_are_edited_again_and_say_so(self, told, outside, ops):
        game, _ = told
        end(game, 24, 17)
        grade_due(by=ops, at=DUE_AT)
        deliver(ops)
        tell(game, 17, 24, at=LATER)

        grade_due(by=ops, at=LATER)
        assert deliver(ops, LATER) == {"SENT": 1}

        text = outside.messages()[-1]["text"]
        assert text.startswith("✗ LOST, −1.00 u")
        assert "This corrects the result that was told before." in text
        turns = Delivery.objects.filter(cause="GRADED").order_by("turn")
        assert list(turns.values_list("turn", flat=True)) == [1, 2]

    def test_as_two_people_decide_them_are_told_too(self, told, outside, ops):
        game, pick = told
        end(game, 24, 17)
        grade_due(by=ops, at=DUE_AT)
        deliver(ops)

        override_grade(
            pick_id=pick.pk,
            outcome=Outcome.VOID,
            reason="The league annulled the game.",
            approved_by=Actor(type=ActorType.OPS, id="peter@beatvegas.test"),
            by=ops,
            at=LATER,
        )
        assert deliver(ops, LATER) == {"SENT": 1}

        assert outside.messages()[-1]["text"].startswith("= VOID · LEAN, NFL spread")

    def test_of_a_pick_of_which_nobody_was_told_owe_nothing(self, outside, ops, in_acme):
        game = Game()
        published(game)
        end(game, 24, 17)

        grade_due(by=ops, at=DUE_AT)

        assert not Delivery.objects.exists()
