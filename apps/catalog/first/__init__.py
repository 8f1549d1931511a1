"""What a fresh installation knows: leagues, their teams, the books. Data only."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from apps.catalog.first.books import BOOKS, FirstBook
from apps.catalog.first.leagues import LEAGUES, FirstLeague
from apps.catalog.first.sandbox import SANDBOX_BOOKS, SANDBOX_TEAMS, SFL
from apps.catalog.first.teams import TEAMS, FirstTeam


class FirstCatalog(NamedTuple):
    """Leagues with their teams by league code, and the books that quote them."""

    leagues: tuple[FirstLeague, ...]
    teams: Mapping[str, tuple[FirstTeam, ...]]
    books: tuple[FirstBook, ...]


SHIPPED: Final = FirstCatalog(LEAGUES, TEAMS, BOOKS)
SANDBOX: Final = FirstCatalog((SFL,), {SFL.code: SANDBOX_TEAMS}, SANDBOX_BOOKS)

__all__ = [
    "BOOKS",
    "LEAGUES",
    "SANDBOX",
    "SHIPPED",
    "TEAMS",
    "FirstBook",
    "FirstCatalog",
    "FirstLeague",
    "FirstTeam",
]
