"""What people are shown: the side, the line and the price of one record, and never more."""

import pytest

from apps.picks.card import card, label
from apps.picks.tests.factories import Game, make_pick
from apps.rulebook.lifecycle import PickStatus, Validity
from apps.rulebook.markets import MarketType, Side

pytestmark = pytest.mark.usefixtures("in_acme")

ANALYSIS = {"recommendation", "standing", "analysis"}


class TestCard:
    def test_names_the_recommended_team_with_its_own_line(self):
        """The team, its line and the action come from one selection."""
        pick = make_pick(status=PickStatus.PUBLISHED)

        shown = card(pick)

        assert (shown["action"], shown["reason"]) == ("TAKE_THIS", "RECOMMENDED")
        assert shown["recommendation"]["label"] == "Kansas City Chiefs -3.5"
        assert shown["recommendation"]["selection"] == pick.selection.uuid
        assert shown["recommendation"]["line"] == pick.line

    def test_tells_the_holder_of_the_other_side_to_take_the_opposite(self):
        game = Game()
        pick = make_pick(game, status=PickStatus.PUBLISHED)

        shown = card(pick, asked=game.selection(MarketType.SPREAD, Side.AWAY))

        assert (shown["action"], shown["reason"]) == ("TAKE_OPPOSITE", "OTHER_SIDE_RECOMMENDED")
        assert shown["recommendation"]["label"] == "Kansas City Chiefs -3.5"

    def test_refuses_to_advise_on_another_market(self):
        game = Game()
        pick = make_pick(game, status=PickStatus.PUBLISHED)

        with pytest.raises(ValueError, match="not a side of the market"):
            card(pick, asked=game.selection(MarketType.TOTAL, Side.OVER))

    def test_of_a_blocked_pick_has_reasons_and_no_analysis(self):
        """Blocked with full analysis below, or without a reason."""
        reasons = ["PROBABILITY_MISMATCH", "EDGE_INCOHERENT"]
        pick = make_pick(
            born_blocked=True, tier="BLOCKED", block_reason=reasons[0], block_reasons=reasons
        )

        shown = card(pick)

        assert (shown["action"], shown["reason"], shown["reasons"]) == (
            "NO_PLAY",
            "BLOCKED",
            reasons,
        )
        assert not ANALYSIS & shown.keys()

    @pytest.mark.parametrize("status", [PickStatus.PROPOSED, PickStatus.GRADED])
    def test_recommends_nothing_that_is_not_live(self, status):
        assert card(make_pick(status=status))["action"] == "NO_PLAY"

    def test_recommends_nothing_that_is_invalidated(self):
        pick = make_pick(status=PickStatus.PUBLISHED)
        pick.validity_state = Validity.INVALIDATED.value

        assert card(pick)["reason"] == "INVALIDATED"

    def test_states_the_run_s_own_count_of_games(self):
        assert card(make_pick())["analysis"]["games_simulated"] == 100_000


class TestLabel:
    @pytest.mark.parametrize(
        ("market_type", "side", "line", "text"),
        [
            (MarketType.SPREAD, Side.AWAY, "3.5", "Buffalo Bills +3.5"),
            (MarketType.SPREAD, Side.HOME, "0", "Kansas City Chiefs 0"),
            (MarketType.SPREAD, Side.HOME, "-10", "Kansas City Chiefs -10"),
            (MarketType.TOTAL, Side.OVER, "47.25", "Over 47.25"),
            (MarketType.TOTAL, Side.UNDER, "40", "Under 40"),
            (MarketType.MONEYLINE, Side.AWAY, None, "Buffalo Bills"),
        ],
    )
    def test_says_the_whole_bet(self, market_type, side, line, text):
        assert label(make_pick(market_type=market_type, side=side, line=line)) == text
