"""The teams of the leagues that ship with the platform.

The name is the identity provider's: it is what the team's id is made of. The abbreviation is
the archive's where the league has one, and its spelling there; former ones stand beside it,
because an archive keeps a franchise under the name it had. A franchise that moved keeps its id:
the name it had at the identity provider is another spelling of it.

College basketball ships without teams. Each of its three hundred becomes a question when its
first game is listed, and a team when a person has answered.
"""

from typing import Final

from apps.catalog.first.teams.baseball import MLB
from apps.catalog.first.teams.basketball import NBA, WNBA
from apps.catalog.first.teams.college import NCAAF
from apps.catalog.first.teams.football import NFL
from apps.catalog.first.teams.hockey import NHL
from apps.catalog.first.teams.shape import FirstTeam
from apps.catalog.first.teams.soccer import EPL, WORLD_CUP

TEAMS: Final[dict[str, tuple[FirstTeam, ...]]] = {
    "NFL": NFL,
    "NCAAF": NCAAF,
    "NBA": NBA,
    "WNBA": WNBA,
    "NCAAB": (),
    "MLB": MLB,
    "NHL": NHL,
    "EPL": EPL,
    "WORLDCUP": WORLD_CUP,
}

__all__ = ["TEAMS", "FirstTeam"]
