"""The teams of Major League Baseball."""

from typing import Final

from apps.catalog.first.teams.shape import FirstTeam

MLB: Final = (
    FirstTeam("Arizona Diamondbacks", "ARI", "#A71930"),
    FirstTeam("Athletics", "ATH", "#003831", (), ("Oakland Athletics",)),
    FirstTeam("Atlanta Braves", "ATL", "#CE1141"),
    FirstTeam("Baltimore Orioles", "BAL", "#DF4601"),
    FirstTeam("Boston Red Sox", "BOS", "#BD3039"),
    FirstTeam("Chicago Cubs", "CHC", "#0E3386"),
    FirstTeam("Chicago White Sox", "CWS", "#27251F"),
    FirstTeam("Cincinnati Reds", "CIN", "#C6011F"),
    FirstTeam("Cleveland Guardians", "CLE", "#00385D", (), ("Cleveland Indians",)),
    FirstTeam("Colorado Rockies", "COL", "#333366"),
    FirstTeam("Detroit Tigers", "DET", "#0C2340"),
    FirstTeam("Houston Astros", "HOU", "#002D62"),
    FirstTeam("Kansas City Royals", "KC", "#004687"),
    FirstTeam("Los Angeles Angels", "LAA", "#BA0021"),
    FirstTeam("Los Angeles Dodgers", "LAD", "#005A9C"),
    FirstTeam("Miami Marlins", "MIA", "#00A3E0"),
    FirstTeam("Milwaukee Brewers", "MIL", "#12284B"),
    FirstTeam("Minnesota Twins", "MIN", "#002B5C"),
    FirstTeam("New York Mets", "NYM", "#002D72"),
    FirstTeam("New York Yankees", "NYY", "#003087"),
    FirstTeam("Philadelphia Phillies", "PHI", "#E81828"),
    FirstTeam("Pittsburgh Pirates", "PIT", "#FDB827"),
    FirstTeam("San Diego Padres", "SD", "#2F241D"),
    FirstTeam("San Francisco Giants", "SF", "#FD5A1E"),
    FirstTeam("Seattle Mariners", "SEA", "#0C2C56"),
    FirstTeam("St. Louis Cardinals", "STL", "#C41E3A", (), ("St Louis Cardinals",)),
    FirstTeam("Tampa Bay Rays", "TB", "#092C5C"),
    FirstTeam("Texas Rangers", "TEX", "#003278"),
    FirstTeam("Toronto Blue Jays", "TOR", "#134A8E"),
    FirstTeam("Washington Nationals", "WSH", "#AB0003"),
)
