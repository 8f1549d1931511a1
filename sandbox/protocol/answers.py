"""What each address answers, and what it costs."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sandbox.protocol import bodies, questions
from sandbox.protocol.questions import Parameters
from sandbox.protocol.refusals import Refusal, Refused
from sandbox.world.games import Game, Rhythm
from sandbox.world.history import World
from sandbox.world.instants import iso

_DAY: Final = 86_400
_UPCOMING_EVENTS: Final = 8
_HISTORICAL_FACTOR: Final = 10


@dataclass(frozen=True, slots=True)
class Answer:
    """A body and the credits it is worth."""

    body: Any
    cost: int


class Unknown(Exception):
    """There is nothing at this address."""


class OddsApi:
    """The provider over the worlds of its leagues: a question at an instant gives an answer.

    ``history`` is what paid plans have.
    """

    def __init__(self, worlds: Sequence[World], *, history: bool = True) -> None:
        self.worlds = {world.league.key: world for world in worlds}
        self.history = history

    def answer(self, path: str, asked: Parameters, at: int) -> Answer:
        """Answer one call.

        Raises:
            Refused: the question makes no sense to the provider.
            Unknown: no such address.
        """
        for pattern, answer in _ROUTES:
            found = pattern.fullmatch(path)
            if found:
                return answer(self, asked, at, *found.groups())
        raise Unknown(path)

    def sports(self, asked: Parameters, at: int) -> Answer:
        questions.all_sports(asked)
        return Answer([bodies.sport(world.league) for world in self.worlds.values()], 0)

    def events(self, asked: Parameters, at: int, sport: str) -> Answer:
        form = questions.form(asked)
        games = self._wanted(sport, asked, at)
        return Answer([bodies.event(game, at, form) for game in games], 0)

    def odds(self, asked: Parameters, at: int, sport: str) -> Answer:
        questions.sport(sport, self.worlds)
        board, form = questions.board(asked), questions.form(asked)
        games = self._wanted(sport, asked, at)
        body = [bodies.event_with_odds(self._world(game), game, at, board, form) for game in games]
        return Answer(body, board.cost if body else 0)

    def event_odds(self, asked: Parameters, at: int, sport: str, event_id: str) -> Answer:
        questions.sport(sport, self.worlds)
        board, form = questions.event_board(asked), questions.form(asked)
        game = self._one(sport, event_id, at)
        body = bodies.event_with_odds(self._world(game), game, at, board, form)
        returned = {market["key"] for book in body["bookmakers"] for market in book["markets"]}
        return Answer(body, len(returned) * board.regions)

    def event_markets(self, asked: Parameters, at: int, sport: str, event_id: str) -> Answer:
        questions.sport(sport, self.worlds)
        board, form = questions.any_board(asked), questions.form(asked)
        game = self._one(sport, event_id, at)
        body = bodies.event_with_odds(self._world(game), game, at, board, form)
        for book in body["bookmakers"]:
            book["markets"] = [
                {"key": market["key"], "last_update": market["last_update"]}
                for market in book["markets"]
            ]
        return Answer(body, 1)

    def scores(self, asked: Parameters, at: int, sport: str) -> Answer:
        questions.sport(sport, self.worlds)
        form, days = questions.form(asked), questions.days_from(asked)
        wanted = questions.wanted(asked)
        games: list[Game] = []
        for world in self._asked_about(sport):
            games += world.ended(at, since=at - days * _DAY) if days else world.awaited(at)
            games += world.listed(at)
        body = [bodies.score(game, at, form) for game in games if _takes(wanted, game, at)]
        return Answer(body, (2 if days else 1) if body else 0)

    def participants(self, asked: Parameters, at: int, sport: str) -> Answer:
        questions.sport(sport, self.worlds)
        teams = [
            team for world in self._asked_about(sport) for team in bodies.participants(world.league)
        ]
        return Answer(teams, 1)

    def historical_odds(self, asked: Parameters, at: int, sport: str) -> Answer:
        taken = self._snapshot(self._date(asked), at)
        live = self.odds(asked, taken, sport)
        return Answer(self._envelope(live.body, taken, at), _HISTORICAL_FACTOR * live.cost)

    def historical_events(self, asked: Parameters, at: int, sport: str) -> Answer:
        taken = self._snapshot(self._date(asked), at)
        live = self.events(asked, taken, sport)
        return Answer(self._envelope(live.body, taken, at), 1 if live.body else 0)

    def historical_event_odds(
        self, asked: Parameters, at: int, sport: str, event_id: str
    ) -> Answer:
        date = self._date(asked)
        questions.kept_then(asked, date)
        taken = self._snapshot(date, at)
        live = self.event_odds(asked, taken, sport, event_id)
        return Answer(self._envelope(live.body, taken, at), _HISTORICAL_FACTOR * live.cost)

    def _wanted(self, sport: str, asked: Parameters, at: int) -> Sequence[Game]:
        questions.sport(sport, self.worlds)
        wanted = questions.wanted(asked)
        games = [game for world in self._asked_about(sport) for game in world.listed(at)]
        if sport == questions.UPCOMING:
            # Time filters do not count here: what is in play, and the next few.
            games.sort(key=lambda game: (game.commence(at), game.id))
            in_play = sum(game.in_play(at) for game in games)
            return games[: in_play + _UPCOMING_EVENTS]
        return [game for game in games if _takes(wanted, game, at)]

    def _asked_about(self, sport: str) -> Sequence[World]:
        """The worlds that a sport's key means; everything that is played for ``upcoming``."""
        every = list(self.worlds.values())
        return every if sport == questions.UPCOMING else [self.worlds[sport]]

    def _world(self, game: Game) -> World:
        return self.worlds[game.fixture.league.key]

    def _one(self, sport: str, event_id: str, at: int) -> Game:
        questions.event_id(event_id)
        for world in self._asked_about(sport):
            for game in world.listed(at):
                if game.id == event_id:
                    return game
        raise Refused(Refusal.EVENT_NOT_FOUND)

    def _date(self, asked: Parameters) -> int:
        """Return the instant whose history is asked for.

        Raises:
            Refused: it makes no sense, or the plan has no history.
        """
        if not self.history:
            raise Refused(Refusal.HISTORICAL_UNAVAILABLE_ON_FREE_USAGE_PLAN)
        return questions.date(asked)

    def _snapshot(self, date: int, at: int) -> int:
        """Return the instant of the snapshot that is closest at or before a date."""
        date = min(date, at)
        every = self._rhythm(date).snapshots_every
        return date - date % every

    def _rhythm(self, at: int) -> Rhythm:
        """The pace of the provider: the same in every league."""
        return next(iter(self.worlds.values())).rhythm(at)

    def _envelope(self, data: Any, taken: int, at: int) -> dict[str, Any]:
        before = self._snapshot(taken - 1, at)
        after = taken + self._rhythm(taken).snapshots_every
        return {
            "timestamp": iso(taken),
            "previous_timestamp": iso(before),
            "next_timestamp": iso(after) if after <= at else None,
            "data": data,
        }


