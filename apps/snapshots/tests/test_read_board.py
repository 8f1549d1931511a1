import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.rulebook.markets import MarketType
from apps.snapshots.reading.codes import Quarantined as Q
from apps.snapshots.reading.codes import Refused
from apps.snapshots.reading.wire import LARGEST, PayloadRefused
from apps.snapshots.tests.factories import (
    GOLDEN_PRICES,
    JETS,
    JETS_GAME,
    KICKOFF,
    SATURDAY,
    body_of,
    changed,
    golden,
    market_of,
    read,
)

FULL = {Q.LAY_NOT_STORED: 2}  # what the golden board leaves out by itself


def believed(board) -> int:
    return sum(event.prices for event in board.events)


def assert_adds_up(board) -> None:
    assert believed(board) + board.tray.total == board.prices


def outcome(board, side=0, **where):
    return market_of(board, **where)["outcomes"][side]


def with_price(value, side=0):
    return changed(lambda board: outcome(board, side).update(price=value))


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
            outcome(board)["sid"] = "abc"

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
            outcome(board, 0)["price"], outcome(board, 1)["price"] = first, second

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
            outcome(board, 1)["point"], outcome(board, 0)["point"] = home, away

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
            outcome(board, 0, key="totals")["point"] = over
            outcome(board, 1, key="totals")["point"] = under

        assert read(changed(shift)).tray.counts == {**FULL, code: 2}

    def test_are_not_bound_by_the_leagues_ranges_once_the_game_is_on(self):
        def late(board):
            for side in (0, 1):
                outcome(board, side, key="totals")["point"] = 20.5

        assert read(changed(late)).tray.counts[Q.LEAGUE_RANGE] == 2
        in_play = read(changed(late), at=KICKOFF)
        assert Q.LEAGUE_RANGE not in in_play.tray.counts

    @pytest.mark.parametrize("point", ["7.5", [7.5], True])
    def test_are_numbers(self, point):
        def shift(board):
            outcome(board, 1)["point"] = point

        board = read(changed(shift))

        assert board.tray.counts == {**FULL, Q.LINE_NOT_A_NUMBER: 1, Q.MISSING_SIDE: 1}

    def test_belong_to_no_moneyline(self):
        def shift(board):
            outcome(board, 0, key="h2h")["point"] = 3.5

        assert read(changed(shift)).tray.counts == {**FULL, Q.LINE_UNEXPECTED: 2}

    def test_may_be_quarters(self):
        def shift(board):
            outcome(board, 1)["point"], outcome(board, 0)["point"] = 7.25, -7.25

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
        board = read(changed(lambda board: outcome(board).update(name=name)))

        assert board.tray.counts == {**FULL, Q.UNKNOWN_OUTCOME: 2}

    def test_are_known_in_another_case_and_form(self):
        board = read(changed(lambda board: outcome(board).update(name="DENVER  Broncos")))

        assert board.tray.counts == FULL


class TestSeveralLines:
    def alternates(self, board):
        market_of(board)["outcomes"] += [
            {"name": JETS, "price": 140, "point": 3.5},
            {"name": "Denver Broncos", "price": -165, "point": -3.5},
            {"name": JETS, "price": -260, "point": 14.5},
            {"name": "Denver Broncos", "price": 210, "point": -14.5},
        ]

    def test_leave_the_one_that_is_priced_most_alike(self):
        board = read(changed(self.alternates))

        assert board.events[0].markets[1].line == Decimal("7.5")
        assert board.tray.counts == {**FULL, Q.ALTERNATE_NOT_STORED: 4}
        assert_adds_up(board)

    def test_do_not_depend_on_the_order_they_come_in(self):
        first = read(changed(self.alternates))

        def backwards(board):
            self.alternates(board)
            market_of(board)["outcomes"].reverse()

        assert read(changed(backwards)).events[0].markets == first.events[0].markets

    @pytest.mark.parametrize(
        ("key", "code"),
        [
            ("alternate_spreads", Q.ALTERNATE_NOT_STORED),
            ("outrights_lay", Q.LAY_NOT_STORED),
            ("player_pass_yds", Q.MARKET_NOT_STORED),
            ("totals_h1", Q.MARKET_NOT_STORED),
        ],
    )
    def test_and_other_markets_are_counted_only(self, key, code):
        board = read(changed(lambda board: market_of(board).update(key=key)))

        assert board.tray.counts[code] == FULL.get(code, 0) + 2
        assert board.tray.pieces == []


