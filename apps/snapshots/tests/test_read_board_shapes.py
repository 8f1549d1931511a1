import json
from datetime import timedelta
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
    SATURDAY,
    assert_adds_up,
    believed,
    body_of,
    changed,
    golden,
    market_of,
    read,
    rules,
    with_price,
)

FULL = {Q.LAY_NOT_STORED: 2}  # what the golden board leaves out by itself


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

        assert ("draftkings", MarketType.SPREAD) in event.named_markets(rules().kinds())
        assert "draftkings" in event.named_books()

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
