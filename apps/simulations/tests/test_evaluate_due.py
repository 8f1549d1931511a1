"""Boards held against runs: every quote valued or counted, once per poll, for all tenants."""

from datetime import timedelta
from decimal import Decimal

import pytest

from apps.catalog.models import Book
from apps.governance import switches
from apps.governance.models import AuditEntry, FeatureFlag
from apps.rulebook.consensus import BookMarket, consensus_of
from apps.rulebook.evaluation import RiskFlag, value
from apps.rulebook.markets import MarketType, Side
from apps.rulebook.odds import MarginMethod, fair_probabilities
from apps.rulebook.thresholds import market_config
from apps.simulations import actions, stages
from apps.simulations.actions import EvaluatedPolls
from apps.simulations.models import (
    EvaluationBatch,
    MarketEvaluation,
    ModelState,
    ModelVersion,
    SimulationRun,
)
from apps.simulations.tests.factories import (
    FRIDAY,
    KICKOFF,
    board,
    choose,
    polled,
    two_sided,
)

SPREAD, TOTAL, MONEYLINE = MarketType.SPREAD, MarketType.TOTAL, MarketType.MONEYLINE
HOME, AWAY, OVER, UNDER = Side.HOME, Side.AWAY, Side.OVER, Side.UNDER
A_MINUTE = timedelta(minutes=1)
LATER = FRIDAY + A_MINUTE


def row_of(market_type: MarketType, side: Side, book: str = "draftkings") -> MarketEvaluation:
    return MarketEvaluation.objects.get(
        selection__market_type=market_type, selection__side=side, book__key=book
    )


def only_batch() -> EvaluationBatch:
    return EvaluationBatch.objects.get()


