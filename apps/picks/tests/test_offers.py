"""The best price now at a pick's own line: open, fresh, at a book of the tenant's."""

from datetime import timedelta
from decimal import Decimal

import pytest

from apps.picks.offers import best_offers
from apps.picks.tests.factories import NOON_BEFORE, Game, make_pick
from apps.rulebook.lifecycle import PickStatus
from apps.rulebook.markets import MarketType, QuoteStatus, Side

pytestmark = pytest.mark.usefixtures("in_acme")

LATER = NOON_BEFORE + timedelta(seconds=90)
SPREAD, HOME = MarketType.SPREAD, Side.HOME


@pytest.fixture
def game() -> Game:
    return Game()


@pytest.fixture
def pick(game):
    """HOME -3.5 at 1.909091, taken at draftkings."""
    return make_pick(game, status=PickStatus.PUBLISHED)


def quote(game, book, price, *, line="-3.5", at=LATER, status=QuoteStatus.OPEN):
    game.quote(SPREAD, HOME, line=line, price=price, at=at, book=book, status=status)


def best(pick, *, at=LATER, books=()):
    return best_offers([pick], at=at, books={pick.config_version_id: books}).get(pick.pk)


class TestBestOffers:
    def test_is_the_highest_price_with_its_book_and_age(self, game, pick):
        quote(game, "fanduel", "1.95")
        quote(game, "betmgm", "1.93")

        found = best(pick, at=LATER + timedelta(seconds=22))

        assert (found.price, found.title) == (Decimal("1.95"), "FanDuel")
        assert found.age == timedelta(seconds=22)

    def test_asks_for_the_published_line_and_no_other(self, game, pick):
        quote(game, "fanduel", "2.10", line="-4.5")
        quote(game, "betmgm", "2.05", line="-3")

        assert best(pick).book == "draftkings"

    def test_leaves_out_what_is_old_suspended_or_not_the_tenants(self, game, pick):
        quote(game, "fanduel", "2.10", at=NOON_BEFORE - timedelta(minutes=9))
        quote(game, "betmgm", "2.05")
        quote(game, "betmgm", "2.05", status=QuoteStatus.SUSPENDED)
        quote(game, "williamhill_us", "1.99")

        assert best(pick, books=("draftkings", "betmgm", "fanduel")).book == "draftkings"

    def test_is_nothing_once_nobody_offers_it(self, pick):
        assert best(pick, at=NOON_BEFORE + timedelta(hours=1)) is None

    def test_ties_go_by_the_books_name(self, game, pick):
        quote(game, "fanduel", "1.95")
        quote(game, "betmgm", "1.95")

        assert best(pick).book == "betmgm"

    def test_is_worth_what_the_picks_own_chances_say(self, game, pick):
        quote(game, "fanduel", "2.00")

        assert best(pick).value(pick.a, pick.b) == pytest.approx(0.10)

    def test_of_many_picks_is_one_question(self, pick, django_assert_num_queries):
        picks = [pick, *(make_pick(Game(), status=PickStatus.PUBLISHED) for _ in range(3))]

        with django_assert_num_queries(1):
            assert len(best_offers(picks, at=LATER, books={})) == 4

    def test_of_a_moneyline_needs_no_line(self):
        game = Game()
        pick = make_pick(
            game, market_type=MarketType.MONEYLINE, line=None, status=PickStatus.PUBLISHED
        )

        assert best(pick).line is None
