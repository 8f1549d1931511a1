"""The world as it stands at an instant: the one object that the server asks."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from sandbox.world.calendar import FULL_PACE, Calendar
from sandbox.world.games import Fixture, Game, Rhythm, make_game
from sandbox.world.league import BOOKS, TEAMS, Book
from sandbox.world.market import Quote, quotes
from sandbox.world.strengths import Strengths

RULES: Final = 1  # another number, where the same seed is to give another world
_GAMES_KEPT: Final = 4096


class World:
    """A pure function of ``seed``, ``epoch`` and ``pace``: asked again, it says the same.

    The pace is that of the days after the epoch.
    """

    def __init__(self, *, seed: int, epoch: datetime, pace: float = 1.0) -> None:
        self.epoch = epoch.astimezone(UTC).replace(microsecond=0)
        self.pace = pace
        # The past is the same at every pace.
        self.name = f"{seed}|{self.epoch.isoformat()}|{RULES}"
        self.calendar = Calendar(seed=self.name, epoch=int(self.epoch.timestamp()), pace=pace)
        self.strengths = Strengths(self.name, len(TEAMS))
        self._game = lru_cache(maxsize=_GAMES_KEPT)(self._make)

    def listed(self, at: int) -> list[Game]:
        """Return the games on the board, to come and in play, by their start."""
        return [game for game in self._around(at, back=0) if game.is_listed(at)]

    def ended(self, at: int, *, since: int) -> list[Game]:
        """Return the games that ended after one instant and not after another."""
        return [game for game in self._around(at, back=at - since) if since < game.ends <= at]

    def quotes(self, game: Game, at: int) -> list[tuple[Book, tuple[Quote, ...]]]:
        """Return what every book quotes of a game, books without a quote left out."""
        boards = ((book, quotes(game, book, at)) for book in BOOKS)
        return [(book, board) for book, board in boards if board]

    def rhythm(self, at: int) -> Rhythm:
        """Return the pace of the world at an instant."""
        return FULL_PACE if at < self.calendar.epoch else self.calendar.live

    def before_epoch(self) -> Sequence[Game]:
        """Return every game of the old pace, in order."""
        start, end = self.calendar.opening, self.calendar.epoch
        return [self._game(fixture) for fixture in self.calendar.past(start, end)]

    def _around(self, at: int, *, back: int) -> list[Game]:
        """Games that may be on the board at an instant, or ended in the seconds before."""
        fixtures: list[Fixture] = []
        for rhythm, scheduled in (
            (FULL_PACE, self.calendar.past),
            (self.calendar.live, self.calendar.since_epoch),
        ):
            longest = rhythm.lasts[1] + rhythm.late_by + 2 * rhythm.overtime
            fixtures += scheduled(at - back - longest, at + rhythm.lists_ahead[1])
        games = map(self._game, fixtures)
        return sorted(games, key=lambda game: (game.commence(at), game.id))

    def _make(self, fixture: Fixture) -> Game:
        return make_game(fixture, self.name, self.strengths)
