import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.rulebook.markets import MarketType
from apps.snapshots.reading.codes import Quarantined as Q
from apps.snapshots.tests.factories import (
    GOLDEN_PRICES,
    JETS,
    JETS_GAME,
    KICKOFF,
    assert_adds_up,
    believed,
    body_of,
    changed,
    golden,
    market_of,
    outcome_of,
    read,
    with_price,
)

FULL = {Q.LAY_NOT_STORED: 2}  # what the golden board leaves out by itself


class TestGoldenBoard:
    def test_is_read_whole(self):
        board = read(golden())

        assert board.prices == GOLDEN_PRICES
        assert board.tray.counts == FULL
        assert board.tray.pieces == []
        assert_adds_up(board)

    def test_puts_every_side_where_it_belongs_whatever_the_order(self):
        event = read(golden()).events[0]
        spreads = {m.book_key: m for m in event.markets if m.market_type is MarketType.SPREAD}

        assert event.home == JETS
        # The Jets are home: +7.5 at both, named second by one book and first by the other.
        assert spreads["draftkings"].line == spreads["fanduel"].line == Decimal("7.5")
        assert spreads["draftkings"].quoted == (-112, -108)
        assert spreads["fanduel"].quoted == (-105, -115)
        assert spreads["draftkings"].prices == (Decimal("1.892857"), Decimal("1.925926"))

    def test_takes_a_pickem_for_a_line_and_a_moneyline_for_none(self):
        event = read(golden()).events[1]
        lines = {(m.book_key, m.market_type): m.line for m in event.markets}

        assert lines["draftkings", MarketType.SPREAD] == 0
        assert lines["draftkings", MarketType.MONEYLINE] is None

    def test_keeps_the_markets_own_time(self):
        event = read(golden()).events[0]
        [total] = [
            m
            for m in event.markets
            if m.book_key == "fanduel" and m.market_type is MarketType.TOTAL
        ]

        assert total.observed_at == datetime(2025, 10, 11, 16, 59, 38, tzinfo=UTC)

    def test_falls_back_on_the_books_time_and_never_on_the_clock(self):
        def forget(board):
            del market_of(board)["last_update"]

        fallen_back = read(changed(forget)).events[0].markets[1]

        assert fallen_back.observed_at == datetime(2025, 10, 11, 16, 59, 31, tzinfo=UTC)

    def test_tolerates_what_it_does_not_know(self):
        def grow(board):
            board[0]["rotation"] = None
            board[0]["bookmakers"][0]["link"] = "https://example.org"
            outcome_of(board)["sid"] = "abc"

        assert read(changed(grow)).tray.counts == FULL

    def test_reads_a_byte_order_mark_away(self):
        assert believed(read(b"\xef\xbb\xbf" + body_of(golden()))) == GOLDEN_PRICES - 2


