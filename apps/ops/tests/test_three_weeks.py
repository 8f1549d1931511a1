"""Three real weeks, fetched and read: all games end, and our closes are held to the stated ones."""

from datetime import datetime
from pathlib import Path

import pytest

from apps.core.actor import Actor
from apps.ops.rehearsal.feeds import register_feeds
from apps.ops.rehearsal.recording import Recording
from apps.ops.rehearsal.report.closing import closing_report, game_closes, played_events
from apps.rulebook.markets import EventStatus, MarketType
from apps.snapshots import actions
from apps.snapshots.models import Feed
from apps.snapshots.tests.logs import Quotes, ours, said_by, unaccounted

CLOCK = Actor.job("tests.clock")


def three_weeks(games: Path) -> Recording:
    return Recording(
        changelogs=tuple(str(games / f"intraday_nfl_2025w0{week}.csv") for week in (5, 6, 7)),
        bodies=(),
        events=str(games / "intraday_events.csv"),
        histories=(),
        results=(str(games / "nfl_2025_w05_w07_results.csv"),),
        tenant="acme",
    )


def _said(log: str) -> Quotes:
    return said_by(Path(log), "NFL")


def play(recording: Recording, settings: object) -> None:
    settings.RECORDINGS = {
        "odds": {"changelogs": list(recording.changelogs), "events": recording.events},
        "results": {"results": list(recording.results), "events": recording.events},
    }
    moment: datetime | None = register_feeds(recording).first
    while moment:
        actions.fetch_due(by=CLOCK, at=moment)
        actions.read_unread(by=CLOCK, at=moment)
        due = Feed.objects.enabled().filter(next_due_at__gt=moment).order_by("next_due_at")
        moment = due.values_list("next_due_at", flat=True).first()


@pytest.mark.slow
@pytest.mark.timeout(600)
class TestThreeWeeks:
    def test_end_every_game_with_a_close_beside_the_stated_one(
        self, fresh_database, queued, settings, shared_data
    ):
        recording = three_weeks(shared_data / "games")

        play(recording, settings)
        closes = game_closes(recording)
        report = closing_report(closes)

        assert [event.status for event in played_events()] == [EventStatus.FINAL] * 44
        said = {key: quote for log in recording.changelogs for key, quote in _said(log).items()}
        assert len(said) > 2_500
        assert ours() == said
        assert unaccounted() == []
        assert report["closing"] == {
            **{"home_cover": 22, "away_cover": 22, "spread_push": 0},
            **{"over": 24, "under": 20, "total_push": 0},
        }
        captured = report["captured_close"]
        assert captured["missing"] == 0
        assert captured["mean_abs_diff_spread"] <= 0.35
        assert captured["mean_abs_diff_total"] <= 0.35

        # The largest difference is listed, and every game that the two settle differently.
        for market in (MarketType.SPREAD, MarketType.TOTAL):
            farthest = max(close.distance for close in closes if close.market is market)
            listed = captured["largest"][market]
            shown = [float(listed[line]) for line in ("file_line", "captured_line")]
            assert abs(shown[0] - shown[1]) == float(farthest)
        differently = {(each["game"], each["market"]) for each in captured["settled_differently"]}
        assert differently == {(one.game, one.market) for one in closes if one.disagrees}
        assert differently != set()
