from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from apps.catalog.models import Event, League
from apps.catalog.tests.factories import KICKOFF, nfl, reported, sync
from apps.rulebook.markets import MarketType


@pytest.mark.django_db
class TestLeagueDay:
    @pytest.mark.parametrize(
        ("moment", "day"),
        [
            (datetime(2025, 10, 13, 3, 59, tzinfo=UTC), date(2025, 10, 12)),  # before midnight
            (datetime(2025, 10, 13, 4, 0, tzinfo=UTC), date(2025, 10, 13)),
            (datetime(2025, 12, 14, 4, 59, tzinfo=UTC), date(2025, 12, 13)),  # winter time
            (datetime(2025, 12, 14, 5, 0, tzinfo=UTC), date(2025, 12, 14)),
        ],
    )
    def test_is_the_day_in_new_york(self, moment, day):
        assert nfl().day_of(moment) == day

    @pytest.mark.parametrize(
        ("day", "hours"),
        [(date(2025, 11, 2), 25), (date(2025, 3, 9), 23), (date(2025, 10, 12), 24)],
    )
    def test_is_as_long_as_the_clocks_make_it(self, day, hours):
        first, end = (edge.astimezone(UTC) for edge in nfl().bounds_of(day))

        assert end - first == timedelta(hours=hours)
        assert nfl().day_of(first) == nfl().day_of(end - timedelta(seconds=1)) == day

    def test_gathers_the_events_of_a_day(self):
        night = reported("night", start=datetime(2025, 10, 13, 0, 20, tzinfo=UTC))
        sync(night, reported("monday", start=datetime(2025, 10, 14, 0, 15, tzinfo=UTC)))

        found = Event.objects.on_day(nfl(), date(2025, 10, 12))

        assert [event.sources.get().source_event_id for event in found] == ["night"]


@pytest.mark.django_db
class TestRanges:
    def test_tell_a_total_from_a_spread(self):
        spread, total = nfl().range_of(MarketType.SPREAD), nfl().range_of(MarketType.TOTAL)

        assert spread.holds(Decimal("-3.5"))
        assert not spread.holds(Decimal("47.5"))
        assert total.holds(Decimal("47.5"))
        assert not total.holds(Decimal("-3.5"))

    def test_bind_no_moneyline(self):
        assert nfl().range_of(MarketType.MONEYLINE) is None


@pytest.mark.django_db
class TestOverdue:
    def test_counts_from_the_beginning_to_the_longest_game(self):
        sync(reported())
        longest = timedelta(minutes=nfl().maximum_minutes)

        assert not Event.objects.overdue(KICKOFF + longest - timedelta(seconds=1)).exists()
        assert Event.objects.overdue(KICKOFF + longest).exists()

    def test_leaves_out_leagues_of_which_nobody_reports_scores(self):
        sync(reported())
        League.objects.filter(code="NFL").update(has_scores=False)

        assert not Event.objects.overdue(KICKOFF + timedelta(days=3)).exists()