class TestPrices:
    @pytest.mark.parametrize(
        ("price", "code"),
        [
            (None, Q.PRICE_NULL),
            ("-110", Q.PRICE_NOT_A_NUMBER),
            ("", Q.PRICE_NOT_A_NUMBER),
            (True, Q.PRICE_NOT_A_NUMBER),
            ({"american": -110}, Q.PRICE_NOT_A_NUMBER),
            (0, Q.PRICE_NOT_ODDS),
            (-50, Q.PRICE_NOT_ODDS),
            (99, Q.PRICE_NOT_ODDS),
            (-99, Q.PRICE_NOT_ODDS),
            (1.91, Q.PRICE_NOT_ODDS),
            (999900, Q.PRICE_NOT_ODDS),
            (10**30, Q.PRICE_NOT_ODDS),
            (1e308, Q.PRICE_NOT_ODDS),
            (1e-400, Q.PRICE_NOT_ODDS),
            (-9999, Q.PRICE_NOT_ODDS),  # a sentinel
            (-100000, Q.PRICE_NOT_OFFERED),
        ],
    )
    def test_that_are_none_take_their_market_with_them_and_nothing_else(self, price, code):
        board = read(with_price(price))

        assert board.tray.counts == {**FULL, code: 1, Q.MISSING_SIDE: 1}
        assert believed(board) == GOLDEN_PRICES - 2 - 2
        assert_adds_up(board)

    @pytest.mark.parametrize("literal", ["NaN", "Infinity", "-Infinity", "1e999"])
    def test_that_json_forbids_are_set_aside_and_the_rest_is_kept(self, literal):
        body = body_of(with_price(123456789)).replace(b"123456789", literal.encode())

        board = read(body)

        assert board.tray.counts == {**FULL, Q.PRICE_NOT_A_NUMBER: 1, Q.MISSING_SIDE: 1}
        assert_adds_up(board)

    def test_say_where_they_stood(self):
        [piece, _partner] = read(with_price(None)).tray.pieces

        assert (piece.source_event_id, piece.book_key, piece.market_key) == (
            JETS_GAME,
            "draftkings",
            "spreads",
        )
        assert piece.place == "[0].bookmakers[0].markets[1].outcomes[0]"
        assert json.loads(piece.fragment)["price"] is None

    @pytest.mark.parametrize("whole", [-110, -110.0])
    def test_are_whole_numbers_however_they_are_written(self, whole):
        assert read(with_price(whole)).tray.counts == FULL

    @pytest.mark.parametrize(
        ("first", "second"),
        [(150, 150), (110, 110), (-250, -250), (-400, -400)],
    )
    def test_must_leave_a_book_a_margin_that_can_be(self, first, second):
        def quote(board):
            outcome_of(board, 0)["price"], outcome_of(board, 1)["price"] = first, second

        assert read(changed(quote)).tray.counts == {**FULL, Q.OVERROUND: 2}


class TestFormats:
    def decimal(self, *prices):
        def write(board):
            for event in board:
                for book in event["bookmakers"]:
                    for market in book["markets"]:
                        for each, price in zip(market["outcomes"], prices, strict=False):
                            each["price"] = price

        return changed(write)

    def test_decimal_prices_are_kept_to_six_places(self):
        market = read(self.decimal(1.91, 1.9523809), american=False).events[0].markets[1]

        assert market.prices == (Decimal("1.952381"), Decimal("1.91"))
        assert market.quoted == (None, None)

    @given(st.integers(101, 999_999_999))
    def test_decimal_prices_keep_their_digits(self, hundredths):
        text = f"{hundredths // 100}.{hundredths % 100:02d}"
        board = read(self.decimal(json.loads(text), 1.01), american=False, offered_above=Decimal(1))
        shown = [json.loads(piece.fragment) for piece in board.tray.pieces]

        # Whatever becomes of the market, the number that came is the number we have.
        written = {each["price"] for one in shown for each in one.get("outcomes", [one])}
        assert json.loads(text) in written or not written

    def test_american_prices_in_a_decimal_feed_are_not_guessed(self):
        board = read(self.decimal(-110, -110), american=False)

        assert believed(board) == 0
        assert board.tray.counts[Q.PRICE_NOT_ODDS] == GOLDEN_PRICES - 2

    def test_decimal_prices_in_an_american_feed_are_not_guessed(self):
        board = read(self.decimal(1.91, 1.91))

        assert believed(board) == 0
        assert board.tray.counts == {Q.PRICE_NOT_ODDS: GOLDEN_PRICES}


