"""Boards to measure on: a seeded league as The Odds API writes it, and the same board later.

Thirty games at twenty-two books with three markets each are 3,960 prices in some 340 kB: one
poll of a full week. From one board to the next a share of the markets moves; what moves gets the
new poll's time as its last_update, and so do a few that did not.
"""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

GAMES, BOOKS = 30, 22
FIRST_POLL = datetime(2025, 10, 6, 12, 0, tzinfo=UTC)
_STAMP = "%Y-%m-%dT%H:%M:%SZ"


@dataclass
class _Market:
    """One market of one book: what it quotes, in American odds."""

    key: str
    line: float | None
    juice: int
    stamp: datetime


class Board:
    """One league's board, which moves when it is told to."""

    def __init__(self, teams: Sequence[str], books: Sequence[str], *, seed: int = 1) -> None:
        self.random = random.Random(seed)
        self.teams, self.books = list(teams), list(books)
        self.at = FIRST_POLL
        self.markets: dict[tuple[int, str], list[_Market]] = {}
        for game in range(GAMES):
            spread, total = self.random.randint(-20, 20) / 2, self.random.randint(76, 104) / 2
            for book in self.books:
                lines = {"h2h": None, "spreads": spread, "totals": total}
                self.markets[game, book] = [
                    _Market(key, line, self.random.randint(102, 118), self._stamp())
                    for key, line in lines.items()
                ]

    @property
    def prices(self) -> int:
        return 2 * sum(map(len, self.markets.values()))

    def _stamp(self) -> datetime:
        return self.at - timedelta(seconds=self.random.randint(5, 55))

    def move(self, share: float, *, after: timedelta = timedelta(minutes=1)) -> int:
        """Let a minute pass in which a share of the markets moved; return how many prices did."""
        self.at += after
        every = [market for markets in self.markets.values() for market in markets]
        moved = self.random.sample(every, round(share * len(every)))
        for market in moved:
            market.juice = 102 + (market.juice - 102 + self.random.randint(1, 15)) % 17
            market.stamp = self._stamp()
        for market in self.random.sample(every, len(every) // 10):
            market.stamp = self._stamp()
        return 2 * len(moved)

    def body(self) -> bytes:
        return json.dumps([self._event(game) for game in range(GAMES)]).encode()

    def _event(self, game: int) -> dict[str, Any]:
        pairs = len(self.teams) // 2
        home, away = self.teams[game % pairs], self.teams[pairs + game % pairs]
        start = FIRST_POLL + timedelta(days=6 + 7 * (game // pairs), minutes=game)
        return {
            "id": f"{game:032x}",
            "sport_key": "americanfootball_nfl",
            "sport_title": "NFL",
            "commence_time": start.strftime(_STAMP),
            "home_team": home,
            "away_team": away,
            "bookmakers": [self._book(game, book, home, away) for book in self.books],
        }

    def _book(self, game: int, book: str, home: str, away: str) -> dict[str, Any]:
        markets = self.markets[game, book]
        return {
            "key": book,
            "title": book.title(),
            "last_update": max(one.stamp for one in markets).strftime(_STAMP),
            "markets": [
                {
                    "key": one.key,
                    "last_update": one.stamp.strftime(_STAMP),
                    "outcomes": _outcomes(one, home, away),
                }
                for one in markets
            ],
        }


def _outcomes(market: _Market, home: str, away: str) -> list[dict[str, Any]]:
    mine, theirs = -market.juice, -(220 - market.juice)
    match market.key:
        case "totals":
            sides = [("Over", mine, market.line), ("Under", theirs, market.line)]
        case "spreads":
            assert market.line is not None
            sides = [(home, mine, market.line), (away, theirs, -market.line)]
        case _:
            sides = [(home, mine, None), (away, theirs, None)]
    return [
        {"name": name, "price": price, **({} if point is None else {"point": point})}
        for name, price, point in sides
    ]
