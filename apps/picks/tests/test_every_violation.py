"""Every code of integrity, fired through the stage itself: nothing of it waits, somebody hears."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from apps.catalog.models import EventSource, League
from apps.governance.models import OpsAlert
from apps.picks import actions
from apps.picks.kinds import Gate
from apps.picks.models import Pick, ProposalRound
from apps.picks.tests.boards import board, evaluate, funnel, opine, run
from apps.picks.tests.factories import KICKOFF, NOON_BEFORE, Game, facts, make_pick
from apps.picks.tests.runs import simulated
from apps.rulebook.evaluation import Violation
from apps.rulebook.markets import MarketType, Side
from apps.snapshots.models import LatestQuote

pytestmark = pytest.mark.usefixtures("in_acme")

V = Violation
BEFORE_ANYBODY_HAD_AN_OPINION = NOON_BEFORE.replace(year=1999)
# What a tenant asks of a market: it stops a pick, and is nobody's fault to be told of.
NOT_TOLD = {V.BOOKS_BELOW_MINIMUM, V.SIMS_BELOW_MINIMUM}
# What the pick's own book says of the side that is not recommended.
ITS_OTHER_SIDE = {"selection__side": "AWAY", "book__key": "draftkings"}
# Of these no row of a pick can be made: they are counted.
NOT_KEPT = {V.SELECTION_ID_MISSING, V.PRICE_MISSING}


def evaluated(**columns) -> Callable[[Game], None]:
    """Three books quote the spread, and the evaluation says this of it."""

    def arrange(game: Game) -> None:
        board(game)
        evaluate(game, **columns)

    return arrange


def of_another_game(game: Game) -> None:
    board(game)
    evaluate(game, made_from=run(Game(home="Miami Dolphins", away="New York Jets")))


def without_a_snapshot(game: Game) -> None:
    board(game)
    with facts():
        LatestQuote.objects.filter(event=game.event).update(seq=1)
    evaluate(game)


def seen_too_long_ago(game: Game) -> None:
    board(game, at=NOON_BEFORE - timedelta(minutes=4))
    evaluate(game, at=NOON_BEFORE)


def stamped_after_the_start(game: Game) -> None:
    board(game, at=KICKOFF + timedelta(minutes=1))
    with facts():
        LatestQuote.objects.filter(event=game.event).update(seen_until=NOON_BEFORE)
    evaluate(game)


def without_the_providers_id(game: Game) -> None:
    board(game)
    evaluate(game)
    with facts():
        EventSource.objects.filter(event=game.event).delete()


def that_nothing_settles(game: Game) -> None:
    board(game)
    evaluate(game)
    with facts():
        League.objects.filter(code="NFL").update(has_scores=False)


def out_of_the_leagues_range(game: Game) -> None:
    board(game, MarketType.TOTAL, Side.UNDER, line="70.5")
    evaluate(game)


def from_too_few_games(game: Game) -> None:
    opine("acme", sims_min=200_000)
    board(game)
    evaluate(game)


CASES: dict[Violation, Callable[[Game], None]] = {
    V.SELECTION_ID_MISSING: evaluated(selection_id=2_000_000_000, without=Side.AWAY),
    V.SELECTION_NOT_IN_EVENT: of_another_game,
    V.OPPOSITE_SELECTION_MISSING: evaluated(without=Side.AWAY),
    V.SNAPSHOT_IDENTITY_MISSING: without_a_snapshot,
    V.SNAPSHOT_STALE: seen_too_long_ago,
    V.SNAPSHOT_AFTER_START: stamped_after_the_start,
    V.PROBABILITY_MISMATCH: evaluated(model_prob=0.31),
    V.PROBABILITY_INCOHERENT: evaluated(a=0.7, b=0.2, v=0.1),
    V.DIRECTION_MISMATCH: evaluated(fair_line=14.5, edge_points=-18.0),
    V.EDGE_INCOHERENT: evaluated(ev=0.5),
    V.PROVIDER_ID_MISSING: without_the_providers_id,
    V.SIMULATION_MISSING: evaluated(run_id=UUID(int=1)),
    V.MARKET_NOT_GRADEABLE: that_nothing_settles,
    V.OVERROUND_OUT_OF_RANGE: evaluated(overround=1.24),
    V.LEAGUE_RANGE: out_of_the_leagues_range,
    V.SIMS_BELOW_MINIMUM: from_too_few_games,
    V.BOOKS_BELOW_MINIMUM: evaluated(books=2),
    V.PRICE_MISSING: evaluated(price_decimal=Decimal(1), ev=lambda row: -row.b),
}


@pytest.fixture
def game() -> Game:
    """The home team is expected to win by seven, and gives three and a half."""
    game = Game()
    run(game)
    return game


def alerts_of(code: Violation) -> int:
    return OpsAlert.objects.not_over().filter(key=code.value).count()


class TestEveryViolation:
    def test_has_a_case_of_its_own(self):
        """A configuration cannot be missing from a round, which names one: see the re-check."""
        assert set(CASES) == set(Violation) - {V.CONFIG_VERSION_MISSING}

    @pytest.mark.parametrize("code", CASES)
    def test_blocks_is_counted_and_told(self, code, game, ops):
        CASES[code](game)

        done = actions.propose_due(by=ops, at=NOON_BEFORE)
        actions.publish_ready(by=ops, at=NOON_BEFORE)

        assert done.proposed == 0
        assert set(Pick.objects.values_list("status", flat=True)) <= {"BLOCKED"}
        reached, stopped = funnel(ProposalRound.objects.get())[Gate.INTEGRITY]
        assert reached == sum(stopped.values()) > 0
        found = {reason for pick in Pick.objects.all() for reason in pick.block_reasons}
        if code in NOT_KEPT:
            assert code in stopped
            assert not Pick.objects.exists()
        else:
            assert code in found
        # What pays nothing back is worth nothing, so nobody would have been shown it.
        assert alerts_of(code) == (code not in NOT_TOLD | {V.PRICE_MISSING})

    def test_that_no_row_can_hold_stops_nothing_else(self, game, ops):
        """A claim of value at no price: the database would refuse the row, and all with it."""
        board(game)
        evaluate(game, price_decimal=Decimal(1), ev=0.5)
        sound = Game(home="Miami Dolphins", away="New York Jets")
        run(sound)
        board(sound, at=NOON_BEFORE + timedelta(minutes=1))
        evaluate(sound, at=NOON_BEFORE + timedelta(minutes=1))

        for minute in range(2):
            actions.propose_due(by=ops, at=NOON_BEFORE + timedelta(minutes=minute))

        assert Pick.objects.get().event_id == sound.event.pk
        assert alerts_of(V.PRICE_MISSING) == 1

    def test_is_reported_with_all_others(self, game, ops):
        opine("acme", sims_min=200_000)
        board(game)
        evaluate(game, overround=1.24, model_prob=0.31, books=2, without=Side.AWAY)

        actions.propose_due(by=ops, at=NOON_BEFORE)

        assert Pick.objects.get().block_reasons == [
            V.OPPOSITE_SELECTION_MISSING,
            V.PROBABILITY_MISMATCH,
            V.DIRECTION_MISMATCH,
            V.OVERROUND_OUT_OF_RANGE,
            V.SIMS_BELOW_MINIMUM,
            V.BOOKS_BELOW_MINIMUM,
        ]
        assert Pick.objects.get().block_reason == V.OPPOSITE_SELECTION_MISSING


class TestAtTheLastDoor:
    """What was sound when it was proposed is held to the checks once more as it goes out."""

    def blocked(self, pick: Pick, ops, at=NOON_BEFORE) -> list[str]:
        actions.publish_pick(pick_id=pick.pk, by=ops, at=at)
        pick.refresh_from_db()
        assert (pick.status, pick.tier, pick.published_at) == ("BLOCKED", "BLOCKED", None)
        assert all(alerts_of(V(code)) == (code not in NOT_TOLD) for code in pick.block_reasons)
        return pick.block_reasons

    @pytest.fixture
    def two_are_enough(self):
        """So that what is wrong with the pick's own book is not that there are too few."""
        opine("acme", books_min=2)

    def test_the_other_side_is_still_offered(self, two_are_enough, ops):
        pick = make_pick()
        with facts():
            LatestQuote.objects.filter(**ITS_OTHER_SIDE).update(status="SUSPENDED")

        assert self.blocked(pick, ops) == [
            V.OPPOSITE_SELECTION_MISSING,
            V.OVERROUND_OUT_OF_RANGE,
        ]

    def test_the_sides_lines_mirror_each_other(self, two_are_enough, ops):
        """One team +9.5 beside the other -9.5 with a line of the other side."""
        pick = make_pick()
        with facts():
            LatestQuote.objects.filter(**ITS_OTHER_SIDE).update(line=Decimal("-3.5"))

        assert self.blocked(pick, ops) == [V.DIRECTION_MISMATCH]

    def test_the_books_margin_is_one_to_bet_against(self, ops):
        game = Game()
        pick = make_pick(game)
        game.pair(prices=("1.909091", "1.4"), at=NOON_BEFORE + timedelta(minutes=1))

        at = NOON_BEFORE + timedelta(minutes=1)
        assert self.blocked(pick, ops, at) == [V.OVERROUND_OUT_OF_RANGE]

    def test_the_quote_is_a_snapshot(self, ops):
        pick = make_pick()
        with facts():
            LatestQuote.objects.update(seq=1)

        assert self.blocked(pick, ops) == [V.SNAPSHOT_IDENTITY_MISSING]

    @pytest.mark.parametrize(
        ("columns", "code"),
        [
            ({"decision_prob": 0.6, "edge_prob": 0.1}, V.PROBABILITY_MISMATCH),
            ({"ev": 0.3}, V.EDGE_INCOHERENT),
            ({"edge_points": -2.0, "tier": "EDGE"}, V.EDGE_INCOHERENT),
            ({"fair_line": 6.5}, V.DIRECTION_MISMATCH),
            ({"fair_line": -4.5}, V.EDGE_INCOHERENT),  # a point ahead, and it says one and a half
            ({"source_event_id": ""}, "MAPPING_DRIFT"),
        ],
    )
    def test_its_numbers_follow_from_each_other(self, columns, code, ops):
        pick = make_pick(**columns)

        actions.publish_pick(pick_id=pick.pk, by=ops, at=NOON_BEFORE)

        pick.refresh_from_db()
        assert pick.status == "BLOCKED"
        assert code in pick.block_reasons

    def test_the_line_is_one_of_the_league(self, ops):
        pick = make_pick(market_type=MarketType.TOTAL, side=Side.UNDER, line="70.5")

        assert self.blocked(pick, ops) == [V.LEAGUE_RANGE]

    def test_somebody_will_say_how_it_ended(self, ops):
        pick = make_pick()
        with facts():
            League.objects.filter(code="NFL").update(has_scores=False)

        assert self.blocked(pick, ops) == [V.MARKET_NOT_GRADEABLE]

    @pytest.mark.parametrize("run_id", [None, UUID(int=1)])
    def test_its_run_is_stored(self, run_id, ops):
        """Whatever it says of itself: of a run that is not there nothing was simulated."""
        pick = make_pick(run_id=run_id)

        assert pick.sims == 100_000
        assert self.blocked(pick, ops) == [V.SIMULATION_MISSING, V.SIMS_BELOW_MINIMUM]

    def test_its_run_is_one_to_price_from(self, ops):
        game = Game()
        with facts():
            failed = simulated(game.event, at=NOON_BEFORE, status="FAILED", reason="SIM_FAIL")

        found = self.blocked(make_pick(game, run_id=failed.pk), ops)

        assert found == [V.SIMULATION_MISSING, V.SIMS_BELOW_MINIMUM]

    def test_its_run_is_of_its_own_game(self, ops):
        other = run(Game(home="Miami Dolphins", away="New York Jets"))

        assert self.blocked(make_pick(run_id=other.pk), ops) == [V.SELECTION_NOT_IN_EVENT]

    def test_its_run_has_as_many_games_as_are_asked_for_now(self, ops):
        pick = make_pick()
        opine("acme", sims_min=200_000)

        assert self.blocked(pick, ops) == [V.SIMS_BELOW_MINIMUM]

    @pytest.mark.parametrize(
        "gone",
        [
            {"status": "SUSPENDED"},
            {"seen_until": NOON_BEFORE - timedelta(minutes=4)},
            {"line": Decimal("-4.5")},
            {"pre_game": False},
        ],
    )
    def test_as_many_books_quote_its_market_as_are_asked_for(self, gone, ops):
        pick = make_pick()
        with facts():
            LatestQuote.objects.filter(book__key="fanduel").update(**gone)

        assert self.blocked(pick, ops) == [V.BOOKS_BELOW_MINIMUM]

    def test_as_many_books_quote_it_as_are_asked_for_now(self, ops):
        pick = make_pick()
        opine("acme", books_min=4)

        assert self.blocked(pick, ops) == [V.BOOKS_BELOW_MINIMUM]

    def test_everything_is_said_at_once(self, ops):
        other = Game(home="Miami Dolphins", away="New York Jets")
        pick = make_pick(run_id=None, fair_line=6.5, home_team_id=other.event.home_id)
        with facts():
            LatestQuote.objects.filter(book__key="fanduel").update(status="SUSPENDED")
            League.objects.filter(code="NFL").update(has_scores=False)

        actions.publish_pick(pick_id=pick.pk, by=ops, at=NOON_BEFORE)

        pick.refresh_from_db()
        assert pick.block_reasons == [
            "MAPPING_DRIFT",
            V.DIRECTION_MISMATCH,
            V.EDGE_INCOHERENT,
            V.SIMULATION_MISSING,
            V.MARKET_NOT_GRADEABLE,
            V.SIMS_BELOW_MINIMUM,
            V.BOOKS_BELOW_MINIMUM,
        ]

    def test_is_asked_of_many_as_often_as_of_one(self, ops, django_assert_max_num_queries):
        for number in range(12):
            make_pick(Game(kickoff=KICKOFF + timedelta(days=number)), run_id=None)

        with django_assert_max_num_queries(40):
            done = actions.publish_ready(by=ops, at=NOON_BEFORE)

        assert done.blocked == {V.SIMULATION_MISSING: 12}

    def test_an_opinion_is_in_force(self, ops):
        pick = make_pick()

        at = BEFORE_ANYBODY_HAD_AN_OPINION
        assert self.blocked(pick, ops, at) == [V.CONFIG_VERSION_MISSING, V.MARKET_NOT_GRADEABLE]

    def test_one_that_fails_lets_the_others_go_out(self, ops):
        fine = make_pick()
        wrong = make_pick(Game(home="Miami Dolphins", away="New York Jets"), fair_line=6.5)

        done = actions.publish_ready(by=ops, at=NOON_BEFORE)

        assert (done.published, done.blocked) == (1, {V.DIRECTION_MISMATCH: 1})
        fine.refresh_from_db(), wrong.refresh_from_db()
        assert (fine.status, wrong.status) == ("PUBLISHED", "BLOCKED")
