"""Evaluations where no game stands yet: a poll without a board, and workers at the same time."""

from apps.simulations import actions
from apps.simulations.actions import EvaluatedPolls
from apps.simulations.models import EvaluationBatch, MarketEvaluation
from apps.simulations.tests.factories import BILLS, FRIDAY, GIANTS, board, event, polled, season


class TestNoBoard:
    def test_leaves_a_receipt_all_the_same(self, acme, ops):
        polled(FRIDAY)

        done = actions.evaluate_due(by=ops, at=FRIDAY)

        batch = EvaluationBatch.objects.get()
        assert done == EvaluatedPolls(batches=1)
        assert (batch.quotes, batch.model_version) == (0, None)


class TestTwoWorkers:
    def test_evaluate_a_poll_once(self, fresh_database, acme, ops):
        season()
        game = event(BILLS, GIANTS)
        actions.rate_results(by=ops, at=FRIDAY)
        actions.simulate_due(by=ops, at=FRIDAY)
        board(game)

        done = fresh_database.in_threads(*[lambda: actions.evaluate_due(by=ops, at=FRIDAY)] * 3)

        assert sum(each.batches for each in done) == 1
        assert MarketEvaluation.objects.count() == 18
