import json
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.rulebook.consensus import (
    BookMarket,
    BookQuotedTwice,
    Consensus,
    ConsensusGap,
    NoConsensus,
    consensus_board,
    consensus_of,
)
from apps.rulebook.odds import MarginMethod, price_from_american
from apps.rulebook.thresholds import default_method, market_config

LIMITS = market_config("NFL").overround
BOOKS = ("alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf")


def quote(book, line, *american):
    points = None if line is None else Decimal(str(line))
    return BookMarket(book, points, tuple(price_from_american(a) for a in american))


def agree(*quotes, method=MarginMethod.ADDITIVE, books_min=1, limits=LIMITS):
    return consensus_of(quotes, method=method, books_min=books_min, limits=limits)


def board_of(markets, *, method, books_min, outcomes, limits=LIMITS):
    """Ask the set-based form the question that is asked of each market alone."""
    rows = [(index, row) for index, quotes in enumerate(markets) for row in quotes]
    return consensus_board(
        market=np.array([index for index, _ in rows], dtype=np.int64),
        book=np.array([BOOKS.index(row.book) for _, row in rows], dtype=np.int64),
        line=np.array([np.nan if row.line is None else float(row.line) for _, row in rows]),
        prices=np.array(
            [[float(price) for price in row.prices] for _, row in rows], dtype=np.float64
        ).reshape(-1, outcomes),
        market_count=len(markets),
        method=method,
        books_min=books_min,
        limits=limits,
    )


def answer_for(quotes, *, method, books_min):
    try:
        return consensus_of(quotes, method=method, books_min=books_min, limits=LIMITS)
    except NoConsensus as refusal:
        return refusal.gap


def assert_same(board, index, expected):
    if isinstance(expected, ConsensusGap):
        assert board.gaps[index] is expected
        assert not board.found[index]
        assert np.isnan(board.fair_probs[index]).all()
        assert np.isnan(board.lines[index])
        return
    assert board.gaps[index] is None
    assert board.found[index]
    assert board.books[index] == len(expected.books)
    assert board.fair_probs[index] == pytest.approx(expected.fair_probs, abs=1e-12)
    if expected.line is None:
        assert np.isnan(board.lines[index])
    else:
        assert board.lines[index] == float(expected.line)


# Few lines and few prices, so that ties of every kind are common.
american = st.sampled_from([-600, -130, -120, -115, -110, -105, 100, 105, 110, 120, 400])
lines = st.sampled_from([None, -3.5, -3, -2.5, 0, 2.5, 3, 3.5, 44.5, 44.25])


@st.composite
def a_market(draw, outcomes, line=lines):
    books = draw(st.lists(st.sampled_from(BOOKS), unique=True, max_size=len(BOOKS)))
    return tuple(
        quote(book, draw(line), *(draw(american) for _ in range(outcomes))) for book in books
    )


@st.composite
def a_poll(draw):
    outcomes = draw(st.sampled_from([2, 3]))
    line = lines if outcomes == 2 else st.none()
    return outcomes, draw(st.lists(a_market(outcomes, line), min_size=1, max_size=6))


class TestTheConsensusLine:
    def test_is_the_one_most_books_quote(self):
        consensus = agree(
            quote("alpha", -3, -110, -110),
            quote("bravo", -3.5, -105, -115),
            quote("charlie", -3.5, -110, -110),
        )

        assert consensus.line == Decimal("-3.5")
        assert consensus.books == ("bravo", "charlie")

    def test_is_never_an_average_and_neither_are_its_prices(self):
        with_outlier = agree(
            quote("alpha", -3, -110, -110),
            quote("bravo", -3, -120, 100),
            quote("charlie", -7, 400, -600),
        )

        alone = agree(quote("alpha", -3, -110, -110), quote("bravo", -3, -120, 100))
        assert with_outlier == alone

    def test_of_a_tie_is_the_one_whose_pooled_prices_are_nearest_even(self):
        consensus = agree(
            quote("alpha", -2.5, -130, 110),
            quote("bravo", -3, -115, -105),
            quote("charlie", -2.5, -120, 100),
            quote("delta", -3, -110, -110),
        )

        assert consensus.line == -3

    def test_of_a_tie_in_prices_is_the_smaller_absolute_one(self):
        consensus = agree(quote("alpha", -3.5, 100, -120), quote("bravo", -3, -120, 100))

        assert consensus.line == -3

    def test_of_a_tie_in_size_is_the_lower(self):
        consensus = agree(quote("alpha", 1, -120, 100), quote("bravo", -1, 100, -120))

        assert consensus.line == -1

    def test_of_a_tie_counts_only_the_books_whose_margin_is_believed(self):
        consensus = agree(
            quote("alpha", -3, -110, -110),
            quote("bravo", -3.5, 100, 100),  # no margin at all
            quote("charlie", -3.5, -600, -110),  # far too much
            quote("delta", -3.5, -110, -110),
            quote("echo", -3, -110, -110),
        )

        assert (consensus.line, consensus.books) == (-3, ("alpha", "echo"))

    def test_zero_is_a_line_and_none_is_not(self):
        pick_em = agree(quote("alpha", 0, -110, -110), quote("bravo", 0, -110, -110))
        moneyline = agree(quote("alpha", None, -110, -110))

        assert pick_em.line == 0
        assert moneyline.line is None