class TestEvaluateDue:
    def test_values_every_quote_of_the_board(self, game, ops):
        board(game)

        done = actions.evaluate_due(by=ops, at=FRIDAY)

        assert done == EvaluatedPolls(batches=1, evaluated=18)
        batch = only_batch()
        assert (batch.quotes, batch.evaluated, batch.skipped) == (18, 18, {})
        assert batch.runs == [SimulationRun.objects.get().pk]
        assert (batch.captured_at, batch.overtaken) == (FRIDAY, False)
        assert stages.due_and_done(FRIDAY)["evaluate"].waiting == 0

    def test_comes_to_what_the_rulebook_says_of_each_quote(self, game, ops):
        choose("acme", model_profile="raw", at=FRIDAY)
        choose("rival", model_profile="raw", at=FRIDAY)
        prices = {"draftkings": ("1.87", "1.95"), "fanduel": ("1.91", "1.91"), "betmgm": EVEN_ISH}
        for book, pair in prices.items():
            two_sided(game, SPREAD, line="-3.5", prices=pair, book=book)
        polled(FRIDAY)

        actions.evaluate_due(by=ops, at=FRIDAY)

        config = market_config("NFL")
        books = [
            BookMarket(str(Book.objects.get(key=key).pk), Decimal("-3.5"), tuple(map(Decimal, p)))
            for key, p in prices.items()
        ]
        agreed = consensus_of(
            books,
            method=MarginMethod.ADDITIVE,
            books_min=config.consensus_books_min,
            limits=config.overround,
        )
        scores = SimulationRun.objects.get().scores()
        for number, (side, line) in enumerate(((HOME, "-3.5"), (AWAY, "3.5"))):
            expected = value(
                scores.price(SPREAD, side, Decimal(line)),
                fair_prob=agreed.fair_probs[number],
                weight=1.0,
                price=float(prices["draftkings"][number]),
            )
            got = row_of(SPREAD, side)
            assert (got.a, got.b, got.v) == pytest.approx((expected.a, expected.b, expected.v))
            assert got.model_prob == got.decision_prob == expected.model_prob
            assert (got.fair_prob, got.weight) == (expected.fair_prob, 1.0)
            assert (got.edge_prob, got.ev) == (expected.edge_prob, expected.ev)
            assert got.fair_line == pytest.approx(
                scores.margin.fair_line(SPREAD, side, got.fair_prob)
            )
            assert got.edge_points == pytest.approx(float(line) - got.fair_line)
            assert (got.edge_points > 0) == (got.edge_prob > 0)
            assert got.overround == pytest.approx(1 / 1.87 + 1 / 1.95)
            assert (got.books, got.line, got.price_decimal) == (
                3,
                Decimal(line),
                Decimal(prices["draftkings"][number]),
            )

    def test_keeps_both_sides_of_a_book_in_one_batch_as_mirrors(self, game, ops):
        board(game)

        actions.evaluate_due(by=ops, at=FRIDAY)

        for market, first, second in (
            (SPREAD, HOME, AWAY),
            (TOTAL, OVER, UNDER),
            (MONEYLINE, HOME, AWAY),
        ):
            one, other = row_of(market, first), row_of(market, second)
            assert one.batch_id == other.batch_id
            assert (one.a, one.b) == pytest.approx((other.b, other.a), abs=1e-9)
            assert one.fair_prob + other.fair_prob == pytest.approx(1)
            assert one.edge_prob == pytest.approx(-other.edge_prob, abs=1e-9)

    def test_judges_by_the_market_alone_where_no_weight_was_measured(self, game, ops):
        board(game, at=KICKOFF - 2 * A_MINUTE)

        actions.evaluate_due(by=ops, at=KICKOFF - 2 * A_MINUTE)

        for row in MarketEvaluation.objects.all():
            assert (row.weight, row.edge_prob, row.decision_prob) == (0, 0, row.fair_prob)
            assert row.model_prob != row.fair_prob
            assert row.ev < 0

    def test_trusts_the_model_more_while_the_game_is_far(self, game, ops):
        board(game)

        actions.evaluate_due(by=ops, at=FRIDAY)

        weights = {
            market: row_of(market, side).weight
            for market, side in ((SPREAD, HOME), (TOTAL, OVER), (MONEYLINE, HOME))
        }
        assert weights == {SPREAD: 0.09, TOTAL: 0.13, MONEYLINE: 0}

    def test_says_what_is_not_known_well_enough(self, game, ops):
        board(game)

        actions.evaluate_due(by=ops, at=FRIDAY)

        assert set(row_of(SPREAD, HOME).flags) == {
            RiskFlag.MODEL_UNMEASURED,
            RiskFlag.WEIGHT_NOT_PROVEN,
            RiskFlag.SHORT_WARMUP,
            RiskFlag.RATING_UNSETTLED,
        }

    def test_takes_the_flag_away_once_a_report_is_stored(self, game, ops):
        board(game)
        actions.report_model(
            ModelVersion.objects.get(code="nfl-lines-2015"),
            SPREAD,
            state=ModelState.MEASURED,
            games=1_062,
            report={"brier_gap": 0.0051},
            reason="Seasons 2016 to 2019.",
            by=ops,
            at=FRIDAY,
        )

        actions.evaluate_due(by=ops, at=FRIDAY)

        assert RiskFlag.MODEL_UNMEASURED not in row_of(SPREAD, HOME).flags
        assert RiskFlag.MODEL_UNMEASURED in row_of(TOTAL, OVER).flags

    def test_uses_a_books_own_price_at_a_line_of_its_own(self, game, ops):
        board(game)
        two_sided(game, SPREAD, line="-3", prices=("1.80", "2.04"), book="betrivers")

        actions.evaluate_due(by=ops, at=FRIDAY)

        own = fair_probabilities((Decimal("1.80"), Decimal("2.04")), MarginMethod.ADDITIVE)
        row = row_of(SPREAD, HOME, "betrivers")
        assert row.fair_prob == pytest.approx(own[0])
        assert row.v > 0.03  # -3 pushes, and the run knows how often
        assert row_of(SPREAD, HOME).fair_prob == pytest.approx(0.5)

    def test_prices_a_moneyline_with_the_spread_that_would_make_it_even(self, game, ops):
        board(game)

        actions.evaluate_due(by=ops, at=FRIDAY)

        row = row_of(MONEYLINE, HOME)
        margin = SimulationRun.objects.get().scores().margin
        assert (row.line, row.edge_points) == (None, None)
        assert row.fair_line == pytest.approx(margin.fair_line(SPREAD, HOME))
        assert (row.model_prob > 0.5) == (row.fair_line < 0)

    def test_is_written_down_in_the_audit(self, game, ops):
        board(game)

        actions.evaluate_due(by=ops, at=FRIDAY)

        entry = AuditEntry.across_tenants.get(action="evaluation_batch.made")
        assert (entry.object_id, entry.actor_id) == (str(only_batch().pk), ops.id)


EVEN_ISH = ("1.90", "1.92")