def _takes(wanted: questions.Wanted, game: Game, at: int) -> bool:
    people = (bodies.participant_id(game.home), bodies.participant_id(game.away))
    return wanted.takes(game.id, game.commence(at), in_play=game.in_play(at), participants=people)


_Route = Callable[..., Answer]
_SPORT: Final = r"/v4/sports/([^/]+)"
_ROUTES: Final[tuple[tuple[re.Pattern[str], _Route], ...]] = tuple(
    (re.compile(pattern), answer)
    for pattern, answer in (
        (r"/v4/sports/?", OddsApi.sports),
        (rf"{_SPORT}/odds/?", OddsApi.odds),
        (rf"{_SPORT}/events/?", OddsApi.events),
        (rf"{_SPORT}/events/([^/]+)/odds/?", OddsApi.event_odds),
        (rf"{_SPORT}/events/([^/]+)/markets/?", OddsApi.event_markets),
        (rf"{_SPORT}/scores/?", OddsApi.scores),
        (rf"{_SPORT}/participants/?", OddsApi.participants),
        (r"/v4/historical/sports/([^/]+)/odds/?", OddsApi.historical_odds),
        (r"/v4/historical/sports/([^/]+)/events/?", OddsApi.historical_events),
        (r"/v4/historical/sports/([^/]+)/events/([^/]+)/odds/?", OddsApi.historical_event_odds),
    )
)