class TestTheConsensusProbabilities:
    def test_are_pooled_in_log_odds_after_each_book_lost_its_own_margin(self):
        consensus = agree(quote("alpha", None, -300, 240), quote("bravo", None, -400, 300))

        fair = [0.7279412, (1 + 0.8 - 0.25) / 2]
        logit = sum(np.log(p / (1 - p)) for p in fair) / 2
        assert consensus.fair_probs[0] == pytest.approx(1 / (1 + np.exp(-logit)), abs=1e-6)
        assert sum(consensus.fair_probs) == pytest.approx(1)

    def test_of_three_outcomes_are_pooled_too(self):
        consensus = agree(
            quote("alpha", None, 100, 250, 280),
            quote("bravo", None, 100, 250, 280),
            method=MarginMethod.POWER,
        )

        one = agree(quote("alpha", None, 100, 250, 280), method=MarginMethod.POWER)
        assert consensus.fair_probs == pytest.approx(one.fair_probs)
        assert consensus.fair_probs == tuple(sorted(consensus.fair_probs, reverse=True))

    @given(st.permutations([-130, -120, -115, -110, -105, 100, 105]))
    def test_do_not_depend_on_the_order_of_the_books(self, prices):
        quotes = [quote(b, -3, p, -115) for b, p in zip(BOOKS, sorted(prices), strict=True)]
        shuffled = [quotes[sorted(prices).index(p)] for p in prices]

        assert agree(*shuffled) == agree(*quotes)

    @given(a_market(2, st.sampled_from([-3.5, -3, -2.5, -7])))
    def test_mirror_each_other_seen_from_the_other_side(self, quotes):
        mirrored = [BookMarket(q.book, -q.line, q.prices[::-1]) for q in quotes]

        ours = answer_for(quotes, method=MarginMethod.POWER, books_min=1)
        theirs = answer_for(mirrored, method=MarginMethod.POWER, books_min=1)

        if isinstance(ours, ConsensusGap):
            assert theirs is ours
        else:
            assert theirs.line == -ours.line
            assert theirs.fair_probs == pytest.approx(ours.fair_probs[::-1], abs=1e-12)


class TestAMarketWithoutConsensus:
    @pytest.mark.parametrize(
        ("quotes", "gap"),
        [
            ((), ConsensusGap.NOT_QUOTED),
            ((quote("alpha", -3, 100, 100),), ConsensusGap.OVERROUND_OUT_OF_RANGE),
            ((quote("alpha", -3, -600, -110),), ConsensusGap.OVERROUND_OUT_OF_RANGE),
            ((quote("alpha", -3, -110, -110),), ConsensusGap.TOO_FEW_BOOKS),
            (
                # Three books, but two bets: no line has two of them.
                (quote("alpha", -3, -110, -110), quote("bravo", -3.5, -110, -110)),
                ConsensusGap.TOO_FEW_BOOKS,
            ),
        ],
    )
    def test_says_why(self, quotes, gap):
        with pytest.raises(NoConsensus) as refusal:
            agree(*quotes, books_min=2)

        assert refusal.value.gap is gap
        assert refusal.value.code == "NO_CONSENSUS"

    def test_may_be_one_whose_method_refuses_every_book(self):
        long_shots = quote("alpha", None, -9000, 9900, 20000, 9900, 3000, 5000)

        with pytest.raises(NoConsensus) as refusal:
            agree(long_shots, method=MarginMethod.ADDITIVE)

        assert refusal.value.gap is ConsensusGap.MARGIN_NOT_REMOVABLE
        board = board_of([[long_shots]], method=MarginMethod.ADDITIVE, books_min=1, outcomes=6)
        assert board.gaps == (ConsensusGap.MARGIN_NOT_REMOVABLE,)

    def test_still_shows_how_many_books_there_were(self):
        quotes = [quote("alpha", -3, -110, -110), quote("bravo", -3, -110, -110)]

        board = board_of([quotes], method=MarginMethod.ADDITIVE, books_min=3, outcomes=2)

        assert board.gaps == (ConsensusGap.TOO_FEW_BOOKS,)
        assert board.books.tolist() == [2]
        assert not board.used.any()
        assert board.fair_rows.tolist() == [[0.5, 0.5]] * 2


class TestABookThatStandsTwiceInAMarket:
    QUOTES = (quote("alpha", -3, -110, -110), quote("alpha", -3.5, -110, -110))

    def test_is_refused_alone(self):
        with pytest.raises(BookQuotedTwice):
            agree(*self.QUOTES)

    def test_is_refused_on_a_board(self):
        with pytest.raises(BookQuotedTwice):
            board_of([(), self.QUOTES], method=MarginMethod.POWER, books_min=1, outcomes=2)

    def test_is_not_a_book_in_two_markets(self):
        board = board_of(
            [self.QUOTES[:1], self.QUOTES[1:]], method=MarginMethod.POWER, books_min=1, outcomes=2
        )

        assert board.lines.tolist() == [-3, -3.5]


