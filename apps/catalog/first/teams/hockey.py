"""The teams of the NHL. Utah's franchise is the one that left Arizona."""

from typing import Final

from apps.catalog.first.teams.shape import FirstTeam

_FROM_ARIZONA: Final = ("Arizona Coyotes", "Utah Hockey Club")

NHL: Final = (
    FirstTeam("Anaheim Ducks", "ANA", "#F47A38"),
    FirstTeam("Boston Bruins", "BOS", "#FFB81C"),
    FirstTeam("Buffalo Sabres", "BUF", "#003087"),
    FirstTeam("Calgary Flames", "CGY", "#D2001C"),
    FirstTeam("Carolina Hurricanes", "CAR", "#CE1126"),
    FirstTeam("Chicago Blackhawks", "CHI", "#CF0A2C"),
    FirstTeam("Colorado Avalanche", "COL", "#6F263D"),
    FirstTeam("Columbus Blue Jackets", "CBJ", "#002654"),
    FirstTeam("Dallas Stars", "DAL", "#006847"),
    FirstTeam("Detroit Red Wings", "DET", "#CE1126"),
    FirstTeam("Edmonton Oilers", "EDM", "#041E42"),
    FirstTeam("Florida Panthers", "FLA", "#041E42"),
    FirstTeam("Los Angeles Kings", "LAK", "#111111"),
    FirstTeam("Minnesota Wild", "MIN", "#154734"),
    FirstTeam("Montréal Canadiens", "MTL", "#AF1E2D", (), ("Montreal Canadiens",)),
    FirstTeam("Nashville Predators", "NSH", "#FFB81C"),
    FirstTeam("New Jersey Devils", "NJD", "#CE1126"),
    FirstTeam("New York Islanders", "NYI", "#00539B"),
    FirstTeam("New York Rangers", "NYR", "#0038A8"),
    FirstTeam("Ottawa Senators", "OTT", "#C52032"),
    FirstTeam("Philadelphia Flyers", "PHI", "#F74902"),
    FirstTeam("Pittsburgh Penguins", "PIT", "#FCB514"),
    FirstTeam("San Jose Sharks", "SJS", "#006D75"),
    FirstTeam("Seattle Kraken", "SEA", "#001628"),
    FirstTeam("St Louis Blues", "STL", "#002F87", (), ("St. Louis Blues",)),
    FirstTeam("Tampa Bay Lightning", "TBL", "#002868"),
    FirstTeam("Toronto Maple Leafs", "TOR", "#00205B"),
    FirstTeam("Utah Mammoth", "UTA", "#71AFE5", (), _FROM_ARIZONA),
    FirstTeam("Vancouver Canucks", "VAN", "#00205B"),
    FirstTeam("Vegas Golden Knights", "VGK", "#B4975A"),
    FirstTeam("Washington Capitals", "WSH", "#041E42"),
    FirstTeam("Winnipeg Jets", "WPG", "#041E42"),
)
