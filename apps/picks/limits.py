"""How much a tenant publishes: limits, quiet hours and cool-down, counted on what it published.

An opinion on one league counts that league's picks, an opinion on all of them counts all; where
a tenant has both, both hold.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q

from apps.catalog.models import Event, League
from apps.picks.models import Pick
from apps.picks.querysets import GAME
from apps.rulebook.markets import MarketType
from apps.rulebook.thresholds import OpinionConfig

_TOTALS: Final = (MarketType.TOTAL, MarketType.TEAM_TOTAL)
_MONEYLINES: Final = (MarketType.MONEYLINE, MarketType.MONEYLINE_3WAY)


class Hold(StrEnum):
    """Why a proposal may not go out now, and waits."""

    SWITCH_OFF = "SWITCH_OFF"
    ALERT_OPEN = "ALERT_OPEN"  # an alert lets only better tiers out, or none
    TIER_NOT_PUBLISHED = "TIER_NOT_PUBLISHED"  # the opinion in force publishes it no more
    # What the tenant's opinion says of all its picks.
    QUIET_HOURS = "QUIET_HOURS"
    COOL_DOWN = "COOL_DOWN"
    LIMIT_PER_DAY = "LIMIT_PER_DAY"
    LIMIT_PER_MARKET = "LIMIT_PER_MARKET"
    LIMIT_PER_EVENT = "LIMIT_PER_EVENT"
    LIMIT_PER_TEAM = "LIMIT_PER_TEAM"
    # What its opinion on one league says of that league's.
    LEAGUE_QUIET_HOURS = "LEAGUE_QUIET_HOURS"
    LEAGUE_COOL_DOWN = "LEAGUE_COOL_DOWN"
    LEAGUE_LIMIT_PER_DAY = "LEAGUE_LIMIT_PER_DAY"
    LEAGUE_LIMIT_PER_MARKET = "LEAGUE_LIMIT_PER_MARKET"
    LEAGUE_LIMIT_PER_EVENT = "LEAGUE_LIMIT_PER_EVENT"
    LEAGUE_LIMIT_PER_TEAM = "LEAGUE_LIMIT_PER_TEAM"

    @property
    def of_a_league(self) -> "Hold":
        """The same, said by an opinion on one league."""
        return Hold(f"LEAGUE_{self}")


@dataclass(frozen=True, slots=True)
class Bound:
    """An opinion whose limits hold, and the league whose picks they count; empty: every one."""

    opinion: OpinionConfig
    league: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """Why a pick waits, and the figure that it waits at where a number keeps it."""

    hold: Hold
    most: int | None = None
    league: str = ""
    market: str = ""


@dataclass(frozen=True, slots=True)
class Publication:
    """One pick that counts."""

    published_at: datetime
    event_id: UUID
    teams: tuple[UUID, UUID]
    league: str
    market_type: str


class Allowance:
    """What a tenant has published, as far as any limit at ``at`` could look back.

    A pick that was superseded counts no more: its successor stands in its place.
    """

    def __init__(self, published: Iterable[Publication], *, timezone: str, at: datetime) -> None:
        self.published = list(published)
        self.zone = ZoneInfo(timezone)
        self.at = at

    @classmethod
    def read(
        cls,
        events: Iterable[Event],
        *,
        timezone: str,
        at: datetime,
        replaced: Iterable[UUID] = (),
    ) -> "Allowance":
        """Read what limits on ``events`` could count, without the picks about to be replaced."""
        ids = [event.pk for event in events]
        rows = (
            Pick.objects.seen()
            .filter(superseded_by__isnull=True)
            .exclude(pk__in=list(replaced))
            # No calendar day anywhere began longer ago than that.
            .filter(
                Q(published_at__gt=at - timedelta(days=2))
                | Q(event_id__in=ids)
                | Q(event__merged_into__in=ids)
            )
            .values_list(
                "published_at", GAME, "home_team_id", "away_team_id", "league", "market_type"
            )
        )
        return cls(
            [
                Publication(published_at, event_id, (home, away), league, market_type)
                for published_at, event_id, home, away, league, market_type in rows
                if published_at is not None
            ],
            timezone=timezone,
            at=at,
        )

    def hold(self, pick: Pick, bounds: Iterable[Bound], league: League) -> Held | None:
        """Name the first limit that keeps a pick from going out now, or None; all of them hold."""
        for bound in bounds:
            found = self._over(pick, bound, league)
            if found is not None:
                hold, most, market = found
                hold = hold.of_a_league if bound.league else hold
                return Held(hold, most, bound.league, market)
        return None

    def _over(
        self, pick: Pick, bound: Bound, league: League
    ) -> tuple[Hold, int | None, str] | None:
        opinion, limits = bound.opinion, bound.opinion.limits
        counted = [one for one in self.published if bound.league in ("", one.league)]
        if opinion.quiet_hours is not None and opinion.quiet_hours.covers(self._local_time()):
            return Hold.QUIET_HOURS, None, ""
        of_event = [one for one in counted if one.event_id == pick.event_id]
        cooled = self.at - timedelta(minutes=opinion.cool_down_min)
        if any(one.published_at > cooled for one in of_event):
            return Hold.COOL_DOWN, opinion.cool_down_min, ""
        today = [one for one in counted if self._is_today(one.published_at)]
        if len(today) >= limits.per_day:
            return Hold.LIMIT_PER_DAY, limits.per_day, ""
        for name, markets, most in (
            ("spreads", (MarketType.SPREAD,), limits.spreads_per_day),
            ("totals", _TOTALS, limits.totals_per_day),
            ("moneylines", _MONEYLINES, limits.moneylines_per_day),
        ):
            if pick.market_type in markets and _count(today, markets) >= most:
                return Hold.LIMIT_PER_MARKET, most, name
        if len(of_event) >= limits.per_event:
            return Hold.LIMIT_PER_EVENT, limits.per_event, ""
        day = league.day_of(self.at)
        for team in (pick.home_team_id, pick.away_team_id):
            of_team = [
                one
                for one in counted
                if team in one.teams and league.day_of(one.published_at) == day
            ]
            if len(of_team) >= limits.per_team:
                return Hold.LIMIT_PER_TEAM, limits.per_team, ""
        return None

    def spend(self, pick: Pick) -> None:
        self.published.append(
            Publication(
                self.at,
                pick.event_id,
                (pick.home_team_id, pick.away_team_id),
                pick.league,
                pick.market_type,
            )
        )

    def _local_time(self) -> time:
        return self.at.astimezone(self.zone).time()

    def _is_today(self, moment: datetime) -> bool:
        return moment.astimezone(self.zone).date() == self.at.astimezone(self.zone).date()


def _count(published: Iterable[Publication], markets: tuple[Any, ...]) -> int:
    return sum(1 for one in published if one.market_type in markets)
