"""Books quote as books do: margins, key numbers, moves, gaps; and they misjudge a little."""

from collections import Counter, defaultdict
from statistics import mean, pstdev

import pytest

from sandbox.tests.conftest import make_world
from sandbox.world.league import BOOKS
from sandbox.world.market import H2H, SPREADS, TOTALS

SHARP = BOOKS[0]


def implied(american):
    return 100 / (100 + american) if american > 0 else -american / (100 - american)


def overround(quote):
    return sum(implied(outcome.price) for outcome in quote.outcomes)


def point_of(quote):
    return abs(quote.outcomes[0].point)


@pytest.fixture(scope="module")
def games():
    return make_world().before_epoch()


@pytest.fixture(scope="module")
def boards(games):
    """Of many games what each book had up at six instants before the start."""
    world = make_world()
    found = []
    for game in games[::3]:
        ahead = game.starts - game.listed
        for sixth in range(1, 7):
            at = game.listed + ahead * sixth // 6 - 1
            found.append((game, at, dict(world.quotes(game, at))))
    return found


class TestPrices:
    def test_leave_each_book_a_margin(self, boards):
        by_book = defaultdict(list)
        for _, _, board in boards:
            for book, quotes in board.items():
                by_book[book.key] += map(overround, quotes)

        assert all(1.005 < one < 1.12 for sums in by_book.values() for one in sums)
        means = {key: mean(sums) for key, sums in by_book.items()}
        assert min(means, key=means.__getitem__) == SHARP.key
        assert means[SHARP.key] == pytest.approx(1.025, abs=0.004)
        assert all(1.035 < one < 1.06 for key, one in means.items() if key != SHARP.key)

    def test_are_american_and_even_money_has_one_name(self, boards):
        prices = {
            outcome.price
            for _, _, board in boards
            for quotes in board.values()
            for quote in quotes
            for outcome in quote.outcomes
        }

        assert all(price >= 100 or price < -100 for price in prices)
        assert 100 in prices

    def test_of_most_books_near_even_end_in_nought_or_five(self, boards):
        for _, _, board in boards:
            for book, quotes in board.items():
                near = [o.price for q in quotes for o in q.outcomes if abs(o.price) < 200]
                assert all(price % book.price_step == 0 for price in near)


class TestLines:
    def test_stay_near_even(self, boards):
        for _, _, board in boards:
            for quotes in board.values():
                for quote in quotes:
                    if quote.market != H2H:
                        assert max(map(lambda o: implied(o.price), quote.outcomes)) < 0.60

    def test_are_whole_or_half_and_the_two_sides_mirror_each_other(self, boards):
        for _, _, board in boards:
            for quotes in board.values():
                for quote in quotes:
                    points = [outcome.point for outcome in quote.outcomes]
                    if quote.market == H2H:
                        assert points == [None, None]
                        continue
                    assert all((2 * point).is_integer() for point in points)
                    mirrored = -points[1] if quote.market == SPREADS else points[1]
                    assert points[0] == mirrored

    def test_rest_on_key_numbers(self, boards):
        lines = Counter(
            point_of(quote)
            for _, _, board in boards
            for quotes in board.values()
            for quote in quotes
            if quote.market == SPREADS
        )

        assert lines[3.0] > 1.3 * max(lines[2.5], lines[3.5], lines[2.0], lines[4.0])
        assert lines[7.0] > 1.3 * max(lines[7.5], lines[8.0], lines[6.0])

    def test_move_before_the_start_and_mostly_by_a_little(self, games):
        world = make_world()
        moved = []
        for game in games[::4]:
            first, last = (
                {
                    quote.market: quote.outcomes[0]
                    for book, quotes in world.quotes(game, at)
                    if book is SHARP
                    for quote in quotes
                }
                for at in (game.listed + 120, game.starts - 1)
            )
            for market in (SPREADS, TOTALS):
                if market in first and market in last:
                    moved.append(abs(first[market].point - last[market].point))

        assert 0.3 < sum(move > 0 for move in moved) / len(moved) < 0.98
        assert mean(moved) < 2.5
        assert max(moved) < 9

    def test_agree_among_books_without_being_the_same(self, boards):
        totals = [
            {
                quote.outcomes[0].point
                for quotes in board.values()
                for quote in quotes
                if quote.market == TOTALS
            }
            for _, _, board in boards
        ]

        wide = [max(lines) - min(lines) for lines in totals if lines]
        assert 0.5 < mean(wide) < 2.5
        assert max(wide) <= 6


class TestGaps:
    def test_are_rare_and_every_market_is_missing_somewhere(self, boards):
        late = [(game, at, board) for game, at, board in boards if at >= game.starts - 1]
        up = Counter(
            (book.key, quote.market)
            for _, _, board in late
            for book, quotes in board.items()
            for quote in quotes
        )

        for book in BOOKS:
            for market in (H2H, SPREADS, TOTALS):
                share = up[book.key, market] / len(late)
                assert 0.6 < share <= 1.0
                assert share < 1.0 or book is SHARP

    def test_leave_enough_books_before_the_start(self, boards):
        late = [board for game, at, board in boards if at >= game.starts - 1]
        spreads = [
            sum(any(q.market == SPREADS for q in quotes) for quotes in board.values())
            for board in late
        ]

        assert sum(count >= 4 for count in spreads) / len(spreads) > 0.97

    def test_end_again_for_a_book_that_took_its_quotes_down_at_news(self, games):
        """A quote that vanished is back later, before the start: suspended, not gone."""
        world = make_world()
        came_back = 0
        for game in games[:14]:
            seen: dict[str, list[bool]] = defaultdict(list)
            for at in range(game.starts - 16 * 3600, game.starts - 600, 420):
                up = {book.key for book, _ in world.quotes(game, at)}
                for book in BOOKS:
                    seen[book.key].append(book.key in up)
            for ups in seen.values():
                text = "".join("1" if up else "0" for up in ups).strip("0")
                came_back += "10" in text
        assert came_back >= 4

    def test_of_a_game_in_play_are_wider(self, games):
        world = make_world()
        for game in games[:30]:
            half = (game.starts + game.ends) // 2
            in_play = world.quotes(game, half)
            assert len(in_play) < len(BOOKS)
            assert all(quote.updated >= game.starts for _, board in in_play for quote in board)
            assert world.quotes(game, game.ends - 1) == []


class TestBelief:
    def test_is_wrong_by_a_few_points_and_less_so_at_the_start(self, games):
        opened = [game.beliefs[0].margin - game.truth.margin for game in games]
        closed = [game.belief(game.starts).margin - game.truth.margin for game in games]

        assert 1.4 < pstdev(closed) < 2.3
        assert 1.2 * pstdev(closed) < pstdev(opened) < 3.5
        assert abs(mean(closed)) < 0.5

    def test_moves_toward_the_truth_more_often_than_away(self, games):
        nearer = [
            abs(game.belief(game.starts).margin - game.truth.margin)
            < abs(game.beliefs[0].margin - game.truth.margin)
            for game in games
        ]

        assert 0.53 < mean(nearer) < 0.85