class TestDuplicates:
    def test_of_an_outcome_count_once_and_always_the_same(self):
        def twice(board):
            market_of(board)["outcomes"].append({"name": JETS, "price": -114, "point": 7.5})

        board = read(changed(twice))
        again = read(changed(lambda board: market_of(board)["outcomes"].reverse(), changed(twice)))

        assert board.tray.counts == {**FULL, Q.DUPLICATE_OUTCOME: 1}
        assert board.events[0].markets == again.events[0].markets
        assert_adds_up(board)

    def test_of_a_bookmaker_leave_the_newest(self):
        def twice(board):
            older = json.loads(json.dumps(board[0]["bookmakers"][0]))
            older["last_update"] = "2025-10-11T16:00:00Z"
            for market in older["markets"]:
                market["last_update"] = "2025-10-11T16:00:00Z"
                market["outcomes"][0]["price"] = -120
            board[0]["bookmakers"].append(older)

        board = read(changed(twice))

        assert board.tray.counts == {**FULL, Q.DUPLICATE_BOOKMAKER: 6}
        assert believed(board) == GOLDEN_PRICES - 2

    def test_of_a_market_and_of_an_event_are_set_aside(self):
        def twice(board):
            board[0]["bookmakers"][0]["markets"].append(market_of(board))
            board.append(json.loads(json.dumps(board[1])))

        board = read(changed(twice))

        assert board.tray.counts == {**FULL, Q.DUPLICATE_MARKET: 2, Q.DUPLICATE_EVENT: 14}
        assert_adds_up(board)


class TestTimes:
    @pytest.mark.parametrize(
        ("stamp", "code"),
        [
            ("2025-10-11T17:05:01Z", Q.TIME_IN_FUTURE),
            ("1970-01-01T00:00:00Z", Q.TIME_IMPLAUSIBLE),
            ("2025-10-11T16:59:31", Q.TIME_NAIVE),
            ("2025-10-11T16:59:31+00:00Z", Q.TIME_UNREADABLE),
            ("yesterday", Q.TIME_UNREADABLE),
            (1760201971, Q.TIME_UNREADABLE),
            (1760201971000, Q.TIME_UNREADABLE),
        ],
    )
    def test_of_a_market_set_it_aside(self, stamp, code):
        board = read(changed(lambda board: market_of(board).update(last_update=stamp)))

        assert board.tray.counts == {**FULL, code: 2}
        assert_adds_up(board)

    def test_ahead_by_five_minutes_are_another_clock(self):
        board = read(
            changed(lambda board: market_of(board).update(last_update="2025-10-11T17:05:00Z"))
        )

        assert board.tray.counts == FULL

    def test_that_are_missing_are_never_ours(self):
        def forget(board):
            del market_of(board)["last_update"]
            del board[0]["bookmakers"][0]["last_update"]

        assert read(changed(forget)).tray.counts == {**FULL, Q.LAST_UPDATE_MISSING: 2}

    @pytest.mark.parametrize(
        ("start", "code"),
        [
            ("2025-10-12T17:00:00", Q.TIME_NAIVE),
            (None, Q.TIME_UNREADABLE),
            ("2125-10-12T17:00:00Z", Q.TIME_IMPLAUSIBLE),
        ],
    )
    def test_of_an_event_set_it_aside(self, start, code):
        board = read(changed(lambda board: board[0].update(commence_time=start)))

        assert board.tray.counts[code] == 22
        assert [event.source_event_id for event in board.events] != [JETS_GAME]
        assert_adds_up(board)


