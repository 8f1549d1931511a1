"""The Odds API's scores: games by id, their scores as texts, by team name."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from apps.catalog.spelling import normalise
from apps.snapshots.reading.codes import Quarantined, Refused
from apps.snapshots.reading.duplicates import distinct
from apps.snapshots.reading.market import AHEAD_ALLOWED, BEHIND_ALLOWED
from apps.snapshots.reading.results import ReadResults, ToldResult
from apps.snapshots.reading.sheets import games_of, is_sheet
from apps.snapshots.reading.wire import (
    Instant,
    Key,
    PayloadRefused,
    Text,
    flaw_of_time,
    parse_loosely,
    whole_text,
)

HIGHEST_SCORE = 999  # points; four digits are a mistake in any sport


class Score(msgspec.Struct, gc=False):
    name: Text
    score: Any = None  # documented as a text; numbers are understood


class Game(msgspec.Struct, gc=False):
    id: Key
    commence_time: Instant
    completed: bool = False
    home_team: Text = ""
    away_team: Text = ""
    scores: list[Score] | None = None
    last_update: Instant | None = None
    # Of a game that was cut short, where a person enters it: no provider tells.
    minutes_played: float | None = None
    innings_played: float | None = None
    # Where bets end after regulation: the score that a person enters is the one of then.
    overtime: bool | None = None

    @property
    def played(self) -> dict[str, float] | None:
        told = {"minutes": self.minutes_played, "innings": self.innings_played}
        return {name: amount for name, amount in told.items() if amount is not None} or None


def read_scores(body: bytes, *, captured_at: datetime) -> ReadResults:
    """Read one scores body, or a table of results; games that are not over are passed by.

    Raises:
        PayloadRefused: nothing in it can be read.
    """
    text = whole_text(body)
    parsed = games_of(text) if is_sheet(text) else parse_loosely(text)
    if not isinstance(parsed, list):
        raise PayloadRefused(Refused.SHAPE, "The body is not a list of games.")
    read = ReadResults()
    places, games = [], []
    for place, game in _games(parsed, read):
        places.append(place)
        games.append(game)
    read.told += len(games)

    def lay_duplicate(index: int, game: Game) -> None:
        _lay(read, Quarantined.DUPLICATE_EVENT, places[index], game)

    for index, game in distinct(games, lambda game: game.id, lay_duplicate):
        place = places[index]
        flaw = _flaw_of(game, captured_at)
        scores = None if flaw else _scores(game)
        if isinstance(scores, Quarantined):
            flaw = scores
        if flaw or scores is None or isinstance(scores, Quarantined):
            _lay(read, flaw or Quarantined.EVENT_SHAPE, place, game)
            continue
        home_score, away_score = scores
        read.results.append(
            ToldResult(
                place=place,
                source_event_id=game.id,
                home=game.home_team,
                away=game.away_team,
                start_time=game.commence_time,
                home_score=home_score,
                away_score=away_score,
                reported_at=game.last_update,
                overtime=game.overtime,
                played=game.played,
            )
        )
    return read


def _games(parsed: list[Any], read: ReadResults) -> Iterator[tuple[str, Game]]:
    """Yield the games that are over, each with its place."""
    for index, item in enumerate(parsed):
        place = f"[{index}]"
        if isinstance(item, dict) and item.get("completed") is False:
            continue
        try:
            game = msgspec.convert(item, Game)
        except msgspec.ValidationError as error:
            read.told += 1
            read.tray.lay(
                _flaw_of_item(item, str(error)),
                place,
                prices=1,
                source_event_id=str(item.get("id", "")) if isinstance(item, dict) else "",
                fragment=item,
            )
            continue
        if game.completed:
            yield place, game


def _flaw_of_item(item: Any, problem: str) -> Quarantined:
    for name in ("commence_time", "last_update"):
        if name in problem and isinstance(item, dict):
            return flaw_of_time(item.get(name))
    if "`id`" in problem or "$.id" in problem:
        return Quarantined.EVENT_ID_MISSING
    return Quarantined.EVENT_SHAPE


def _flaw_of(game: Game, captured_at: datetime) -> Quarantined | None:
    if not game.home_team or not game.away_team:
        return Quarantined.EVENT_WITHOUT_TEAMS
    if normalise(game.home_team) == normalise(game.away_team):
        return Quarantined.EVENT_SAME_TEAM_TWICE
    if abs(game.commence_time - captured_at) > BEHIND_ALLOWED:
        return Quarantined.TIME_IMPLAUSIBLE
    if game.last_update is not None and game.last_update > captured_at + AHEAD_ALLOWED:
        return Quarantined.TIME_IN_FUTURE
    return None


def _scores(game: Game) -> tuple[int | None, int | None] | Quarantined:
    """Find each team's score by its name; the order of scores is not promised."""
    told = game.scores or []
    by_name: dict[str, Any] = {}
    for score in told:
        name = normalise(score.name)
        if name in by_name:
            return Quarantined.DUPLICATE_OUTCOME
        by_name[name] = score.score
    names = [normalise(game.home_team), normalise(game.away_team)]
    if by_name.keys() - set(names):
        return Quarantined.UNKNOWN_OUTCOME
    points: list[int | None] = []
    for name in names:
        value = by_name.get(name)
        if value is None:
            points.append(None)
            continue
        number = _points(value)
        if number is None:
            return Quarantined.SCORE_NOT_A_NUMBER
        points.append(number)
    return points[0], points[1]


def _points(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        # Not isdecimal() alone: other scripts have digits too, and a feed has none of them.
        if not (value.isascii() and value.isdecimal() and len(value) <= 3):
            return None
        return int(value)
    return value if isinstance(value, int) and 0 <= value <= HIGHEST_SCORE else None


def _lay(read: ReadResults, code: Quarantined, place: str, game: Game) -> None:
    read.tray.lay(code, place, prices=1, source_event_id=game.id, fragment=game)
