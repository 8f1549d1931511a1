"""Bodies and archives as they were recorded: everything in them is accounted for."""

import csv
import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from apps.rulebook.markets import MarketType
from apps.rulebook.thresholds import line_ranges
from apps.snapshots.reading.codes import Quarantined as Q
from apps.snapshots.reading.odds import read_board
from apps.snapshots.reading.scores import read_scores
from apps.snapshots.tests.factories import rules

AMERICAN, DECIMAL = True, False
THREE_WAY = MarketType.MONEYLINE_3WAY
TWO_WAY = MarketType.MONEYLINE

# What else may be in them: fewer sides than the market has, prices that are no offer any more.
BODIES = [
    ("odds_nfl_american_20251012.json", AMERICAN, TWO_WAY, "2025-10-12T16:41:14Z", set()),
    (
        "odds_nfl_american_20251012_inplay.json",
        AMERICAN,
        TWO_WAY,
        "2025-10-12T18:58:08Z",
        {Q.PRICE_NOT_OFFERED, Q.MISSING_SIDE},
    ),
    (
        "odds_ncaaf_american_20251011.json",
        AMERICAN,
        TWO_WAY,
        "2025-10-11T15:43:09Z",
        {Q.PRICE_NOT_OFFERED, Q.MISSING_SIDE},
    ),
    (
        "odds_mlb_american_20260808.json",
        AMERICAN,
        TWO_WAY,
        "2026-08-08T19:15:29Z",
        {Q.PRICE_NOT_OFFERED, Q.MISSING_SIDE, Q.OVERROUND},
    ),
    ("odds_wnba_american_20260808.json", AMERICAN, TWO_WAY, "2026-08-08T19:15:29Z", set()),
    (
        "odds_worldcup_3way_american_20260620.json",
        AMERICAN,
        THREE_WAY,
        "2026-06-20T11:45:30Z",
        set(),
    ),
    ("odds_mlb_decimal_20230823.json", DECIMAL, TWO_WAY, "2023-08-23T20:00:00Z", set()),
    (
        "odds_epl_betway_decimal_20240819.json",
        DECIMAL,
        THREE_WAY,
        "2024-08-19T12:00:00Z",
        set(),
    ),
    (
        "odds_soccer_eu_decimal_2021.json",
        DECIMAL,
        THREE_WAY,
        None,
        {Q.LAY_NOT_STORED},
    ),
    ("odds_mma_decimal_2021.json", DECIMAL, TWO_WAY, None, {Q.LAY_NOT_STORED, Q.TOO_MANY_SIDES}),
    (
        "odds_golf_outrights_decimal_2021.json",
        DECIMAL,
        TWO_WAY,
        None,
        {Q.EVENT_WITHOUT_TEAMS},
    ),
    ("odds_empty_list.json", AMERICAN, TWO_WAY, "2026-08-08T19:15:29Z", set()),
]


def newest_update(events) -> datetime:
    """When a body without a recorded time was taken: after everything in it."""
    stamps = [book["last_update"] for event in events for book in event["bookmakers"]]
    return max(map(datetime.fromisoformat, stamps))


class TestRecordedBodies:
    @pytest.mark.parametrize(("name", "american", "winner", "taken", "codes"), BODIES)
    def test_are_accounted_for_price_by_price(
        self, name, american, winner, taken, codes, shared_data
    ):
        body = (shared_data / "oddsapi" / name).read_bytes()
        events = json.loads(body)
        moment = datetime.fromisoformat(taken) if taken else newest_update(events)

        board = read_board(
            body, rules(american=american, winner_market=winner, ranges={}), captured_at=moment
        )

        in_body = sum(
            len(market["outcomes"])
            for event in events
            for book in event["bookmakers"]
            for market in book["markets"]
        )
        believed = sum(event.prices for event in board.events)
        assert board.prices == in_body == believed + board.tray.total
        assert set(board.tray.counts) <= codes
        if events and Q.EVENT_WITHOUT_TEAMS not in codes:
            assert believed > 0.9 * (in_body - board.tray.counts[Q.LAY_NOT_STORED])

    def test_of_an_exchange_are_without_their_lay_prices(self, shared_data):
        body = (shared_data / "oddsapi" / "odds_soccer_eu_decimal_2021.json").read_bytes()
        events = json.loads(body)

        board = read_board(
            body,
            rules(american=False, winner_market=THREE_WAY, ranges={}),
            captured_at=newest_update(events),
        )

        lays = sum(
            len(market["outcomes"])
            for event in events
            for book in event["bookmakers"]
            for market in book["markets"]
            if market["key"] == "h2h_lay"
        )
        assert lays > 0
        assert board.tray.counts[Q.LAY_NOT_STORED] == lays

    def test_of_the_series_lead_through_the_start(self, shared_data):
        ranges = {span.market_type: span for span in line_ranges("NFL")}
        for path in sorted((shared_data / "oddsapi" / "series_nfl_20251012").glob("*.json")):
            moment = datetime.strptime(path.stem, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)

            board = read_board(path.read_bytes(), rules(ranges=ranges), captured_at=moment)

            believed = sum(event.prices for event in board.events)
            assert board.prices == believed + board.tray.total
            assert set(board.tray.counts) <= {Q.PRICE_NOT_OFFERED, Q.MISSING_SIDE}


class TestDocumentedScores:
    def test_are_read_as_the_documentation_shows_them(self, shared_data):
        body = (shared_data / "oddsapi" / "docs_examples" / "scores_docs.json").read_bytes()

        read = read_scores(body, captured_at=datetime(2022, 2, 8, 3, 0, tzinfo=UTC))

        assert [(told.home, told.home_score, told.away_score) for told in read.results] == [
            ("Sacramento Kings", 113, 103),
            ("Portland Trail Blazers", 108, 137),
        ]
        assert read.told == 2


class TestSwappedArchive:
    def test_swapped_spreads_and_totals_are_outside_the_leagues_ranges(self, shared_data):
        spread, total = (
            next(span for span in line_ranges("NFL") if span.market_type is kind)
            for kind in (MarketType.SPREAD, MarketType.TOTAL)
        )
        path = shared_data / "games" / "nfl_sbr_open_close_2011_2019.csv"
        with path.open(newline="") as file:
            rows = [
                row
                for row in csv.DictReader(file)
                if row["raw_home_close_spread"] and row["raw_close_total"]
            ]

        believed = {"0": [], "1": []}
        for row in rows:
            believed[row["repaired_close"]].append(
                spread.holds(Decimal(row["raw_home_close_spread"]))
                and total.holds(Decimal(row["raw_close_total"]))
            )

        assert len(believed["1"]) == 213
        assert not any(believed["1"])
        # Three more rows have neither home team nor total: nobody should believe those either.
        assert believed["0"].count(False) == 3
