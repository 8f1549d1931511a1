"""What of a board is evaluated: what is new about it, and why the rest is not."""

from datetime import timedelta

from apps.catalog.models import Book, Event
from apps.rulebook.markets import MarketType, QuoteStatus, Side
from apps.simulations import actions
from apps.simulations.models import EvaluationBatch, MarketEvaluation, NotEvaluated
from apps.simulations.tests.factories import (
    BOOKS,
    FRIDAY,
    GIANTS,
    KICKOFF,
    board,
    event,
    feed,
    polled,
    quote,
    told,
    two_sided,
)
from apps.snapshots.tests.factories import seen

SPREAD, TOTAL, MONEYLINE = MarketType.SPREAD, MarketType.TOTAL, MarketType.MONEYLINE
HOME, AWAY, OVER, UNDER = Side.HOME, Side.AWAY, Side.OVER, Side.UNDER
LATER = FRIDAY + timedelta(minutes=1)


def only_batch() -> EvaluationBatch:
    return EvaluationBatch.objects.get()


class TestWhatIsNew:
    def test_in_a_market_brings_all_its_quotes_and_no_other_market(self, game, ops):
        board(game)
        actions.evaluate_due(by=ops, at=FRIDAY)
        board(game, at=LATER)
        two_sided(game, SPREAD, line="-3.5", prices=("1.95", "1.87"), at=LATER, book="fanduel")

        actions.evaluate_due(by=ops, at=LATER)

        new = MarketEvaluation.objects.filter(batch__captured_at=LATER)
        assert {row.selection.market_type for row in new} == {SPREAD}
        assert {row.book.key for row in new} == set(BOOKS)
        assert EvaluationBatch.objects.get(captured_at=LATER).skipped == {"UNCHANGED": 12}

    def test_is_a_new_run(self, game, ops):
        board(game)
        actions.evaluate_due(by=ops, at=FRIDAY)
        first_round = Event.objects.order_by("start_time", "id").first()
        told(first_round, 0, 45, at=LATER)
        actions.rate_results(by=ops, at=LATER)
        actions.simulate_due(by=ops, at=LATER)
        board(game, at=LATER)

        done = actions.evaluate_due(by=ops, at=LATER)

        assert done.evaluated == 18
        runs = MarketEvaluation.objects.order_by("batch__captured_at").values_list(
            "run__simulated_at", flat=True
        )
        assert (runs.first(), runs.last()) == (FRIDAY, LATER)

    def test_is_that_the_game_has_come_nearer(self, game, ops):
        board(game)
        actions.evaluate_due(by=ops, at=FRIDAY)
        near = KICKOFF - timedelta(hours=11)
        board(game, at=near)

        actions.evaluate_due(by=ops, at=near)

        batch = EvaluationBatch.objects.get(captured_at=near)
        assert (batch.evaluated, batch.skipped) == (12, {"UNCHANGED": 6})
        assert set(
            MarketEvaluation.objects.of_batch(batch.pk).values_list("weight", flat=True)
        ) == {0.0}

    def test_is_a_book_that_left(self, game, ops):
        board(game)
        actions.evaluate_due(by=ops, at=FRIDAY)
        board(game, at=LATER)
        for side in (HOME, AWAY):
            quote(
                game,
                SPREAD,
                side,
                line="-3.5" if side is HOME else "3.5",
                price="1.909091",
                at=LATER,
                status=QuoteStatus.SUSPENDED,
            )

        actions.evaluate_due(by=ops, at=LATER)

        batch = EvaluationBatch.objects.get(captured_at=LATER)
        assert (batch.quotes, batch.skipped) == (16, {"TOO_FEW_BOOKS": 4, "UNCHANGED": 12})


class TestReasons:
    def test_say_that_a_game_has_no_run(self, game, ops):
        board(game)
        board(event("Green Bay Packers", GIANTS, KICKOFF + timedelta(days=1)))
        actions.simulate_due(by=ops, at=FRIDAY)  # blocked: nobody has seen the Packers

        actions.evaluate_due(by=ops, at=FRIDAY)

        assert only_batch().skipped == {NotEvaluated.SIMULATION_MISSING: 18}
        assert only_batch().evaluated == 18

    def test_say_that_a_quote_is_stale(self, game, ops):
        board(game)
        for row in two_sided(game, SPREAD, line="-3.5", book="betrivers"):
            seen(row, FRIDAY - timedelta(minutes=4)).save()

        actions.evaluate_due(by=ops, at=FRIDAY)

        assert only_batch().skipped == {"QUOTE_STALE": 2}

    def test_say_that_a_book_shows_one_side_or_another_line(self, game, ops):
        board(game)
        quote(game, SPREAD, HOME, line="-3.5", price="1.9", at=FRIDAY, book="betrivers")
        quote(game, SPREAD, HOME, line="-4", price="1.9", at=FRIDAY, book="betus")
        quote(game, SPREAD, AWAY, line="3.5", price="1.9", at=FRIDAY, book="betus")

        actions.evaluate_due(by=ops, at=FRIDAY)

        assert only_batch().skipped == {"OPPOSITE_MISSING": 3}

    def test_say_that_the_margin_is_out_of_range(self, game, ops):
        board(game)
        two_sided(game, SPREAD, line="-3.5", prices=("1.60", "1.60"), book="betrivers")
        two_sided(game, TOTAL, line="44.5", prices=("2.05", "2.05"), book="betrivers")

        actions.evaluate_due(by=ops, at=FRIDAY)

        assert only_batch().skipped == {"OVERROUND_OUT_OF_RANGE": 4}

    def test_say_that_too_few_books_quote_the_market(self, game, ops):
        board(game, books=BOOKS[:2])

        actions.evaluate_due(by=ops, at=FRIDAY)

        assert only_batch().skipped == {"TOO_FEW_BOOKS": 12}

    def test_say_that_the_market_or_the_book_is_not_evaluated(self, game, ops):
        board(game)
        two_sided(game, MarketType.TEAM_TOTAL, line="23.5")
        exchange = Book.objects.exclude(kind="SPORTSBOOK").first()
        two_sided(game, SPREAD, line="-3.5", book=exchange.key)

        actions.evaluate_due(by=ops, at=FRIDAY)

        assert only_batch().skipped == {"BOOK_NOT_EVALUATED": 2, "MARKET_NOT_CONFIGURED": 2}

    def test_say_that_the_run_is_certain(self, game, ops):
        for book in BOOKS:
            two_sided(game, TOTAL, line="199.5", prices=("9.0", "1.04"), book=book)
        polled(FRIDAY)

        actions.evaluate_due(by=ops, at=FRIDAY)

        assert only_batch().skipped == {"CERTAIN": 6}


class TestRecordedRhythm:
    def test_lets_an_hour_old_quote_count_as_seen(self, game, ops):
        feed(max_quote_age_s=18_000)
        board(game)

        actions.evaluate_due(by=ops, at=FRIDAY + timedelta(hours=1))

        assert only_batch().evaluated == 18
