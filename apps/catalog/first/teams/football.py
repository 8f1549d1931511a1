"""The teams of the NFL; abbreviations are the nflverse's."""

from typing import Final

from apps.catalog.first.teams.shape import FirstTeam

NFL: Final = (
    FirstTeam("Arizona Cardinals", "ARI", "#97233F"),
    FirstTeam("Atlanta Falcons", "ATL", "#A71930"),
    FirstTeam("Baltimore Ravens", "BAL", "#241773"),
    FirstTeam("Buffalo Bills", "BUF", "#00338D"),
    FirstTeam("Carolina Panthers", "CAR", "#0085CA"),
    FirstTeam("Chicago Bears", "CHI", "#0B162A"),
    FirstTeam("Cincinnati Bengals", "CIN", "#FB4F14"),
    FirstTeam("Cleveland Browns", "CLE", "#311D00"),
    FirstTeam("Dallas Cowboys", "DAL", "#003594"),
    FirstTeam("Denver Broncos", "DEN", "#FB4F14"),
    FirstTeam("Detroit Lions", "DET", "#0076B6"),
    FirstTeam("Green Bay Packers", "GB", "#203731"),
    FirstTeam("Houston Texans", "HOU", "#03202F"),
    FirstTeam("Indianapolis Colts", "IND", "#002C5F"),
    FirstTeam("Jacksonville Jaguars", "JAX", "#006778"),
    FirstTeam("Kansas City Chiefs", "KC", "#E31837"),
    FirstTeam("Las Vegas Raiders", "LV", "#000000", ("OAK",), ("Oakland Raiders",)),
    FirstTeam("Los Angeles Chargers", "LAC", "#0080C6", ("SD",)),
    FirstTeam("Los Angeles Rams", "LA", "#003594", ("STL",)),
    FirstTeam("Miami Dolphins", "MIA", "#008E97"),
    FirstTeam("Minnesota Vikings", "MIN", "#4F2683"),
    FirstTeam("New England Patriots", "NE", "#002244"),
    FirstTeam("New Orleans Saints", "NO", "#D3BC8D"),
    FirstTeam("New York Giants", "NYG", "#0B2265"),
    FirstTeam("New York Jets", "NYJ", "#125740"),
    FirstTeam("Philadelphia Eagles", "PHI", "#004C54"),
    FirstTeam("Pittsburgh Steelers", "PIT", "#FFB612"),
    FirstTeam("San Francisco 49ers", "SF", "#AA0000"),
    FirstTeam("Seattle Seahawks", "SEA", "#002244"),
    FirstTeam("Tampa Bay Buccaneers", "TB", "#D50A0A"),
    FirstTeam("Tennessee Titans", "TEN", "#0C2340"),
    FirstTeam("Washington Commanders", "WAS", "#5A1414", (), ("Washington Football Team",)),
)
