"""Settling again by other rules: shown first, written once, never by itself."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from apps.catalog.actions import add_ruleset
from apps.catalog.models import SettlementRuleset
from apps.core import clock
from apps.core.actor import Actor, ActorType
from apps.core.tenancy import tenant_scope
from apps.governance import switches
from apps.governance.models import FeatureFlag
from apps.grading.actions import NothingToRegrade, grade_due, override_grade, regrade
from apps.grading.models import Grade
from apps.grading.tests.factories import DUE_AT, KICKOFF, LATER, end, published, tell
from apps.picks.tests.factories import Game, facts
from apps.rulebook.markets import MarketType, Period, Side
from apps.rulebook.settlement import Outcome

SUNDAY = date(2025, 10, 12)
A_YEAR_LATER = DUE_AT + timedelta(days=365)
SECOND = Actor(type=ActorType.OPS, id="second@beatvegas.test")


@facts()
def ties_lose(ops) -> SettlementRuleset:
    """Version 2 of the NFL's moneyline: a tie loses, and 0-0 can be a final."""
    first = SettlementRuleset.objects.get(league__code="NFL", market_type=MarketType.MONEYLINE)
    return add_ruleset(
        league="NFL",
        market_type=MarketType.MONEYLINE,
        period=Period.FULL_GAME,
        says={**first.rules, "tie": "IMPOSSIBLE"},
        effective_from=LATER,
        by=ops,
        at=DUE_AT,
        reason="Overtime is played until somebody wins.",
    )


def again(ops, *, at=A_YEAR_LATER, **how):
    said = {"first": SUNDAY, "last": SUNDAY, "version": 2, "tag": "rules-v2", **how}
    return regrade(**said, by=ops, at=at)


def current(pick) -> Grade:
    return Grade.objects.current().get(pick=pick)


@facts()
def of_spreads(ops, **changes) -> SettlementRuleset:
    first = SettlementRuleset.objects.get(league__code="NFL", market_type=MarketType.SPREAD)
    return add_ruleset(
        league="NFL",
        market_type=MarketType.SPREAD,
        period=Period.FULL_GAME,
        says={**first.rules, **changes},
        effective_from=LATER,
        by=ops,
        at=DUE_AT,
        reason="As the books have it now.",
    )


@pytest.fixture
def a_sunday(in_acme, ops):
    """A spread, a total and a moneyline of one game, graded."""
    game = Game()
    picks = {
        "spread": published(game),
        "total": published(game, market_type=MarketType.TOTAL, side=Side.OVER, line="44.5"),
        "winner": published(game, market_type=MarketType.MONEYLINE, side=Side.HOME, line=None),
    }
    end(game, 24, 17)
    grade_due(by=ops, at=DUE_AT)
    picks["game"] = game
    return picks


class TestANewVersion:
    def test_changes_no_grade_by_itself(self, a_sunday, ops):
        of_spreads(ops, decided_stands=False)

        counts = grade_due(by=ops, at=LATER + timedelta(hours=1))

        assert (counts.written, counts.revised) == (0, 0)
        assert current(a_sunday["spread"]).settlement_ruleset.version == 1

    def test_is_what_picks_carry_from_its_time_on(self, in_acme, ops):
        newer = of_spreads(ops, decided_stands=False)

        for at, version in [(LATER - timedelta(minutes=1), 1), (LATER, 2)]:
            found = SettlementRuleset.objects.in_force(at).get(
                league__code="NFL", market_type=MarketType.SPREAD
            )
            assert found.version == version
        assert newer.typed().decided_stands is False


