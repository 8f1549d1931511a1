"""The teams of the NBA and the WNBA."""

from typing import Final

from apps.catalog.first.teams.shape import FirstTeam

NBA: Final = (
    FirstTeam("Atlanta Hawks", "ATL", "#E03A3E"),
    FirstTeam("Boston Celtics", "BOS", "#007A33"),
    FirstTeam("Brooklyn Nets", "BKN", "#000000"),
    FirstTeam("Charlotte Hornets", "CHA", "#1D1160"),
    FirstTeam("Chicago Bulls", "CHI", "#CE1141"),
    FirstTeam("Cleveland Cavaliers", "CLE", "#860038"),
    FirstTeam("Dallas Mavericks", "DAL", "#00538C"),
    FirstTeam("Denver Nuggets", "DEN", "#0E2240"),
    FirstTeam("Detroit Pistons", "DET", "#C8102E"),
    FirstTeam("Golden State Warriors", "GSW", "#1D428A"),
    FirstTeam("Houston Rockets", "HOU", "#CE1141"),
    FirstTeam("Indiana Pacers", "IND", "#002D62"),
    FirstTeam("Los Angeles Clippers", "LAC", "#C8102E", (), ("LA Clippers",)),
    FirstTeam("Los Angeles Lakers", "LAL", "#552583"),
    FirstTeam("Memphis Grizzlies", "MEM", "#5D76A9"),
    FirstTeam("Miami Heat", "MIA", "#98002E"),
    FirstTeam("Milwaukee Bucks", "MIL", "#00471B"),
    FirstTeam("Minnesota Timberwolves", "MIN", "#0C2340"),
    FirstTeam("New Orleans Pelicans", "NOP", "#0C2340"),
    FirstTeam("New York Knicks", "NYK", "#006BB6"),
    FirstTeam("Oklahoma City Thunder", "OKC", "#007AC1"),
    FirstTeam("Orlando Magic", "ORL", "#0077C0"),
    FirstTeam("Philadelphia 76ers", "PHI", "#006BB6"),
    FirstTeam("Phoenix Suns", "PHX", "#1D1160"),
    FirstTeam("Portland Trail Blazers", "POR", "#E03A3E"),
    FirstTeam("Sacramento Kings", "SAC", "#5A2D81"),
    FirstTeam("San Antonio Spurs", "SAS", "#C4CED4"),
    FirstTeam("Toronto Raptors", "TOR", "#CE1141"),
    FirstTeam("Utah Jazz", "UTA", "#002B5C"),
    FirstTeam("Washington Wizards", "WAS", "#002B5C"),
)

WNBA: Final = (
    FirstTeam("Atlanta Dream", "ATL", "#C8102E"),
    FirstTeam("Chicago Sky", "CHI", "#5091CD"),
    FirstTeam("Connecticut Sun", "CON", "#F05023"),
    FirstTeam("Dallas Wings", "DAL", "#002B5C"),
    FirstTeam("Golden State Valkyries", "GSV", "#B38FCF"),
    FirstTeam("Indiana Fever", "IND", "#002D62"),
    FirstTeam("Las Vegas Aces", "LVA", "#A7A8AA"),
    FirstTeam("Los Angeles Sparks", "LAS", "#552583"),
    FirstTeam("Minnesota Lynx", "MIN", "#266092"),
    FirstTeam("New York Liberty", "NYL", "#86CEBC"),
    FirstTeam("Phoenix Mercury", "PHX", "#201747"),
    FirstTeam("Portland Fire", "POR"),
    FirstTeam("Seattle Storm", "SEA", "#2C5234"),
    FirstTeam("Toronto Tempo", "TOR"),
    FirstTeam("Washington Mystics", "WAS", "#E03A3E"),
)
