"""What the books of a game agree on at an instant. Nobody outside is told: they work it out."""

from collections import Counter
from collections.abc import Iterable
from math import exp, log

from sandbox.world.games import Game
from sandbox.world.history import World
from sandbox.world.market import FEATURED, OVER, TOTALS, Quote

Pooled = dict[str, float | int | None]


def consensus(world: World, game: Game, at: int) -> dict[str, Pooled | None]:
    """Return what the books agree on, market by market.

    The margin is taken off each book's sides alike; chances are pooled in log-odds
    at the one line.
    """
    quotes = [quote for _, board in world.quotes(game, at) for quote in board]
    return {name: _pooled(game, name, [q for q in quotes if q.market == name]) for name in FEATURED}


def _pooled(game: Game, market: str, quotes: list[Quote]) -> Pooled | None:
    if not quotes:
        return None
    first = OVER if market == TOTALS else game.home
    pairs = [_fair(quote, first) for quote in quotes]
    books = Counter(line for line, _ in pairs)
    most = max(books.values())
    modal = [line for line, count in books.items() if count == most]
    pooled = {line: _mean_chance(p for at, p in pairs if at == line) for line in modal}
    line = min(modal, key=lambda one: (abs(pooled[one] - 0.5), abs(one or 0.0), one or 0.0))
    side = "over" if market == TOTALS else "home"
    return {"line": line, side: round(pooled[line], 6), "books": len(pairs), "at_line": most}


def _fair(quote: Quote, first: str) -> tuple[float | None, float]:
    """The line as given to the side named first, and its chance without the margin."""
    side = next(outcome for outcome in quote.outcomes if outcome.name == first)
    asked = _implied(side.price)
    against = sum(_implied(outcome.price) for outcome in quote.outcomes if outcome.name != first)
    return side.point, asked - (asked + against - 1) / len(quote.outcomes)


def _implied(american: int) -> float:
    return 100 / (100 + american) if american > 0 else -american / (100 - american)


def _mean_chance(chances: Iterable[float]) -> float:
    odds = [log(chance / (1 - chance)) for chance in chances]
    return 1 / (1 + exp(-sum(odds) / len(odds)))
