"""What a fresh installation knows: leagues, their teams, the books. Data only."""

from apps.catalog.first.books import BOOKS, FirstBook
from apps.catalog.first.leagues import LEAGUES, FirstLeague
from apps.catalog.first.teams import TEAMS, FirstTeam

__all__ = ["BOOKS", "LEAGUES", "TEAMS", "FirstBook", "FirstLeague", "FirstTeam"]
