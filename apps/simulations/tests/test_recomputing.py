"""What was computed is computed again from what is stored, equal to the last digit."""

import pytest

from apps.catalog.models import Book
from apps.rulebook.markets import MarketType, Side
from apps.simulations import actions
from apps.simulations.models import MarketEvaluation, SimulationRun
from apps.simulations.recomputing import NUMBERS, InputNotKept, evaluation_again, run_again
from apps.simulations.tests.factories import (
    FRIDAY,
    board,
    polled,
    two_sided,
)
from apps.snapshots.models import LatestQuote, MarketSnapshot

SPREAD, TOTAL, MONEYLINE = MarketType.SPREAD, MarketType.TOTAL, MarketType.MONEYLINE


def stored() -> SimulationRun:
    return SimulationRun.objects.select_related("model_version", "rating_day").get()


def keep_snapshots() -> None:
    """Store what the board shows as the snapshots that its quotes were read from."""
    MarketSnapshot.objects.bulk_create(
        MarketSnapshot(
            selection_id=quote.selection_id,
            book_id=quote.book_id,
            observed_at=quote.observed_at,
            seq=quote.seq,
            poll_id=quote.poll_id,
            is_main=True,
            pre_game=True,
            status="OPEN",
            line=quote.line,
            price_decimal=quote.price_decimal,
        )
        for quote in LatestQuote.objects.all()
    )


class TestRunAgain:
    def test_draws_the_same_games_from_the_same_seed(self, game):
        run = stored()

        again = run_again(run)

        assert again.distribution_sha256 == run.distribution_sha256
        assert again.seed == int(run.seed)
        assert again.data_version == run.data_version

    def test_notices_an_input_that_was_changed(self, game):
        run = stored()
        run.inputs = {**run.inputs, "neutral": True}

        again = run_again(run)

        assert again.data_version != run.data_version
        assert again.distribution_sha256 != run.distribution_sha256

    def test_says_what_it_cannot_be_made_from(self, game):
        run = stored()
        run.model_version.code = "nfl-forgotten"
        with pytest.raises(InputNotKept, match="nfl-forgotten"):
            run_again(run)

        run = stored()
        run.rating_day = None
        with pytest.raises(InputNotKept, match="strengths"):
            run_again(run)


class TestEvaluationAgain:
    def test_of_every_quote_of_a_board_comes_out_equal(self, game, ops):
        board(game)
        for book, prices in (("draftkings", ("1.87", "1.95")), ("fanduel", ("1.93", "1.89"))):
            two_sided(game, SPREAD, line="-3.5", prices=prices, book=book)
        polled(FRIDAY)
        keep_snapshots()
        actions.evaluate_due(by=ops, at=FRIDAY)
        scores = run_again(stored()).scores
        rows = list(MarketEvaluation.objects.select_related("run"))

        assert len(rows) == 18
        for row in rows:
            again = evaluation_again(row, scores)
            assert again == {name: getattr(row, name) for name in NUMBERS}

    def test_is_not_the_same_from_another_distribution(self, game, ops):
        board(game)
        keep_snapshots()
        actions.evaluate_due(by=ops, at=FRIDAY)
        row = MarketEvaluation.objects.filter(selection__side=Side.HOME).first()
        run = stored()
        run.inputs = {**run.inputs, "neutral": True}

        again = evaluation_again(row, run_again(run).scores)

        assert again["model_prob"] != row.model_prob
        assert again["overround"] == row.overround

    def test_says_when_a_snapshot_is_not_kept(self, game, ops):
        board(game)
        keep_snapshots()
        actions.evaluate_due(by=ops, at=FRIDAY)
        row = MarketEvaluation.objects.select_related("run").first()
        row.book = Book.objects.get(key="betrivers")  # which showed nothing at all
        MarketEvaluation.objects.bulk_create([row])

        with pytest.raises(InputNotKept, match="snapshot"):
            evaluation_again(row, stored().scores())