class TestLines:
    @pytest.mark.parametrize(
        ("home", "away", "code"),
        [
            (3.5, 3.5, Q.SPREAD_SIGNS),
            (-3.5, -3.5, Q.SPREAD_SIGNS),
            (7.5, -7, Q.SPREAD_SIGNS),
            (45.5, -45.5, Q.LEAGUE_RANGE),  # a total where a spread should be
            (None, -7.5, Q.LINE_MISSING),
            (3.3, -3.3, Q.LINE_NOT_QUARTER),
            (1e9, -1e9, Q.LINE_NOT_A_NUMBER),
        ],
    )
    def test_of_a_spread_are_each_others_mirror(self, home, away, code):
        def shift(board):
            outcome_of(board, 1)["point"], outcome_of(board, 0)["point"] = home, away

        board = read(changed(shift))

        assert board.tray.counts == {**FULL, code: 2}
        assert_adds_up(board)

    @pytest.mark.parametrize(
        ("over", "under", "code"),
        [
            (43.5, 44.5, Q.TOTALS_DIFFER),
            (-3.5, -3.5, Q.LEAGUE_RANGE),  # a spread where a total should be
            (3.5, 3.5, Q.LEAGUE_RANGE),
            (220.5, 220.5, Q.LEAGUE_RANGE),  # basketball's
        ],
    )
    def test_of_a_total_are_one(self, over, under, code):
        def shift(board):
            outcome_of(board, 0, key="totals")["point"] = over
            outcome_of(board, 1, key="totals")["point"] = under

        assert read(changed(shift)).tray.counts == {**FULL, code: 2}

    def test_are_not_bound_by_the_leagues_ranges_once_the_game_is_on(self):
        def late(board):
            for side in (0, 1):
                outcome_of(board, side, key="totals")["point"] = 20.5

        assert read(changed(late)).tray.counts[Q.LEAGUE_RANGE] == 2
        in_play = read(changed(late), at=KICKOFF)
        assert Q.LEAGUE_RANGE not in in_play.tray.counts

    @pytest.mark.parametrize("point", ["7.5", [7.5], True])
    def test_are_numbers(self, point):
        def shift(board):
            outcome_of(board, 1)["point"] = point

        board = read(changed(shift))

        assert board.tray.counts == {**FULL, Q.LINE_NOT_A_NUMBER: 1, Q.MISSING_SIDE: 1}

    def test_belong_to_no_moneyline(self):
        def shift(board):
            outcome_of(board, 0, key="h2h")["point"] = 3.5

        assert read(changed(shift)).tray.counts == {**FULL, Q.LINE_UNEXPECTED: 2}

    def test_may_be_quarters(self):
        def shift(board):
            outcome_of(board, 1)["point"], outcome_of(board, 0)["point"] = 7.25, -7.25

        assert read(changed(shift)).events[0].markets[1].line == Decimal("7.25")


class TestSides:
    def test_that_are_missing_leave_nothing_to_believe(self):
        board = read(changed(lambda board: market_of(board)["outcomes"].pop()))

        assert board.prices == GOLDEN_PRICES - 1
        assert board.tray.counts == {**FULL, Q.MISSING_SIDE: 1}
        assert_adds_up(board)

    def test_of_a_third_kind_spoil_a_two_way_market(self):
        def draw(board):
            market_of(board, key="h2h")["outcomes"].append({"name": "Draw", "price": 6000})

        board = read(changed(draw))

        assert board.tray.counts == {**FULL, Q.TOO_MANY_SIDES: 3}

    def test_belong_to_a_three_way_market_where_the_league_has_one(self):
        def draw(board):
            market_of(board, key="h2h")["outcomes"] = [
                {"name": "Draw", "price": 240},
                {"name": "Denver Broncos", "price": 130},
                {"name": JETS, "price": 210},
            ]

        board = read(changed(draw), winner_market=MarketType.MONEYLINE_3WAY)

        [market] = [
            m
            for m in board.events[0].markets
            if m.book_key == "draftkings" and m.market_type is MarketType.MONEYLINE_3WAY
        ]
        assert market.quoted == (210, 130, 240)  # home, away, draw

    @pytest.mark.parametrize("name", ["Denver Nuggets", "denver", "\u200bDenver Broncos", ""])
    def test_are_named_after_the_two_teams_or_are_nobodys(self, name):
        board = read(changed(lambda board: outcome_of(board).update(name=name)))

        assert board.tray.counts == {**FULL, Q.UNKNOWN_OUTCOME: 2}

    def test_are_known_in_another_case_and_form(self):
        board = read(changed(lambda board: outcome_of(board).update(name="DENVER  Broncos")))

        assert board.tray.counts == FULL
