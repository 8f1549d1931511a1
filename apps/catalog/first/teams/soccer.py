"""The clubs of the English Premier League and the nations of the World Cup of 2026."""

from typing import Final

from apps.catalog.first.teams.shape import FirstTeam

# Of the season 2024-25 and the one after; who is relegated stays known.
EPL: Final = (
    FirstTeam("Arsenal", "ARS", "#EF0107"),
    FirstTeam("Aston Villa", "AVL", "#670E36"),
    FirstTeam("Bournemouth", "BOU", "#DA291C"),
    FirstTeam("Brentford", "BRE", "#E30613"),
    FirstTeam("Brighton and Hove Albion", "BHA", "#0057B8"),
    FirstTeam("Burnley", "BUR", "#6C1D45"),
    FirstTeam("Chelsea", "CHE", "#034694"),
    FirstTeam("Crystal Palace", "CRY", "#1B458F"),
    FirstTeam("Everton", "EVE", "#003399"),
    FirstTeam("Fulham", "FUL", "#000000"),
    FirstTeam("Ipswich Town", "IPS", "#3A64A3"),
    FirstTeam("Leeds United", "LEE", "#1D428A"),
    FirstTeam("Leicester City", "LEI", "#003090"),
    FirstTeam("Liverpool", "LIV", "#C8102E"),
    FirstTeam("Manchester City", "MCI", "#6CABDD"),
    FirstTeam("Manchester United", "MUN", "#DA291C"),
    FirstTeam("Newcastle United", "NEW", "#241F20"),
    FirstTeam("Nottingham Forest", "NFO", "#DD0000"),
    FirstTeam("Southampton", "SOU", "#D71920"),
    FirstTeam("Sunderland", "SUN", "#EB172B"),
    FirstTeam("Tottenham Hotspur", "TOT", "#132257"),
    FirstTeam("West Ham United", "WHU", "#7A263A"),
    FirstTeam("Wolverhampton Wanderers", "WOL", "#FDB913"),
)

# Colours are those of the first shirt. Nations that no recording names are asked about.
WORLD_CUP: Final = (
    FirstTeam("Algeria", "ALG", "#FFFFFF"),
    FirstTeam("Argentina", "ARG", "#75AADB"),
    FirstTeam("Austria", "AUT", "#ED2939"),
    FirstTeam("Belgium", "BEL", "#E30613"),
    FirstTeam("Brazil", "BRA", "#FFDF00"),
    FirstTeam("Cape Verde", "CPV", "#003893"),
    FirstTeam("Curaçao", "CUW", "#002B7F"),
    FirstTeam("Ecuador", "ECU", "#FFDD00"),
    FirstTeam("Egypt", "EGY", "#CE1126"),
    FirstTeam("England", "ENG", "#FFFFFF"),
    FirstTeam("France", "FRA", "#002654"),
    FirstTeam("Germany", "GER", "#FFFFFF"),
    FirstTeam("Haiti", "HAI", "#00209F"),
    FirstTeam("Iran", "IRN", "#FFFFFF"),
    FirstTeam("Iraq", "IRQ", "#007A3D"),
    FirstTeam("Ivory Coast", "CIV", "#FF8200"),
    FirstTeam("Japan", "JPN", "#000555"),
    FirstTeam("Jordan", "JOR", "#CE1126"),
    FirstTeam("Netherlands", "NED", "#F36C21"),
    FirstTeam("New Zealand", "NZL", "#FFFFFF"),
    FirstTeam("Norway", "NOR", "#BA0C2F"),
    FirstTeam("Paraguay", "PAR", "#D52B1E"),
    FirstTeam("Saudi Arabia", "KSA", "#006C35"),
    FirstTeam("Senegal", "SEN", "#FFFFFF"),
    FirstTeam("Spain", "ESP", "#C60B1E"),
    FirstTeam("Sweden", "SWE", "#FECC00"),
    FirstTeam("Tunisia", "TUN", "#E70013"),
    FirstTeam("Turkey", "TUR", "#E30A17"),
    FirstTeam("Uruguay", "URU", "#55B5E5"),
)