class TestRegrade:
    def test_writes_revisions_with_a_tag_and_keeps_what_was(self, a_sunday, ops):
        newer = of_spreads(ops, decided_stands=False)

        done = again(ops)

        assert (done.looked, done.written, done.changed) == (3, 1, 0)
        assert done.kept == {"NO_SUCH_RULES": 2}
        first, second = a_sunday["spread"].grades.order_by("revision_no")
        assert (first.settlement_ruleset.version, first.tag) == (1, "")
        assert (second.settlement_ruleset, second.tag) == (newer, "rules-v2")
        assert (second.reason, second.outcome) == ("REGRADED", "WIN")

    def test_finds_nothing_the_second_time(self, a_sunday, ops):
        of_spreads(ops, decided_stands=False)
        again(ops)

        done = again(ops)

        assert (done.written, done.differences) == (0, ())
        assert done.kept == {"NO_SUCH_RULES": 2, "SETTLED_SO": 1}

    def test_stands_when_the_stage_takes_its_next_turn(self, a_sunday, ops):
        of_spreads(ops, decided_stands=False)
        again(ops, at=LATER)
        tell(a_sunday["game"], 20, 17, at=LATER + timedelta(hours=1))

        counts = grade_due(by=ops, at=LATER + timedelta(hours=1))

        grade = current(a_sunday["spread"])
        assert counts.revised == 3
        assert (grade.outcome, grade.settlement_ruleset.version, grade.revision_no) == (
            "LOSS",
            2,
            3,
        )

    def test_shows_what_would_change_and_writes_nothing_of_it(self, in_acme, ops):
        game = Game()
        pick = published(game)  # HOME -3.5
        end(game, 24, 17)
        grade_due(by=ops, at=DUE_AT)
        of_spreads(ops, decided_stands=False)
        tell(game, 20, 17, at=A_YEAR_LATER - timedelta(hours=1))  # and corrected long after

        shown = again(ops, dry_run=True)

        [one] = shown.differences
        assert (one.pick_id, one.was, one.becomes, one.changes) == (pick.pk, "WIN", "LOSS", True)
        assert shown.profit_moved == Decimal("-1.90909100")
        assert (shown.written, pick.grades.count()) == (0, 1)
        assert again(ops).differences == shown.differences
        assert current(pick).outcome == "LOSS"

    def test_leaves_what_two_people_decided(self, a_sunday, ops):
        of_spreads(ops, decided_stands=False)
        override_grade(
            pick_id=a_sunday["spread"].pk,
            outcome=Outcome.VOID,
            reason="Agreed with the league.",
            approved_by=SECOND,
            by=ops,
            at=LATER,
        )

        done = again(ops)

        assert (done.written, done.kept["OVERRIDDEN"]) == (0, 1)

    def test_is_of_the_days_and_leagues_asked_for(self, a_sunday, ops):
        of_spreads(ops, decided_stands=False)

        monday = SUNDAY + timedelta(days=1)
        assert again(ops, first=monday, last=monday).looked == 0
        assert again(ops, league="NBA").looked == 0
        assert again(ops, league="NFL").looked == 3

    def test_by_rules_that_are_nobodys_is_refused(self, a_sunday, ops):
        with pytest.raises(NothingToRegrade):
            again(ops)

    def test_is_halted_by_the_switch(self, a_sunday, ops):
        of_spreads(ops, decided_stands=False)
        with facts():
            FeatureFlag.objects.filter(name=switches.GRADE, scope="league:NFL").update(
                enabled=False
            )

        with pytest.raises(switches.Halted):
            again(ops)

    def test_leaves_a_score_that_cannot_be_by_those_rules(self, in_acme, ops):
        game = Game()
        published(game, market_type=MarketType.MONEYLINE, side=Side.HOME, line=None)
        end(game, 20, 20)
        grade_due(by=ops, at=DUE_AT)
        ties_lose(ops)

        done = again(ops, at=LATER)

        assert (done.written, done.kept) == (0, {"RESULT_SUSPECT": 1})


class TestTheCommand:
    def test_shows_then_writes_for_every_tenant(self, acme, rival, ops, monkeypatch, capsys):
        monkeypatch.setattr(clock, "now", lambda: A_YEAR_LATER)
        for schema in (acme, rival):
            with tenant_scope(schema):
                game = Game()
                published(game)
                end(game, 24, 17)
                grade_due(by=ops, at=DUE_AT)
        with tenant_scope(acme):
            of_spreads(ops, decided_stands=False)
        asked = ["regrade", "--from", "2025-10-12", "--to", "2025-10-12", "--rules", "v2"]

        call_command(*asked, "--dry-run")
        shown = capsys.readouterr().out
        call_command(*asked)
        written = capsys.readouterr().out

        assert "acme: 1 graded picks, 1 get a revision, 0 end otherwise" in shown
        assert "written" not in shown
        assert "rival: 1 revisions written." in written
        assert written.count("WIN -> WIN: 1") == 2

    def test_says_why_not(self, acme, monkeypatch):
        monkeypatch.setattr(clock, "now", lambda: A_YEAR_LATER)
        assert KICKOFF < A_YEAR_LATER

        with pytest.raises(CommandError, match="REGRADE_WITHOUT_RULES"):
            call_command("regrade", "--from", "2025-10-12", "--to", "2025-10-12", "--rules", "9")
