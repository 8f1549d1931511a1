"""Bets on football end after 90 minutes: a score that may hold more waits for a person."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from apps.catalog.models import League, SettlementRuleset
from apps.core.actor import Actor
from apps.core.canonical import fingerprint
from apps.grading.actions import grade_due
from apps.grading.models import Grade
from apps.grading.tests.factories import DUE_AT, finish, published, tell
from apps.picks.models import Pick
from apps.picks.tests.factories import KICKOFF, Game, facts
from apps.rulebook.markets import MarketType
from apps.snapshots import actions

ENTERED = DUE_AT + timedelta(minutes=10)
WHISTLE, LATE_WHISTLE = KICKOFF + timedelta(minutes=115), KICKOFF + timedelta(minutes=155)
CUP, LEAGUE = timedelta(minutes=240), timedelta(minutes=150)


@facts()
def rules_of_ninety(*, longest: timedelta) -> SettlementRuleset:
    """Let the league of these tests play and settle as football does."""
    League.objects.filter(code="NFL").update(
        period="REGULATION", maximum_minutes=longest.total_seconds() // 60
    )
    first = SettlementRuleset.objects.get(
        league__code="NFL", market_type=MarketType.SPREAD, version=1
    )
    rules = {**first.rules, "overtime_counts": False, "version": 2}
    return SettlementRuleset.objects.create(
        league=first.league,
        market_type=first.market_type,
        period=first.period,
        version=2,
        rules=rules,
        rules_hash=fingerprint(rules),
        effective_from=first.effective_from,
    )


def final(*, at: datetime, longest: timedelta = CUP, **told: Any) -> tuple[Game, Pick]:
    """A pick on the home side at -3.5, whose game ends 7-3 by the provider's word."""
    game = Game()
    pick = published(game, ruleset=rules_of_ninety(longest=longest))
    finish(game, at=at)
    tell(game, 7, 3, at=at, **told)
    return game, pick


@pytest.mark.usefixtures("in_acme")
class TestExtraTime:
    def test_that_was_told_is_never_settled_on(self, ops):
        final(at=WHISTLE, overtime=True)

        counts = grade_due(by=ops, at=DUE_AT)

        assert (counts.written, counts.waiting) == (0, {"EXTRA_TIME": 1})

    def test_that_nobody_told_of_is_not_ruled_out_by_guess(self, ops):
        final(at=LATE_WHISTLE)

        assert grade_due(by=ops, at=DUE_AT).waiting == {"EXTRA_TIME": 1}

    @pytest.mark.parametrize(
        "game",
        [
            {"at": WHISTLE},
            {"at": LATE_WHISTLE, "overtime": False},
            {"at": LATE_WHISTLE, "longest": LEAGUE},
        ],
        ids=["over in time", "somebody said that not", "nobody plays on in this competition"],
    )
    def test_that_cannot_have_been_played_holds_nothing_up(self, game, ops):
        _, pick = final(**game)

        grade_due(by=ops, at=DUE_AT)

        assert Grade.objects.current().get(pick=pick).outcome == "WIN"

    def test_counts_where_the_rules_say_so(self, ops):
        game = Game()
        pick = published(game)
        finish(game)
        tell(game, 7, 3, overtime=True)

        grade_due(by=ops, at=DUE_AT)

        assert Grade.objects.current().get(pick=pick).outcome == "WIN"

    @pytest.mark.parametrize(("after_90", "outcome"), [((3, 3), "LOSS"), ((7, 3), "WIN")])
    def test_ends_with_the_score_that_a_person_enters(self, after_90, outcome, ops, queued):
        game, pick = final(at=LATE_WHISTLE)
        grade_due(by=ops, at=DUE_AT)
        enter(game, *after_90, by=ops)

        counts = grade_due(by=ops, at=ENTERED + timedelta(minutes=1))

        grade = Grade.objects.current().get(pick=pick)
        assert (counts.written, grade.outcome) == (1, outcome)
        assert (grade.home_score, grade.away_score) == after_90

    def test_waits_again_where_the_provider_corrects_itself(self, ops, queued):
        game, _ = final(at=LATE_WHISTLE)
        enter(game, 3, 3, by=ops)
        tell(game, 8, 3, at=ENTERED + timedelta(minutes=1))

        assert grade_due(by=ops, at=ENTERED + timedelta(minutes=2)).waiting == {"EXTRA_TIME": 1}

    def test_is_given_up_after_three_days_and_not_guessed(self, ops):
        _, pick = final(at=LATE_WHISTLE)

        grade_due(by=ops, at=LATE_WHISTLE + timedelta(hours=73))

        grade = Grade.objects.current().get(pick=pick)
        assert (grade.outcome, grade.reason) == ("UNGRADEABLE", "EXTRA_TIME")


@facts()
def enter(game: Game, home: int, away: int, *, by: Actor) -> None:
    actions.enter_result(
        event_id=game.event.pk,
        home_score=home,
        away_score=away,
        by=by,
        at=ENTERED,
        reason="The score after 90 minutes, from the federation's report.",
    )
