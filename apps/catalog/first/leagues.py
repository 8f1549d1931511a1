"""The leagues that ship with the platform.

A game counts as overdue when it has not ended within the league's maximum: the longest games
on record, overtime and a weather delay included, and not the rare suspended one.
"""

from typing import Final, NamedTuple

from apps.rulebook.markets import MarketType, Period

THE_ODDS_API: Final = "the_odds_api"
NFLVERSE: Final = "nflverse"
# A file of past games in the nflverse's layout, teams as the identity provider names them.
PAST_GAMES: Final = "past_games"


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
    regulation_minutes: int  # 0: no clock
    maximum_minutes: int
    neutral_ground: bool = False


def _two_way(
    code: str,
    name: str,
    sport: str,
    provider_key: str,
    *,
    regulation_minutes: int,
    maximum_minutes: int,
) -> FirstLeague:
    """A league of North America whose games have a winner, however long that takes."""
    return FirstLeague(
        code=code,
        name=name,
        sport=sport,
        provider_keys={THE_ODDS_API: provider_key},
        archive_provider=PAST_GAMES,
        timezone="America/New_York",
        winner_market=MarketType.MONEYLINE,
        period=Period.FULL_GAME,
        can_tie=False,
        can_end_scoreless=False,
        regulation_minutes=regulation_minutes,
        maximum_minutes=maximum_minutes,
    )


def _three_way(
    code: str,
    name: str,
    provider_key: str,
    *,
    timezone: str,
    maximum_minutes: int,
    neutral_ground: bool = False,
) -> FirstLeague:
    """A competition in football of which the bets end after 90 minutes."""
    return FirstLeague(
        code=code,
        name=name,
        sport="soccer",
        provider_keys={THE_ODDS_API: provider_key},
        archive_provider=PAST_GAMES,
        timezone=timezone,
        winner_market=MarketType.MONEYLINE_3WAY,
        period=Period.REGULATION,
        can_tie=True,
        can_end_scoreless=True,
        regulation_minutes=90,
        maximum_minutes=maximum_minutes,
        neutral_ground=neutral_ground,
    )


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
    _two_way(
        "NCAAF",
        "NCAA football, FBS",
        "football",
        "americanfootball_ncaaf",
        regulation_minutes=60,
        maximum_minutes=330,
    ),
    _two_way(
        "NBA",
        "National Basketball Association",
        "basketball",
        "basketball_nba",
        regulation_minutes=48,
        maximum_minutes=210,
    ),
    _two_way(
        "WNBA",
        "Women's National Basketball Association",
        "basketball",
        "basketball_wnba",
        regulation_minutes=40,
        maximum_minutes=190,
    ),
    _two_way(
        "NCAAB",
        "NCAA basketball, men",
        "basketball",
        "basketball_ncaab",
        regulation_minutes=40,
        maximum_minutes=200,
    ),
    _two_way(
        "MLB",
        "Major League Baseball",
        "baseball",
        "baseball_mlb",
        regulation_minutes=0,
        maximum_minutes=480,
    ),
    _two_way(
        "NHL",
        "National Hockey League",
        "hockey",
        "icehockey_nhl",
        regulation_minutes=60,
        maximum_minutes=270,
    ),
    _three_way(
        "EPL",
        "English Premier League",
        "soccer_epl",
        timezone="Europe/London",
        maximum_minutes=150,
    ),
    _three_way(
        "WORLDCUP",
        "FIFA World Cup",
        "soccer_fifa_world_cup",
        timezone="America/New_York",
        maximum_minutes=240,
        neutral_ground=True,
    ),
)
