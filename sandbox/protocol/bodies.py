"""The bodies of the answers, field by field as they were recorded from the real provider."""

from hashlib import sha256
from typing import Any

from sandbox.protocol.questions import Board, Form
from sandbox.world.games import Game
from sandbox.world.history import World
from sandbox.world.instants import iso
from sandbox.world.league import League
from sandbox.world.market import Outcome, Quote

Body = dict[str, Any]


def sport(league: League) -> Body:
    return {
        "key": league.sport.key,
        "group": league.sport.group,
        "title": league.sport.title,
        "description": league.sport.description,
        "active": True,
        "has_outrights": False,
    }


def participants(league: League) -> list[Body]:
    return [{"id": participant_id(team.name), "full_name": team.name} for team in league.teams]


def event(game: Game, at: int, form: Form) -> Body:
    return {
        "id": game.id,
        "sport_key": game.fixture.league.key,
        "sport_title": game.fixture.league.sport.title,
        "commence_time": instant(game.commence(at), form),
        "home_team": game.home,
        "away_team": game.away,
    }


def event_with_odds(world: World, game: Game, at: int, board: Board, form: Form) -> Body:
    books = []
    for book, quotes in world.quotes(game, at):
        kept = [quote for quote in quotes if quote.market in board.markets]
        if kept and book.key in board.books:
            books.append(
                {
                    "key": book.key,
                    "title": book.title,
                    "last_update": instant(max(quote.updated for quote in kept), form),
                    "markets": [_market(quote, form) for quote in kept],
                }
            )
    return {**event(game, at, form), "bookmakers": books}


def score(game: Game, at: int, form: Form) -> Body:
    told = game.reported(at)
    body = event(game, at, form)
    ids = ("id", "sport_key", "sport_title", "commence_time")
    return {
        **{name: body[name] for name in ids},
        "completed": at >= game.completes,
        "home_team": body["home_team"],
        "away_team": body["away_team"],
        "scores": told
        and [
            {"name": body["home_team"], "score": str(told[1][0])},
            {"name": body["away_team"], "score": str(told[1][1])},
        ],
        "last_update": told and instant(told[0], form),
    }


def instant(at: int, form: Form) -> str | int:
    return iso(at) if form.iso else at


def decimal_price(american: int) -> float:
    """Return the price as the provider writes it in decimals: two places."""
    return round(1 + (american / 100 if american > 0 else -100 / american), 2)


def _market(quote: Quote, form: Form) -> Body:
    return {
        "key": quote.market,
        "last_update": instant(quote.updated, form),
        "outcomes": [_outcome(outcome, form) for outcome in quote.outcomes],
    }


def _outcome(outcome: Outcome, form: Form) -> Body:
    price = outcome.price if form.american else decimal_price(outcome.price)
    body: Body = {"name": outcome.name, "price": price}
    if outcome.point is not None:
        body["point"] = _number(outcome.point)
    return body


def _number(point: float) -> float | int:
    """Whole points are written without a fraction, and a pick'em without a sign."""
    return int(point) if point == int(point) else point


def participant_id(name: str) -> str:
    return f"par_{sha256(name.encode()).hexdigest()[:26]}"
