"""One league's world as it stands at an instant: what the server asks."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from sandbox.world.calendar import Calendar
from sandbox.world.games import Fixture, Game, Rhythm, games_of
from sandbox.world.league import BOOKS, Book, League
from sandbox.world.leagues import SFL
from sandbox.world.market import Quote, quotes
from sandbox.world.strengths import Strengths

RULES: Final = 1  # another number, where the same seed is to give another world
_GAMES_KEPT: Final = 4096


class World:
    """A pure function of ``seed``, ``epoch`` and ``pace``: asked again, it says the same.

    The pace is that of the days after the epoch.
    """

    def __init__(
        self, *, seed: int, epoch: datetime, pace: float = 1.0, league: League = SFL
    ) -> None:
        self.epoch = epoch.astimezone(UTC).replace(microsecond=0)
        self.pace = pace
        self.league = league
        # The past is the same at every pace, and the first league's is no other's business.
        others = "" if league.key == SFL.key else f"|{league.key}"
        self.name = f"{seed}|{self.epoch.isoformat()}|{RULES}{others}"
        self.calendar = Calendar(
            seed=self.name, epoch=int(self.epoch.timestamp()), pace=pace, league=league
        )
        self.strengths = Strengths(self.name, len(league.teams), league.rules)
        self._games = lru_cache(maxsize=_GAMES_KEPT)(self._made)

    def listed(self, at: int) -> list[Game]:
        """Return the games on the board, to come and in play, by their start."""
        return [game for game in self._around(at, back=0) if game.is_listed(at)]

    def ended(self, at: int, *, since: int) -> list[Game]:
        """Return the games that ended after one instant and not after another."""
        around = self._around(at, back=at - since)
        return [game for game in around if game.is_played and since < game.ends <= at]

    def awaited(self, at: int) -> list[Game]:
        """Return the games that are over, and whose end nobody has told yet."""
        back = self.rhythm(at).final_late_by[1]
        return [game for game in self.ended(at, since=at - back) if at < game.completes]

    def injured(self, at: int) -> list[Game]:
        """Return the games on the board of which it is known that somebody will not play."""
        return [game for game in self.listed(at) if game.injuries(at)]

    def quotes(self, game: Game, at: int) -> list[tuple[Book, tuple[Quote, ...]]]:
        """Return what every book quotes of a game, books without a quote left out."""
        boards = ((book, quotes(game, book, at)) for book in BOOKS)
        return [(book, board) for book, board in boards if board]

    def rhythm(self, at: int) -> Rhythm:
        """Return the pace of the world at an instant."""
        return self.calendar.full if at < self.calendar.epoch else self.calendar.live

    def before_epoch(self) -> Sequence[Game]:
        """Return every game of the old pace, in order."""
        start, end = self.calendar.opening, self.calendar.epoch
        return [game for one in self.calendar.past(start, end) for game in self._games(one)]

    def _around(self, at: int, *, back: int) -> list[Game]:
        """Games that may be on the board at an instant, or ended in the seconds before."""
        fixtures: list[Fixture] = []
        for rhythm, scheduled in (
            (self.calendar.full, self.calendar.past),
            (self.calendar.live, self.calendar.since_epoch),
        ):
            longest = rhythm.lasts[1] + rhythm.late_by + 2 * rhythm.overtime
            if self.league.happenings is not None:
                longest += rhythm.put_off_by[1] + rhythm.final_late_by[1]
            fixtures += scheduled(at - back - longest, at + rhythm.lists_ahead[1])
        games = [game for fixture in fixtures for game in self._games(fixture)]
        return sorted(games, key=lambda game: (game.commence(at), game.id))

    def _made(self, fixture: Fixture) -> tuple[Game, ...]:
        return games_of(fixture, self.name, self.strengths)
