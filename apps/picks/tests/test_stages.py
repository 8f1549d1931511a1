"""Due and done of this room: the same questions as the stages ask."""

from datetime import timedelta

import pytest

from apps.core.stages import StageCount
from apps.governance.models import FeatureFlag
from apps.picks import actions, stages
from apps.picks.tests.boards import board, evaluate, limits, opine, run
from apps.picks.tests.factories import KICKOFF, NOON_BEFORE, Game, facts

pytestmark = pytest.mark.usefixtures("in_acme")

LATER = NOON_BEFORE + timedelta(minutes=1)


@pytest.fixture
def game() -> Game:
    opine("acme", **limits())
    game = Game()
    run(game)
    board(game)
    evaluate(game)
    return game


def count(stage: str, at=NOON_BEFORE) -> StageCount:
    return stages.due_and_done(at)[stage]


class TestDueAndDone:
    def test_name_every_stage_of_the_room(self):
        assert stages.due_and_done(NOON_BEFORE) == dict.fromkeys(
            ("propose", "publish", "deliver", "watch", "close"), StageCount(due=0, done=0)
        )

    def test_of_proposing_are_batches_and_their_receipts(self, game, ops):
        assert count("propose") == StageCount(due=1, done=0)

        actions.propose_due(by=ops, at=NOON_BEFORE)

        assert count("propose") == StageCount(due=1, done=1)

    def test_of_publishing_wait_behind_a_switch(self, game, ops):
        actions.propose_due(by=ops, at=NOON_BEFORE)
        with facts():
            FeatureFlag.objects.filter(name="PUBLISH", scope="GLOBAL").update(enabled=False)
        actions.publish_ready(by=ops, at=NOON_BEFORE)
        assert count("publish") == StageCount(due=1, done=0)
        with facts():
            FeatureFlag.objects.filter(name="PUBLISH", scope="GLOBAL").update(enabled=True)

        actions.publish_ready(by=ops, at=NOON_BEFORE)

        assert count("publish") == StageCount(due=1, done=1)

    def test_of_publishing_count_what_ended_without_it(self, game, ops):
        actions.propose_due(by=ops, at=NOON_BEFORE)
        assert count("publish", KICKOFF).waiting == 1

        actions.close_started(by=ops, at=KICKOFF)

        assert count("publish", KICKOFF) == StageCount(due=1, done=1)

    def test_of_watching_are_picks_and_those_that_say_what_the_market_says(self, game, ops):
        actions.propose_due(by=ops, at=NOON_BEFORE)
        actions.publish_ready(by=ops, at=NOON_BEFORE)
        assert count("watch") == StageCount(due=1, done=1)
        board(game, line="-7.5", at=LATER)
        assert count("watch", LATER) == StageCount(due=1, done=0)

        actions.watch_live(by=ops, at=LATER)

        assert count("watch", LATER) == StageCount(due=1, done=1)

    def test_of_closing_are_games_that_began_and_their_closes(self, game, ops):
        actions.propose_due(by=ops, at=NOON_BEFORE)
        actions.publish_ready(by=ops, at=NOON_BEFORE)
        assert count("close") == StageCount(due=0, done=0)
        assert count("close", KICKOFF) == StageCount(due=1, done=0)

        actions.close_started(by=ops, at=KICKOFF)  # its close is too old: an outcome, with a reason

        assert count("close", KICKOFF) == StageCount(due=1, done=1)