class TestEvents:
    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"home_team": None, "away_team": None}, Q.EVENT_WITHOUT_TEAMS),
            ({"home_team": ""}, Q.EVENT_WITHOUT_TEAMS),
            ({"home_team": "denver  broncos"}, Q.EVENT_SAME_TEAM_TWICE),
            ({"id": ""}, Q.EVENT_ID_MISSING),
            ({"id": None}, Q.EVENT_ID_MISSING),
            ({"bookmakers": "none"}, Q.EVENT_SHAPE),
            ({"home_team": 7}, Q.EVENT_SHAPE),
        ],
    )
    def test_that_are_none_are_set_aside(self, change, code):
        board = read(changed(lambda board: board[0].update(change)))

        assert code in {piece.code for piece in board.tray.pieces}
        assert len(board.events) == 1
        assert_adds_up(board)

    def test_that_cannot_be_told_apart_leave_the_board_incomplete(self):
        assert read(golden()).is_whole
        assert not read(changed(lambda board: board[0].update(id=None))).is_whole

    def test_name_what_is_set_aside_so_that_it_has_not_left(self):
        event = read(with_price(None)).events[0]

        assert ("draftkings", MarketType.SPREAD) in event.named
        assert "draftkings" in event.books

    @pytest.mark.parametrize("level", ["bookmakers", "markets", "outcomes"])
    def test_may_hold_nothing(self, level):
        def empty(board):
            where = {
                "bookmakers": board[0],
                "markets": board[0]["bookmakers"][0],
                "outcomes": market_of(board),
            }
            where[level][level] = []

        board = read(changed(empty))

        assert board.tray.counts in (FULL, {})
        assert_adds_up(board)

    @pytest.mark.parametrize("junk", [None, 7, "text", [], {"no": "thing"}])
    @pytest.mark.parametrize("level", ["event", "book", "market", "outcome"])
    def test_survive_junk_on_every_level(self, junk, level):
        def spoil(board):
            {
                "event": board,
                "book": board[0]["bookmakers"],
                "market": board[0]["bookmakers"][0]["markets"],
                "outcome": market_of(board)["outcomes"],
            }[level].append(junk)

        board = read(changed(spoil))

        assert board.tray.pieces
        assert believed(board) >= GOLDEN_PRICES - 2 - 2
        assert_adds_up(board)


class TestBodies:
    @pytest.mark.parametrize(
        ("body", "refused"),
        [
            (b"", Refused.TRUNCATED),
            (b"<!DOCTYPE html><html>", Refused.HTML),
            (b"  \n<html>", Refused.HTML),
            (b'{"message": "no"}', Refused.SHAPE),
            (b'"text"', Refused.SHAPE),
            (b"oops", Refused.NOT_JSON),
            (b'[{"id": "\xff"}]', Refused.NOT_UTF8),
            ("[]".encode("utf-16"), Refused.NOT_UTF8),
            (b"[" * 100_000 + b"]" * 100_000, Refused.TOO_DEEP),
            (b'[{"id": ' + b"[" * 100_000 + b"]" * 100_000 + b"}]", Refused.TOO_DEEP),
            (b" " * (LARGEST + 1), Refused.TOO_LARGE),
        ],
    )
    def test_that_are_no_board_are_refused_with_a_code(self, body, refused):
        with pytest.raises(PayloadRefused) as refusal:
            read(body)

        assert refusal.value.refused is refused

    def test_that_are_cut_anywhere_are_never_half_a_board(self):
        body = body_of(golden())

        for length in range(1, len(body) - 1, 97):
            with pytest.raises(PayloadRefused):
                read(body[:length])

    def test_that_are_empty_hold_nothing(self):
        board = read(b"[]")

        assert (board.events, board.prices) == ([], 0)

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
            lambda inner: (
                st.lists(inner, max_size=4)
                | st.dictionaries(
                    st.sampled_from(
                        [
                            "id",
                            "commence_time",
                            "home_team",
                            "away_team",
                            "bookmakers",
                            "key",
                            "markets",
                            "outcomes",
                            "name",
                            "price",
                            "point",
                            "last_update",
                        ]
                    ),
                    inner,
                    max_size=6,
                )
            ),
            max_leaves=40,
        )
    )
    def test_of_any_shape_are_read_or_refused_and_add_up(self, anything):
        try:
            board = read(json.dumps([anything]).encode())
        except PayloadRefused:
            return
        assert_adds_up(board)

    def test_carry_no_nul_into_the_database(self):
        board = read(changed(lambda board: board[0].update(home_team=None, away_team="\x00")))

        assert all("\x00" not in piece.fragment for piece in board.tray.pieces)


class TestConvertedOnce:
    def test_a_changed_configuration_is_judged_anew(self):
        lax = read(with_price(-100000), offered_above=Decimal(1))

        assert Q.PRICE_NOT_OFFERED not in lax.tray.counts
        assert Q.PRICE_NOT_OFFERED in read(with_price(-100000)).tray.counts

    def test_time_of_the_poll_does_not_matter_to_numbers(self):
        later = read(golden(), at=SATURDAY + timedelta(minutes=1))

        assert later.events[0].markets == read(golden()).events[0].markets
