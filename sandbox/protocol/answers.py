"""What each address answers, and what it costs."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sandbox.protocol import bodies, questions
from sandbox.protocol.questions import Parameters
from sandbox.protocol.refusals import Refusal, Refused
from sandbox.world.games import Game
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
    """The provider over a world: a question at an instant gives an answer."""

    def __init__(self, world: World) -> None:
        self.world = world

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
        return Answer([bodies.sport()], 0)

    def events(self, asked: Parameters, at: int, sport: str) -> Answer:
        form = questions.form(asked)
        games = self._wanted(sport, asked, at)
        return Answer([bodies.event(game, at, form) for game in games], 0)

    def odds(self, asked: Parameters, at: int, sport: str) -> Answer:
        questions.sport(sport)
        board, form = questions.board(asked), questions.form(asked)
        games = self._wanted(sport, asked, at)
        body = [bodies.event_with_odds(self.world, game, at, board, form) for game in games]
        return Answer(body, board.cost if body else 0)

    def event_odds(self, asked: Parameters, at: int, sport: str, event_id: str) -> Answer:
        questions.sport(sport)
        board, form = questions.event_board(asked), questions.form(asked)
        game = self._one(event_id, at)
        body = bodies.event_with_odds(self.world, game, at, board, form)
        returned = {market["key"] for book in body["bookmakers"] for market in book["markets"]}
        return Answer(body, len(returned) * board.regions)

    def event_markets(self, asked: Parameters, at: int, sport: str, event_id: str) -> Answer:
        questions.sport(sport)
        board, form = questions.any_board(asked), questions.form(asked)
        game = self._one(event_id, at)
        body = bodies.event_with_odds(self.world, game, at, board, form)
        for book in body["bookmakers"]:
            book["markets"] = [
                {"key": market["key"], "last_update": market["last_update"]}
                for market in book["markets"]
            ]
        return Answer(body, 1)

    def scores(self, asked: Parameters, at: int, sport: str) -> Answer:
        questions.sport(sport)
        form, days = questions.form(asked), questions.days_from(asked)
        wanted = questions.wanted(asked)
        games = self.world.ended(at, since=at - days * _DAY) if days else []
        games += self.world.listed(at)
        body = [
            bodies.score(game, at, form)
            for game in games
            if wanted.takes(game.id, game.commence(at))
        ]
        return Answer(body, (2 if days else 1) if body else 0)

    def participants(self, asked: Parameters, at: int, sport: str) -> Answer:
        questions.sport(sport)
        return Answer(bodies.participants(), 1)

    def historical_odds(self, asked: Parameters, at: int, sport: str) -> Answer:
        taken = self._snapshot(questions.date(asked), at)
        live = self.odds(asked, taken, sport)
        return Answer(self._envelope(live.body, taken, at), _HISTORICAL_FACTOR * live.cost)

    def historical_events(self, asked: Parameters, at: int, sport: str) -> Answer:
        taken = self._snapshot(questions.date(asked), at)
        live = self.events(asked, taken, sport)
        return Answer(self._envelope(live.body, taken, at), 1 if live.body else 0)

    def historical_event_odds(
        self, asked: Parameters, at: int, sport: str, event_id: str
    ) -> Answer:
        taken = self._snapshot(questions.date(asked), at)
        live = self.event_odds(asked, taken, sport, event_id)
        return Answer(self._envelope(live.body, taken, at), _HISTORICAL_FACTOR * live.cost)

    def _wanted(self, sport: str, asked: Parameters, at: int) -> Sequence[Game]:
        questions.sport(sport)
        wanted = questions.wanted(asked)
        games = self.world.listed(at)
        if sport == questions.UPCOMING:
            # Time filters do not count here: what is in play, and the next few.
            in_play = sum(game.in_play(at) for game in games)
            return games[: in_play + _UPCOMING_EVENTS]
        return [game for game in games if wanted.takes(game.id, game.commence(at))]

    def _one(self, event_id: str, at: int) -> Game:
        questions.event_id(event_id)
        for game in self.world.listed(at):
            if game.id == event_id:
                return game
        raise Refused(Refusal.EVENT_NOT_FOUND)

    def _snapshot(self, date: int, at: int) -> int:
        """Return the instant of the snapshot that is closest at or before a date."""
        date = min(date, at)
        every = self.world.rhythm(date).snapshots_every
        return date - date % every

    def _envelope(self, data: Any, taken: int, at: int) -> dict[str, Any]:
        before = self._snapshot(taken - 1, at)
        after = taken + self.world.rhythm(taken).snapshots_every
        return {
            "timestamp": iso(taken),
            "previous_timestamp": iso(before),
            "next_timestamp": iso(after) if after <= at else None,
            "data": data,
        }


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