class TestReceipts:
    def test_are_written_once_per_poll(self, game, ops):
        board(game)

        actions.evaluate_due(by=ops, at=FRIDAY)

        assert actions.evaluate_due(by=ops, at=FRIDAY) == EvaluatedPolls()
        assert EvaluationBatch.objects.count() == 1

    def test_are_written_where_nothing_has_changed(self, game, ops):
        board(game)
        actions.evaluate_due(by=ops, at=FRIDAY)
        board(game, at=LATER)

        done = actions.evaluate_due(by=ops, at=LATER)

        assert done == EvaluatedPolls(batches=1, skipped=18)
        batch = EvaluationBatch.objects.get(captured_at=LATER)
        assert (batch.evaluated, batch.skipped) == (0, {"UNCHANGED": 18})

    def test_wait_until_the_poll_was_read(self, game, ops):
        board(game)
        polled(LATER, read=False)

        actions.evaluate_due(by=ops, at=LATER)

        assert only_batch().captured_at == FRIDAY

    def test_name_the_polls_that_a_newer_one_had_overtaken(self, game, ops):
        board(game)
        actions.evaluate_due(by=ops, at=FRIDAY)
        for minutes in (1, 2, 3):
            board(game, at=FRIDAY + minutes * A_MINUTE)
        moved = {"prices": ("1.87", "1.95"), "book": "fanduel"}
        two_sided(game, TOTAL, line="44.5", at=FRIDAY + 3 * A_MINUTE, **moved)

        done = actions.evaluate_due(by=ops, at=FRIDAY + 3 * A_MINUTE)

        assert (done.batches, done.evaluated) == (3, 6)
        receipts = EvaluationBatch.objects.order_by("captured_at")
        assert [batch.overtaken for batch in receipts] == [False, True, True, False]

    def test_start_with_the_newest_poll_under_new_configurations(self, game, rival, ops):
        board(game)
        actions.evaluate_due(by=ops, at=FRIDAY)
        board(game, at=LATER)
        choose(rival, model_profile="raw", at=LATER)

        actions.evaluate_due(by=ops, at=LATER)

        weights = MarketEvaluation.objects.filter(
            batch__captured_at=LATER, selection__market_type=SPREAD
        ).values_list("weight", flat=True)
        assert EvaluationBatch.objects.count() == 3
        assert set(weights) == {1.0}  # the measured profile saw nothing new

    def test_leave_the_games_that_have_begun_alone(self, game, ops):
        board(game, at=KICKOFF)

        done = actions.evaluate_due(by=ops, at=KICKOFF)

        assert done == EvaluatedPolls(batches=1)
        assert only_batch().quotes == 0


class TestTenants:
    def test_that_chose_the_same_share_one_evaluation(self, game, rival, ops):
        board(game)

        done = actions.evaluate_due(by=ops, at=FRIDAY)

        assert done == EvaluatedPolls(batches=1, evaluated=18)

    def test_that_chose_otherwise_get_their_own_from_the_same_run(self, game, rival, ops):
        choose(rival, model_profile="raw", at=FRIDAY)
        board(game)

        done = actions.evaluate_due(by=ops, at=FRIDAY)

        assert done == EvaluatedPolls(batches=2, evaluated=36)
        assert SimulationRun.objects.count() == 1
        totals = MarketEvaluation.objects.filter(
            selection__market_type=TOTAL, selection__side=OVER, book__key="fanduel"
        ).order_by("weight")
        measured, raw = totals
        assert (measured.weight, raw.weight) == (0.13, 1.0)
        assert raw.decision_prob == raw.model_prob == measured.model_prob
        assert abs(measured.edge_prob) < abs(raw.edge_prob)
        assert RiskFlag.RAW_MODEL in raw.flags


class TestSwitch:
    @pytest.mark.parametrize("scope", [switches.GLOBAL, "league:NFL"])
    def test_off_lets_polls_wait_and_on_catches_up(self, scope, game, ops):
        board(game)
        actions.evaluate_due(by=ops, at=FRIDAY)
        FeatureFlag.objects.filter(name=switches.SIMULATE, scope=scope).update(enabled=False)
        board(game, at=LATER)
        board(game, at=LATER + A_MINUTE)

        off = actions.evaluate_due(by=ops, at=LATER + A_MINUTE)
        FeatureFlag.objects.filter(name=switches.SIMULATE, scope=scope).update(enabled=True)
        on = actions.evaluate_due(by=ops, at=LATER + A_MINUTE)

        assert off == EvaluatedPolls(waiting=2)
        assert on == EvaluatedPolls(batches=2, skipped=18)
