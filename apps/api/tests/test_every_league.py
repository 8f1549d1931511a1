"""From a published pick to its grade at the real address, in every league and each of its markets.

One league's grading once looked right while nobody asked the other leagues' scores: of 1,912
decisions one was settled, for months, and nothing raised an error.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

import pytest

from apps.catalog.models import Event, EventSource, League, Selection, SettlementRuleset, Team
from apps.core.tenancy import tenant_scope
from apps.grading.actions import grade_due
from apps.grading.tests.factories import FINAL_AT, LATER, end
from apps.picks.models import Pick
from apps.picks.tests.factories import NOON_BEFORE, PROVIDER, Game, facts, make_pick
from apps.rulebook import keys
from apps.rulebook.lifecycle import PickStatus, Validity
from apps.rulebook.markets import LINED_MARKETS, MarketType, Period, Side
from apps.rulebook.thresholds import LEAGUES, main_markets

pytestmark = pytest.mark.django_db

# The made-up league is installed with the sandbox and not with the catalog.
PLAYED = [league for league in LEAGUES if league != "SFL"]
HOME_SCORE, AWAY_SCORE = 5, 2  # a score of every sport


@dataclass
class LeagueGame(Game):
    """A game of any league between two teams of its own."""

    of: str = "NFL"
    period: Period = Period.FULL_GAME

    @property
    def over_at(self) -> datetime:
        """Regulation time ends well before a score could hold extra time."""
        after_90 = self.period is Period.REGULATION
        return self.kickoff + timedelta(minutes=115) if after_90 else FINAL_AT

    @cached_property
    def league(self) -> League:
        return League.objects.get(code=self.of)

    @cached_property
    @facts()
    def event(self) -> Event:
        home, away = (
            Team.objects.create(
                id=keys.team_id(self.of, f"{self.code} {side}"),
                league=self.league,
                name=f"{self.code} {side}",
            )
            for side in ("home", "away")
        )
        event = Event.objects.create(
            id=keys.event_id(PROVIDER, self.code),
            league=self.league,
            home=home,
            away=away,
            start_time=self.kickoff,
        )
        EventSource.objects.create(
            provider=PROVIDER,
            source_event_id=self.code,
            event=event,
            reported_start=self.kickoff,
            last_seen_at=NOON_BEFORE,
        )
        return event

    @facts()
    def selection(self, market_type: MarketType, side: Side) -> Selection:
        row, _ = Selection.objects.get_or_create(
            event=self.event,
            market_type=market_type,
            period=self.period,
            side=side,
            defaults={"uuid": keys.selection_id(self.event.pk, market_type, self.period, side)},
        )
        return row


def published(game: LeagueGame, market_type: MarketType, side: Side, line: str | None) -> Pick:
    pick = make_pick(
        game,
        market_type=market_type,
        side=side,
        line=line,
        quoted=False,
        league=game.of,
        period=game.period,
    )
    pick.status, pick.published_at = PickStatus.PUBLISHED, NOON_BEFORE
    pick.settlement_ruleset = SettlementRuleset.objects.get(
        league=game.league, market_type=market_type, period=game.period, version=1
    )
    pick.validity_state, pick.validity_at = Validity.VALID, NOON_BEFORE
    pick.save()
    return pick


@pytest.mark.parametrize("league", PLAYED)
def test_a_published_pick_of_each_main_market_is_graded_and_says_so(league, program, acme, ops):
    expected = {}
    with tenant_scope(acme):
        for market_type, period in main_markets(league):
            total = market_type is MarketType.TOTAL
            sides = (Side.OVER, Side.UNDER) if total else (Side.HOME, Side.AWAY)
            for side, outcome in zip(sides, ("WIN", "LOSS"), strict=True):
                line = {Side.AWAY: "1.5", Side.HOME: "-1.5"}.get(side, "5.5")
                own = LeagueGame(of=league, period=period)
                lined = market_type in LINED_MARKETS
                pick = published(own, market_type, side, line if lined else None)
                end(own, HOME_SCORE, AWAY_SCORE, at=own.over_at)
                expected[str(pick.pk)] = outcome
        counts = grade_due(by=ops, at=LATER)

    assert (counts.due, counts.written, counts.waiting) == (6, 6, {})
    shown = {
        one["pick"]: one["result"]["outcome"]
        for one in program.get(f"/api/v1/picks/?league={league}").json()["results"]
    }
    assert shown == expected
    for pick in expected:
        assert program.get(f"/api/v1/picks/{pick}/").json()["result"]["outcome"] == expected[pick]


def test_every_league_of_the_catalog_is_among_them():
    assert set(League.objects.values_list("code", flat=True)) == set(PLAYED)
