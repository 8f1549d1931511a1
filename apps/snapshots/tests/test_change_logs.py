"""The change logs of every league: what we have at each start is what the log says.

Those of the NFL are held to the same by the test of the three weeks, which plays them with their
results.
"""

from datetime import UTC, datetime, timedelta

import pytest

from apps.rulebook.clv import Close, CloseGap, LastQuote, choose_close
from apps.snapshots import actions
from apps.snapshots.models import FeedKind, LatestQuote
from apps.snapshots.tests.factories import CLOCK
from apps.snapshots.tests.logs import ours, play_all, said_by, unaccounted

LOGS = {
    "NCAAF": "intraday_ncaaf_20251011.csv",
    "MLB": "intraday_mlb_20260710.csv",
    "WNBA": "intraday_wnba_20260715.csv",
    "WORLDCUP": "intraday_worldcup_20260620.csv",
}
MAX_AGE = timedelta(minutes=10)


@pytest.mark.slow
@pytest.mark.timeout(300)
class TestChangeLogs:
    @pytest.mark.parametrize("league", LOGS)
    def test_end_with_our_last_quotes_before_each_game(
        self, league, fresh_database, queued, settings, shared_data
    ):
        log = shared_data / "games" / LOGS[league]
        events = shared_data / "games" / "intraday_events.csv"
        settings.RECORDINGS = {"odds": {"changelogs": [str(log)], "events": str(events)}}
        actions.register_feed(
            adapter="recorded",
            provider="the_odds_api",
            kind=FeedKind.ODDS,
            league=league,
            source="odds",
            rhythm_s=600,
            max_close_age_s=int(MAX_AGE.total_seconds()),
            by=CLOCK,
            at=datetime(2025, 9, 1, tzinfo=UTC),
        )

        play_all()

        assert unaccounted() == []
        expected = said_by(log, league)
        assert len(expected) > 250
        assert ours() == expected
        assert_age_alone_decides()


def assert_age_alone_decides() -> None:
    """A book's last quote is its close exactly while it was seen lately enough."""
    closing = LatestQuote.objects.closing().select_related("event", "book")
    verdicts = set()
    for quote in closing:
        last = LastQuote(
            book=quote.book.key,
            line=quote.close_line,
            price=quote.close_price,
            fair_prob=0.5,
            observed_at=quote.close_observed_at,
            last_seen_at=quote.close_last_seen_at,
        )
        close = choose_close(
            [last],
            None,
            book=quote.book.key,
            sharp_books=(),
            consensus_books_min=3,
            start=quote.event.begins_at,
            max_age=MAX_AGE,
        )
        is_old = quote.event.begins_at - quote.close_last_seen_at > MAX_AGE
        assert isinstance(close, CloseGap) == is_old == (not quote.close_in_time)
        verdicts.add(type(close))
    assert verdicts == {Close, CloseGap}