class TestTheSetBasedForm:
    @settings(max_examples=300)
    @given(a_poll(), st.sampled_from(MarginMethod), st.integers(1, 4))
    def test_answers_for_every_market_what_the_single_form_answers(self, poll, method, books_min):
        outcomes, markets = poll

        board = board_of(markets, method=method, books_min=books_min, outcomes=outcomes)

        for index, quotes in enumerate(markets):
            expected = answer_for(quotes, method=method, books_min=books_min)
            assert_same(board, index, expected)

    @given(a_poll(), st.integers(1, 3))
    def test_marks_the_rows_that_were_pooled(self, poll, books_min):
        outcomes, markets = poll
        method = default_method(outcomes)

        board = board_of(markets, method=method, books_min=books_min, outcomes=outcomes)

        rows = [(index, row) for index, quotes in enumerate(markets) for row in quotes]
        for (index, row), used in zip(rows, board.used.tolist(), strict=True):
            answer = answer_for(markets[index], method=method, books_min=books_min)
            assert used == (isinstance(answer, Consensus) and row.book in answer.books)

    @given(a_poll(), st.randoms(use_true_random=False))
    def test_does_not_depend_on_the_order_of_the_rows(self, poll, random):
        outcomes, markets = poll
        ask = {"method": default_method(outcomes), "books_min": 1, "outcomes": outcomes}
        shuffled = [random.sample(quotes, len(quotes)) for quotes in markets]

        one, other = board_of(markets, **ask), board_of(shuffled, **ask)

        # Equal to the last bit: a replay must write the same bytes.
        np.testing.assert_array_equal(one.lines, other.lines)
        np.testing.assert_array_equal(one.fair_probs, other.fair_probs)
        assert one.gaps == other.gaps

    def test_takes_a_row_with_a_missing_side_for_no_quote(self):
        board = consensus_board(
            market=np.array([0, 1, 1]),
            book=np.array([7, 7, 8]),
            line=np.array([-3.0, -3.0, -3.0]),
            prices=np.array([[1.9, np.nan], [np.nan, 1.9], [1.9, 1.95]]),
            market_count=2,
            method=MarginMethod.ADDITIVE,
            books_min=1,
            limits=LIMITS,
        )

        assert board.gaps == (ConsensusGap.NOT_QUOTED, None)
        assert board.books.tolist() == [0, 1]
        assert board.used.tolist() == [False, False, True]

    def test_answers_for_a_poll_without_any_row(self):
        board = board_of([(), ()], method=MarginMethod.POWER, books_min=3, outcomes=2)

        assert board.gaps == (ConsensusGap.NOT_QUOTED,) * 2
        assert np.isnan(board.lines).all()


class TestARecordedPoll:
    @pytest.fixture
    def recorded(self, shared_data):
        body = (shared_data / "oddsapi" / "odds_nfl_american_20251012.json").read_text()
        return json.loads(body)

    def markets(self, recorded, key):
        """Each event's rows of one market key: home or over first."""
        for event in recorded:
            first = {"totals": "Over"}.get(key, event["home_team"])
            yield tuple(
                (bookmaker["key"], sorted(market["outcomes"], key=lambda o: o["name"] != first))
                for bookmaker in event["bookmakers"]
                for market in bookmaker["markets"]
                if market["key"] == key
            )

    @pytest.mark.parametrize("key", ["h2h", "spreads", "totals"])
    def test_gives_the_same_lines_in_both_forms(self, key, recorded):
        markets = list(self.markets(recorded, key))
        quotes = [
            tuple(
                quote(book, first.get("point"), first["price"], second["price"])
                for book, (first, second) in market
            )
            for market in markets
        ]
        rows = [(index, row) for index, market in enumerate(quotes) for row in market]
        names = sorted({row.book for _, row in rows})

        board = consensus_board(
            market=np.array([index for index, _ in rows]),
            book=np.array([names.index(row.book) for _, row in rows]),
            line=np.array([np.nan if r.line is None else float(r.line) for _, r in rows]),
            prices=np.array([[float(p) for p in row.prices] for _, row in rows]),
            market_count=len(markets),
            method=MarginMethod.ADDITIVE,
            books_min=3,
            limits=LIMITS,
        )

        for index, market in enumerate(quotes):
            expected = answer_for(market, method=MarginMethod.ADDITIVE, books_min=3)
            assert_same(board, index, expected)
            if key != "h2h" and isinstance(expected, Consensus):
                assert 0.4 < expected.fair_probs[0] < 0.6
        # Next week's games are quoted by few books, and at different lines.
        assert board.found.sum() >= 20
        assert set(board.gaps) == {None, ConsensusGap.TOO_FEW_BOOKS}
