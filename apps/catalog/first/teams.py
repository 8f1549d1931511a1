"""The teams of the leagues that ship with the platform.

The name is the identity provider's: it is what the team's id is made of. The abbreviation is
the archive's, and its spelling there; former ones stand beside it, because an archive keeps a
franchise under the name it had.
"""

from typing import Final, NamedTuple


class FirstTeam(NamedTuple):
    name: str
    abbreviation: str
    formerly: tuple[str, ...] = ()


TEAMS: Final[dict[str, tuple[FirstTeam, ...]]] = {
    "NFL": (
        FirstTeam("Arizona Cardinals", "ARI"),
        FirstTeam("Atlanta Falcons", "ATL"),
        FirstTeam("Baltimore Ravens", "BAL"),
        FirstTeam("Buffalo Bills", "BUF"),
        FirstTeam("Carolina Panthers", "CAR"),
        FirstTeam("Chicago Bears", "CHI"),
        FirstTeam("Cincinnati Bengals", "CIN"),
        FirstTeam("Cleveland Browns", "CLE"),
        FirstTeam("Dallas Cowboys", "DAL"),
        FirstTeam("Denver Broncos", "DEN"),
        FirstTeam("Detroit Lions", "DET"),
        FirstTeam("Green Bay Packers", "GB"),
        FirstTeam("Houston Texans", "HOU"),
        FirstTeam("Indianapolis Colts", "IND"),
        FirstTeam("Jacksonville Jaguars", "JAX"),
        FirstTeam("Kansas City Chiefs", "KC"),
        FirstTeam("Las Vegas Raiders", "LV", ("OAK",)),
        FirstTeam("Los Angeles Chargers", "LAC", ("SD",)),
        FirstTeam("Los Angeles Rams", "LA", ("STL",)),
        FirstTeam("Miami Dolphins", "MIA"),
        FirstTeam("Minnesota Vikings", "MIN"),
        FirstTeam("New England Patriots", "NE"),
        FirstTeam("New Orleans Saints", "NO"),
        FirstTeam("New York Giants", "NYG"),
        FirstTeam("New York Jets", "NYJ"),
        FirstTeam("Philadelphia Eagles", "PHI"),
        FirstTeam("Pittsburgh Steelers", "PIT"),
        FirstTeam("San Francisco 49ers", "SF"),
        FirstTeam("Seattle Seahawks", "SEA"),
        FirstTeam("Tampa Bay Buccaneers", "TB"),
        FirstTeam("Tennessee Titans", "TEN"),
        FirstTeam("Washington Commanders", "WAS"),
    ),
    "NCAAF": (),
}
