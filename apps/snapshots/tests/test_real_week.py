"""One real week through both stages: what we have at the start is what the log says."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from apps.catalog.models import Event, EventSource
from apps.rulebook.markets import EventStatus
from apps.rulebook.odds import price_from_american
from apps.snapshots import actions
from apps.snapshots.models import (
    Consensus,
    Feed,
    FeedKind,
    LatestQuote,
    MarketSnapshot,
    PayloadReading,
    ResultSnapshot,
)
from apps.snapshots.stages import due_and_done
from apps.snapshots.tests.factories import CLOCK

START = datetime(2025, 9, 30, 12, 0, tzinfo=UTC)
END = datetime(2025, 10, 8, tzinfo=UTC)
LOG = "intraday_nfl_2025w05.csv"
SIDES = {"h2h": ("HOME", "AWAY"), "spreads": ("HOME", "AWAY"), "totals": ("OVER", "UNDER")}
MARKETS = {"h2h": "MONEYLINE", "spreads": "SPREAD", "totals": "TOTAL"}


def play(games: Path, settings: object) -> None:
    settings.RECORDINGS = {
        "odds": {"changelogs": [str(games / LOG)], "events": str(games / "intraday_events.csv")},
        "results": {
            "results": [str(games / "nfl_2025_w05_w07_results.csv")],
            "events": str(games / "intraday_events.csv"),
        },
        "history": {"archive": str(games / "nfl_results_2024_to_2025w04.csv")},
    }
    for provider, kind, source, limits in (
        ("nflverse", FeedKind.ARCHIVE, "history", {}),
        ("the_odds_api", FeedKind.ODDS, "odds", {"max_close_age_s": 300 * 60}),
        ("the_odds_api", FeedKind.RESULTS, "results", {"options": {"to": END.isoformat()}}),
    ):
        actions.register_feed(
            adapter="recorded",
            provider=provider,
            kind=kind,
            league="NFL",
            source=source,
            rhythm_s=600,
            by=CLOCK,
            at=START,
            **limits,
        )
    for moment in instants():
        actions.fetch_due(by=CLOCK, at=moment)
        actions.read_unread(by=CLOCK, at=moment)


def instants() -> Iterator[datetime]:
    moment: datetime | None = START
    while moment:
        yield moment
        due = Feed.objects.enabled().filter(next_due_at__isnull=False).order_by("next_due_at")
        moment = due.values_list("next_due_at", flat=True).first()


def last_before_the_game(log: Path) -> dict[tuple[str, str, str], dict[str, str]]:
    """The last row with in_play=0 that is not gone, before the event's first in_play=1 row."""
    begun, rows = set(), {}
    with log.open(newline="") as file:
        for row in csv.DictReader(file):
            if row["in_play"] == "1":
                begun.add(row["event_id"])
            elif row["event_id"] not in begun and row["kind"] != "gone":
                rows[row["event_id"], row["book"], row["market"]] = row
    return rows


@pytest.mark.slow
class TestRealWeek:
    def test_ends_with_the_quotes_that_the_log_ends_with(self, db, queued, settings, shared_data):
        games = shared_data / "games"
        play(games, settings)

        ids = EventSource.objects.event_ids(
            provider="the_odds_api",
            source_event_ids={event for event, _book, _market in last_before_the_game(games / LOG)},
        )
        expected = {}
        for (event, book, market), row in last_before_the_game(games / LOG).items():
            for number, side in enumerate(SIDES[market], start=1):
                line = row[f"side{number}_point"]
                expected[ids[event], book, MARKETS[market], side] = (
                    Decimal(line) if line else None,
                    price_from_american(int(row[f"side{number}_price"])),
                )
        ours = {
            (close.event_id, close.book.key, close.selection.market_type, close.selection.side): (
                close.close_line,
                close.close_price,
            )
            for close in LatestQuote.objects.closing().select_related("book", "selection")
        }
        assert len(expected) > 800
        assert ours == expected

        # Everything is accounted for, and every game of the week is over.
        for receipt in PayloadReading.objects.all():
            assert receipt.refused_code == ""
            assert receipt.prices == (
                receipt.written + receipt.unchanged + sum(receipt.quarantined.values())
            )
        week = Event.objects.filter(sources__provider="the_odds_api")
        assert week.count() == week.filter(status=EventStatus.FINAL).count() == 14
        assert ResultSnapshot.objects.believed().count() == 14 + 349
        assert all(count.waiting == 0 for count in due_and_done(END).values())

        # Three books at one line closed every game; nothing after its start is part of it.
        closes = Consensus.objects.closing(list(week.values_list("pk", flat=True)))
        assert {close.gap for close in closes if close.market_type == "SPREAD"} == {""}
        assert not MarketSnapshot.objects.filter(pre_game=True, poll__captured_at__gte=END).exists()

        # Played again on the same rows, nothing is new.
        stored = MarketSnapshot.objects.count()
        for moment in instants():
            actions.fetch_due(by=CLOCK, at=moment)
            actions.read_unread(by=CLOCK, at=moment)
        assert MarketSnapshot.objects.count() == stored
