"""The league that the sandbox makes up, as the sandbox names it. No name in it is anybody's."""

from typing import Final

from apps.catalog.first.books import FirstBook
from apps.catalog.first.leagues import THE_ODDS_API, FirstLeague
from apps.catalog.first.teams import FirstTeam
from apps.rulebook.markets import MarketType, Period

SFL: Final = FirstLeague(
    code="SFL",
    name="Sandbox Football League",
    sport="football",
    provider_keys={THE_ODDS_API: "americanfootball_sfl"},
    archive_provider="",
    timezone="America/New_York",
    winner_market=MarketType.MONEYLINE,
    period=Period.FULL_GAME,
    can_tie=True,
    can_end_scoreless=False,
    regulation_minutes=60,
    maximum_minutes=300,
)

SANDBOX_TEAMS: Final = (
    FirstTeam("Alder Bay Herons", "ABH"),
    FirstTeam("Brasswick Anvils", "BRA"),
    FirstTeam("Cinder Falls Comets", "CIF"),
    FirstTeam("Dunmore Drovers", "DUN"),
    FirstTeam("Eastmarch Lancers", "EAS"),
    FirstTeam("Granite Pass Ibexes", "GRP"),
    FirstTeam("Juniper Flats Jackrabbits", "JUF"),
    FirstTeam("Kestrel Point Kites", "KEP"),
    FirstTeam("Larkspur Millers", "LAR"),
    FirstTeam("Northwick Beacons", "NWK"),
    FirstTeam("Quarry Hill Badgers", "QUH"),
    FirstTeam("Saltwater Skippers", "SAL"),
)

SANDBOX_BOOKS: Final = (
    FirstBook("palisade", "Palisade"),  # the sharp one
    FirstBook("cobblestone", "Cobblestone"),
    FirstBook("foxglove", "Foxglove"),
    FirstBook("harborline", "Harborline"),
    FirstBook("ironbridge", "Ironbridge"),
    FirstBook("saltmarsh", "Saltmarsh"),
    FirstBook("tallgrass", "Tallgrass"),
    FirstBook("wintergreen", "Wintergreen"),
)
