"""The leagues that ship with the platform.

A game counts as overdue when it has not ended within the league's maximum: the longest games
on record, overtime and a weather delay included, and not the rare suspended one.
"""

from typing import Final, NamedTuple

from apps.rulebook.markets import MarketType, Period

THE_ODDS_API: Final = "the_odds_api"
NFLVERSE: Final = "nflverse"


class FirstLeague(NamedTuple):
    code: str
    name: str
    sport: str
    provider_keys: dict[str, str]
    archive_provider: str
    timezone: str
    winner_market: MarketType
    period: Period
    can_tie: bool
    can_end_scoreless: bool
    regulation_minutes: int
    maximum_minutes: int


LEAGUES: Final = (
    FirstLeague(
        code="NFL",
        name="National Football League",
        sport="football",
        provider_keys={THE_ODDS_API: "americanfootball_nfl", NFLVERSE: "nfl"},
        archive_provider=NFLVERSE,
        timezone="America/New_York",
        winner_market=MarketType.MONEYLINE,
        period=Period.FULL_GAME,
        can_tie=True,
        can_end_scoreless=False,
        regulation_minutes=60,
        maximum_minutes=300,
    ),
    FirstLeague(
        code="NCAAF",
        name="NCAA football, FBS",
        sport="football",
        provider_keys={THE_ODDS_API: "americanfootball_ncaaf"},
        archive_provider="",
        timezone="America/New_York",
        winner_market=MarketType.MONEYLINE,
        period=Period.FULL_GAME,
        can_tie=False,
        can_end_scoreless=False,
        regulation_minutes=60,
        maximum_minutes=330,
    ),
)
