from decimal import Decimal
from math import isclose, log

import pytest

from apps.catalog.models import Event
from apps.governance import configs
from apps.governance.models import Section
from apps.rulebook.consensus import BookMarket, consensus_of
from apps.rulebook.markets import MARKET_SIDES, MarketType
from apps.rulebook.odds import fair_probabilities
from apps.rulebook.thresholds import MarginMethod
from apps.snapshots.models import Consensus, LatestQuote
from apps.snapshots.tests.factories import (
    JETS,
    KICKOFF,
    LATER,
    NEXT,
    SATURDAY,
    changed,
    golden,
    market_of,
    without,
)

SPREAD, TOTAL, MONEYLINE = MarketType.SPREAD, MarketType.TOTAL, MarketType.MONEYLINE


def agreed(kind: MarketType, side: str = "HOME", *, home: str = JETS) -> list[Consensus]:
    """Every consensus of a selection, oldest first."""
    return list(
        Consensus.objects.filter(
            event__home__name=home, market_type=kind, selection__side=side
        ).order_by("captured_at")
    )


def shifted(book: str, price: int):
    def change(board):
        market = market_of(board, book=book)
        market["outcomes"][0]["price"] = price

    return changed(change)


class TestConsensus:
    def test_is_what_the_rulebook_makes_of_the_quotes(self, odds):
        odds.show((SATURDAY, golden()))
        config = configs.resolve(Section.MARKET, league="NFL", at=SATURDAY).document

        for kind, sides in ((MONEYLINE, MARKET_SIDES[MONEYLINE]), (TOTAL, MARKET_SIDES[TOTAL])):
            quotes = LatestQuote.objects.filter(
                event__home__name=JETS, selection__market_type=kind, book__kind="SPORTSBOOK"
            ).select_related("book", "selection")
            by_book: dict[str, dict[str, LatestQuote]] = {}
            for quote in quotes:
                by_book.setdefault(quote.book.key, {})[quote.selection.side] = quote
            rows = [
                BookMarket(
                    book=key,
                    line=sides_of[sides[0]].line,
                    prices=tuple(sides_of[side].price_decimal for side in sides),
                )
                for key, sides_of in by_book.items()
            ]
            said = consensus_of(
                rows, method=MarginMethod.ADDITIVE, books_min=2, limits=config.overround
            )
            stored = [agreed(kind, side)[0] for side in sides]

            if kind is MONEYLINE:
                assert [row.fair_prob for row in stored] == pytest.approx(list(said.fair_probs))
                assert stored[0].books == len(said.books) == 3
            else:
                assert said.line == Decimal("43.5")

    def test_needs_enough_books_at_one_line_and_keeps_the_gap(self, odds):
        odds.show((SATURDAY, golden()))

        [spread] = agreed(SPREAD)
        assert (spread.gap, spread.fair_prob, spread.line) == ("TOO_FEW_BOOKS", None, None)
        assert (spread.books, spread.books_total) == (2, 3)

    def test_leaves_exchanges_out(self, odds):
        odds.show((SATURDAY, golden()))

        [moneyline] = agreed(MONEYLINE)
        assert moneyline.books_total == 3

    def test_gives_each_side_its_own_line_and_both_add_up(self, odds):
        def agree(board):
            for outcome in market_of(board, book="betmgm")["outcomes"]:
                outcome["point"] += 0.5 if outcome["name"] == JETS else -0.5

        odds.show((SATURDAY, changed(agree)))

        [home], [away] = agreed(SPREAD, "HOME"), agreed(SPREAD, "AWAY")
        assert (home.line, away.line) == (Decimal("7.50"), Decimal("-7.50"))
        assert isclose(home.fair_prob + away.fair_prob, 1)
        assert isclose(home.dispersion, away.dispersion)

    def test_tells_how_far_the_books_are_apart_and_how_old_they_are(self, odds):
        odds.show((SATURDAY, golden()))

        [home] = agreed(MONEYLINE)
        fair = [
            fair_probabilities((jets, broncos), MarginMethod.ADDITIVE)[0]
            for jets, broncos in [
                (Decimal("3.80"), 1 + Decimal(100) / 355),
                (Decimal("3.85"), 1 + Decimal(100) / 360),
                (Decimal("3.75"), 1 + Decimal(100) / 350),
            ]
        ]
        logits = [log(each / (1 - each)) for each in fair]
        mean = sum(logits) / 3
        assert isclose(
            home.dispersion,
            (sum((each - mean) ** 2 for each in logits) / 3) ** 0.5,
            rel_tol=1e-4,
        )
        assert home.oldest_observed_at.second == 22
        assert home.newest_observed_at.second == 40

    def test_is_written_where_a_quote_changed_and_nowhere_else(self, odds):
        odds.show((SATURDAY, golden()), (NEXT, golden()), (LATER, shifted("fanduel", -120)))

        assert [row.captured_at for row in agreed(SPREAD)] == [SATURDAY, LATER]
        assert [row.captured_at for row in agreed(TOTAL, "OVER")] == [SATURDAY]
        assert len(agreed(SPREAD, home="Atlanta Falcons")) == 1

    def test_is_formed_anew_when_a_book_leaves(self, odds):
        odds.show((SATURDAY, golden()), (NEXT, without(golden(), book="betmgm")))

        first, second = agreed(MONEYLINE)
        assert (first.gap, first.books) == ("", 3)
        assert (second.gap, second.books) == ("TOO_FEW_BOOKS", 2)

    def test_ends_when_nobody_quotes_the_market_any_more(self, odds):
        odds.show((SATURDAY, golden()), (NEXT, without(golden())))

        assert [row.gap for row in agreed(MONEYLINE)] == ["", "NOT_QUOTED"]

    def test_is_not_formed_in_play(self, odds):
        odds.show((SATURDAY, golden()), (KICKOFF, shifted("fanduel", -130)))

        assert [row.captured_at for row in agreed(SPREAD)] == [SATURDAY]

    def test_stays_in_force_until_the_next(self, odds):
        odds.show((SATURDAY, golden()), (LATER, shifted("fanduel", -120)))
        [selection] = {row.selection_id for row in agreed(SPREAD)}

        in_force = [
            Consensus.objects.newest([selection], by=moment).get().captured_at
            for moment in (SATURDAY, NEXT, LATER)
        ]

        assert in_force == [SATURDAY, SATURDAY, LATER]

    def test_closes_with_the_last_before_the_game(self, odds):
        odds.show((SATURDAY, golden()), (LATER, shifted("fanduel", -120)), (KICKOFF, golden()))
        jets = Event.objects.get(home__name=JETS)

        closes = Consensus.objects.closing([jets.pk])

        assert len(closes) == 6
        assert {row.captured_at for row in closes if row.market_type == SPREAD} == {LATER}

    def test_names_the_configuration_it_was_made_under(self, odds):
        odds.show((SATURDAY, golden()))

        resolved = configs.resolve(Section.MARKET, league="NFL", at=SATURDAY)
        assert set(Consensus.objects.values_list("config_hash", "method")) == {
            (resolved.hash, "ADDITIVE")
        }
