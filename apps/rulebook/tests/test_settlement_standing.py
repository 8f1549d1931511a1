from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from apps.rulebook.markets import MarketType, Period, Side
from apps.rulebook.settlement import (
    LOSS,
    VOID,
    WIN,
    FinalScore,
    NotSettled,
    Play,
    Problem,
    Standing,
    decided,
    may_hold_extra_time,
    playable_until,
    settle_standing,
    standing,
)
from apps.rulebook.thresholds import settlement_rules

NEW_YORK = ZoneInfo("America/New_York")
SUNDAY_NIGHT = datetime(2025, 10, 13, 0, 20, tzinfo=UTC)  # Sunday 12 October in New York
WEDNESDAY_NIGHT = datetime(2025, 10, 16, 3, 59, tzinfo=UTC)  # 23:59 on Wednesday 15
THURSDAY = datetime(2025, 10, 16, 4, 1, tzinfo=UTC)

NFL = settlement_rules("NFL", MarketType.SPREAD, Period.FULL_GAME)
NBA = settlement_rules("NBA", MarketType.SPREAD, Period.FULL_GAME)
MLB = settlement_rules("MLB", MarketType.TOTAL, Period.FULL_GAME)
MLB_WINNER = settlement_rules("MLB", MarketType.MONEYLINE, Period.FULL_GAME)
NFL_TOTAL = settlement_rules("NFL", MarketType.TOTAL, Period.FULL_GAME)


class TestPostponement:
    def test_football_stands_until_wednesday_of_its_week(self):
        at = {"scheduled": SUNDAY_NIGHT, "zone": NEW_YORK}

        assert standing(NFL, started=WEDNESDAY_NIGHT, **at) is Standing.STANDS
        assert standing(NFL, started=THURSDAY, **at) is Standing.POSTPONED_TOO_FAR

    def test_a_thursday_game_belongs_to_the_week_that_begins_with_it(self):
        thursday = datetime(2025, 10, 10, 0, 15, tzinfo=UTC)

        until = playable_until(NFL, thursday, NEW_YORK)

        assert until.date().isoformat() == "2025-10-15"

    def test_a_wednesday_game_has_the_rest_of_its_day(self):
        christmas = datetime(2024, 12, 25, 18, 0, tzinfo=UTC)

        assert playable_until(NFL, christmas, NEW_YORK).date().isoformat() == "2024-12-25"

    def test_basketball_stands_for_a_day(self):
        day = timedelta(hours=24)

        for late, expected in [
            (day, Standing.STANDS),
            (day + timedelta(minutes=1), Standing.POSTPONED_TOO_FAR),
        ]:
            at = standing(NBA, scheduled=SUNDAY_NIGHT, started=SUNDAY_NIGHT + late, zone=NEW_YORK)
            assert at is expected

    def test_baseball_stands_on_its_local_date_only(self):
        at = {"scheduled": datetime(2025, 7, 10, 23, 5, tzinfo=UTC), "zone": NEW_YORK}
        before_midnight = datetime(2025, 7, 11, 3, 50, tzinfo=UTC)  # 23:50 in New York
        after_midnight = datetime(2025, 7, 11, 4, 5, tzinfo=UTC)

        assert standing(MLB, started=before_midnight, **at) is Standing.STANDS
        assert standing(MLB, started=after_midnight, **at) is Standing.POSTPONED_TOO_FAR

    def test_a_game_that_never_began_is_canceled(self):
        at = standing(NFL, scheduled=SUNDAY_NIGHT, started=None, zone=NEW_YORK)

        assert at is Standing.CANCELED

    @pytest.mark.parametrize("why", [Standing.CANCELED, Standing.POSTPONED_TOO_FAR])
    def test_a_bet_on_it_is_void(self, why):
        settled = settle_standing(NFL, Side.HOME, Decimal(-3), FinalScore(None, None), why)

        assert settled == VOID


