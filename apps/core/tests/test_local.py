"""Instants as a tenant's readers see them: their zone, their clock, always named."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.core.local import Place, until

SUNDAY = datetime(2026, 11, 22, 21, 25, tzinfo=UTC)  # 4:25 PM in New York
BEFORE = datetime(2026, 11, 22, 18, 42, tzinfo=UTC)
NEW_YORK, BERLIN = Place.of("America/New_York"), Place.of("Europe/Berlin")


class TestTime:
    def test_is_read_in_halves_of_a_day_where_clocks_are(self):
        assert NEW_YORK.time(SUNDAY) == "4:25 PM ET"
        assert BERLIN.time(SUNDAY) == "22:25 CET"
        assert NEW_YORK.time(SUNDAY + timedelta(hours=8)) == "12:25 AM ET"

    def test_says_seconds_where_they_are_asked_for(self):
        assert NEW_YORK.time(SUNDAY, seconds=True) == "4:25:00 PM ET"
        assert BERLIN.time(SUNDAY, zone=False) == "22:25"

    def test_of_nothing_is_missing(self):
        assert NEW_YORK.time(None) == "—"

    @pytest.mark.parametrize(
        ("timezone", "code"),
        [
            ("UTC", "UTC"),
            ("America/Los_Angeles", "PT"),
            ("America/Sao_Paulo", f"UTC{chr(0x2212)}3"),
            ("Asia/Dubai", "UTC+4"),
        ],
    )
    def test_names_its_zone(self, timezone, code):
        assert Place.of(timezone).time(SUNDAY).endswith(f" {code}")

    def test_knows_summer_where_the_zones_name_changes_with_it(self):
        assert BERLIN.time(SUNDAY - timedelta(days=120)).endswith(" CEST")


class TestMoment:
    def test_leaves_today_out_and_names_another_day(self):
        assert NEW_YORK.moment(SUNDAY, BEFORE) == "4:25 PM ET"
        assert NEW_YORK.moment(SUNDAY, BEFORE - timedelta(days=2)) == "Sun 4:25 PM ET"
        assert NEW_YORK.moment(SUNDAY, BEFORE - timedelta(days=9)) == "Sun 22 Nov, 4:25 PM ET"
        assert NEW_YORK.moment(SUNDAY, BEFORE + timedelta(days=99)).startswith("Sun 22 Nov 2026, ")

    def test_goes_by_the_readers_day_and_not_by_ours(self):
        late = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # still Sunday evening in New York

        assert NEW_YORK.day(late) == "Sunday 22 November"
        assert BERLIN.day(late) == "Monday 23 November"
        assert NEW_YORK.moment(late, BEFORE) == "8:00 PM ET"

    def test_carries_utc_for_programs(self):
        assert NEW_YORK.when(SUNDAY, BEFORE) == (
            '<time datetime="2026-11-22T21:25:00Z">4:25 PM ET</time>'
        )


class TestUntil:
    def test_counts_down_and_is_silent_afterwards(self):
        assert until(SUNDAY, BEFORE) == "in 2 h 43 min"
        assert until(BEFORE, SUNDAY) == ""
