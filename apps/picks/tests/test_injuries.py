"""An injury warns: a flag on what is proposed, a refresh of what is out, and no other number."""

import ast
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from apps.catalog.models import Team
from apps.picks import actions
from apps.picks.models import Pick
from apps.picks.tests.boards import board, evaluate, limits, opine, run
from apps.picks.tests.factories import NOON_BEFORE, Game, facts
from apps.rulebook.evaluation import CAPS, RiskFlag
from apps.rulebook.lifecycle import Validity
from apps.rulebook.validity import ValidityReason
from apps.snapshots.actions import enter_injury
from apps.snapshots.providers.ports import InjuryStatus

pytestmark = pytest.mark.usefixtures("in_acme")

A_MINUTE = timedelta(minutes=1)
APPS = Path(__file__).resolve().parents[2]


@pytest.fixture
def game() -> Game:
    game = Game()
    run(game)
    return game


def tell(
    team: str,
    ops,
    *,
    at: datetime,
    status: InjuryStatus = InjuryStatus.OUT,
    player: str = "Sam Sampleton",
) -> None:
    with facts():
        enter_injury(
            team_id=Team.objects.get(name=team, league__code="NFL").pk,
            player=player,
            status=status,
            by=ops,
            at=at,
            reason="The team's own page.",
        )


def proposed(game: Game, ops, at: datetime = NOON_BEFORE) -> Pick:
    board(game, at=at)
    evaluate(game, at=at)
    actions.propose_due(by=ops, at=at)
    return Pick.objects.get(event=game.event)


class TestTheFlag:
    @pytest.mark.parametrize("side", ["home", "away"])
    def test_stands_on_a_pick_of_either_team(self, side, game, ops):
        tell(getattr(game, side), ops, at=NOON_BEFORE - A_MINUTE)

        assert RiskFlag.INJURY_REPORTED in proposed(game, ops).risk_flags

    def test_does_not_stand_on_other_picks(self, game, ops):
        tell("Seattle Seahawks", ops, at=NOON_BEFORE - A_MINUTE)

        assert RiskFlag.INJURY_REPORTED not in proposed(game, ops).risk_flags

    @pytest.mark.parametrize("status", [InjuryStatus.PROBABLE, InjuryStatus.ACTIVE])
    def test_goes_when_the_player_is_as_good_as_fit(self, status, game, ops):
        tell(game.home, ops, at=NOON_BEFORE - 2 * A_MINUTE)
        tell(game.home, ops, at=NOON_BEFORE - A_MINUTE, status=status)

        assert RiskFlag.INJURY_REPORTED not in proposed(game, ops).risk_flags

    def test_knows_nothing_that_was_not_known_yet(self, game, ops):
        tell(game.home, ops, at=NOON_BEFORE + A_MINUTE)

        assert RiskFlag.INJURY_REPORTED not in proposed(game, ops).risk_flags

    def test_forgets_after_two_weeks(self, game, ops):
        tell(game.home, ops, at=NOON_BEFORE - timedelta(days=15))

        assert RiskFlag.INJURY_REPORTED not in proposed(game, ops).risk_flags

    def test_caps_no_tier(self):
        assert RiskFlag.INJURY_REPORTED not in CAPS


class TestTheNumbers:
    def test_of_a_pick_are_the_same_with_and_without_the_warning(self, game, ops):
        healthy = Game(home="Seattle Seahawks", away="Arizona Cardinals")
        run(healthy)
        tell(game.home, ops, at=NOON_BEFORE - A_MINUTE)

        hurt, well = proposed(game, ops), proposed(healthy, ops, NOON_BEFORE + A_MINUTE)

        numbers = ("a", "b", "v", "model_prob", "fair_prob", "decision_prob", "ev", "tier")
        assert [getattr(hurt, name) for name in numbers] == [
            getattr(well, name) for name in numbers
        ]
        assert set(hurt.risk_flags) - set(well.risk_flags) == {RiskFlag.INJURY_REPORTED}

    def test_come_from_modules_that_know_no_injuries(self):
        """Neither the rulebook's mathematics nor the simulations read a report."""
        rooms = [*(APPS / "simulations").rglob("*.py"), *(APPS / "rulebook").rglob("*.py")]
        told = {
            path.relative_to(APPS).as_posix()
            for path in rooms
            if "tests" not in path.parts
            for node in ast.walk(ast.parse(path.read_text()))
            if "injur" in (getattr(node, "id", "") or getattr(node, "attr", "") or "").lower()
        }

        assert told == {"rulebook/evaluation/codes.py"}  # the flag's own name


class TestTheRefresh:
    @pytest.fixture
    def pick(self, game, ops) -> Pick:
        opine("acme", **limits())
        pick = proposed(game, ops)
        assert actions.publish_ready(by=ops, at=NOON_BEFORE).published == 1
        return pick

    def watched(self, pick: Pick, game: Game, ops, at: datetime) -> tuple[str, str]:
        board(game, at=at)
        actions.watch_live(by=ops, at=at)
        pick.refresh_from_db()
        return pick.validity_state, pick.validity_reason

    def test_is_recommended_by_news_after_the_publication(self, pick, game, ops):
        tell(game.away, ops, at=NOON_BEFORE + A_MINUTE)

        assert self.watched(pick, game, ops, NOON_BEFORE + A_MINUTE) == (
            Validity.REFRESH_RECOMMENDED,
            ValidityReason.INPUTS_CHANGED,
        )

    def test_is_not_recommended_by_what_was_known_before(self, game, ops, request):
        tell(game.away, ops, at=NOON_BEFORE - A_MINUTE)
        pick = request.getfixturevalue("pick")

        assert self.watched(pick, game, ops, NOON_BEFORE + A_MINUTE)[0] == Validity.VALID

    def test_is_not_recommended_by_another_teams_news(self, pick, game, ops):
        tell("Seattle Seahawks", ops, at=NOON_BEFORE + A_MINUTE)

        assert self.watched(pick, game, ops, NOON_BEFORE + A_MINUTE)[0] == Validity.VALID

    def test_leaves_the_published_numbers_alone(self, pick, game, ops):
        before = (pick.model_prob, pick.decision_prob, pick.ev, pick.tier, list(pick.risk_flags))
        tell(game.away, ops, at=NOON_BEFORE + A_MINUTE)

        self.watched(pick, game, ops, NOON_BEFORE + A_MINUTE)

        after = (pick.model_prob, pick.decision_prob, pick.ev, pick.tier, list(pick.risk_flags))
        assert after == before