class TestMinimumPlay:
    @pytest.mark.parametrize(
        ("rules", "play", "expected"),
        [
            (NFL, Play(completed=False, minutes=Decimal(55)), Standing.STANDS),
            (NFL, Play(completed=False, minutes=Decimal("54.9")), Standing.CUT_SHORT),
            (NBA, Play(completed=False, minutes=Decimal(43)), Standing.STANDS),
            (NBA, Play(completed=False, minutes=Decimal(42)), Standing.CUT_SHORT),
            (MLB_WINNER, Play(completed=False, innings=Decimal(5)), Standing.STANDS),
            (MLB_WINNER, Play(completed=False, innings=Decimal("4.5")), Standing.CUT_SHORT),
            (
                MLB_WINNER,
                Play(completed=False, innings=Decimal("4.5"), home_leads=True),
                Standing.STANDS,
            ),
            (MLB, Play(completed=False, innings=Decimal(8)), Standing.CUT_SHORT),
            (MLB, Play(completed=False, innings=Decimal("8.5"), home_leads=True), Standing.STANDS),
        ],
    )
    def test_is_the_leagues_own(self, rules, play, expected):
        at = standing(rules, scheduled=SUNDAY_NIGHT, started=SUNDAY_NIGHT, zone=NEW_YORK, play=play)

        assert at is expected

    @pytest.mark.parametrize("rules", [NFL, MLB])
    def test_is_not_guessed(self, rules):
        with pytest.raises(NotSettled):
            standing(
                rules,
                scheduled=SUNDAY_NIGHT,
                started=SUNDAY_NIGHT,
                zone=NEW_YORK,
                play=Play(completed=False),
            )


class TestExtraTime:
    @pytest.mark.parametrize(
        ("overtime", "lasted", "longest", "may"),
        [
            # Somebody said it.
            (True, 100, 165, True),
            (False, 300, 240, False),
            # Nobody did: a cup tie that ended late may have had it, a league match never.
            (None, 140, 166, True),
            (None, 139, 166, False),
            (None, 140, 165, False),
        ],
    )
    def test_is_believed_where_it_is_told_and_else_suspected_of_a_late_final(
        self, overtime, lasted, longest, may
    ):
        found = may_hold_extra_time(
            overtime=overtime,
            lasted=timedelta(minutes=lasted),
            longest=timedelta(minutes=longest),
        )

        assert found is may


class TestADecidedMarket:
    def test_stands_when_the_total_was_passed(self):
        score = FinalScore(30, 20)

        over = settle_standing(NFL_TOTAL, Side.OVER, Decimal("44.5"), score, Standing.CUT_SHORT)
        under = settle_standing(NFL_TOTAL, Side.UNDER, Decimal("44.5"), score, Standing.CUT_SHORT)

        assert (over, under) == (WIN, LOSS)

    @pytest.mark.parametrize("line", ["50", "50.5", "49.75"])
    def test_is_void_while_the_total_could_still_go_either_way(self, line):
        settled = settle_standing(
            NFL_TOTAL, Side.OVER, Decimal(line), FinalScore(30, 20), Standing.CUT_SHORT
        )

        assert settled == VOID

    def test_is_void_where_the_rules_say_so(self):
        rules = NFL_TOTAL.model_copy(update={"decided_stands": False})

        settled = settle_standing(
            rules, Side.OVER, Decimal("44.5"), FinalScore(30, 20), Standing.CUT_SHORT
        )

        assert settled == VOID

    def test_a_bet_that_is_none_is_refused_there_too(self):
        with pytest.raises(NotSettled) as refusal:
            decided(NFL_TOTAL, Side.HOME, Decimal("44.5"), FinalScore(30, 20))
        assert refusal.value.problem is Problem.SIDE_NOT_IN_MARKET

    def test_a_lead_decides_nothing(self):
        assert decided(NFL, Side.HOME, Decimal(-3), FinalScore(30, 3)) is None
