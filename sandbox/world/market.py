"""What each book quotes of a game at an instant, or that it does not.

A book sees the market's belief of a while ago, adds an opinion of its own, takes the line at
which the sides are nearest to even, puts its margin on and rounds to the cents it likes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, floor, sqrt
from typing import Final, NamedTuple

from sandbox.world.chance import Stream
from sandbox.world.curve import Curve, plain_margins
from sandbox.world.games import Game
from sandbox.world.league import Book

H2H, SPREADS, TOTALS = "h2h", "spreads", "totals"
FEATURED: Final = (H2H, SPREADS, TOTALS)
OVER, UNDER, DRAW = "Over", "Under", "Draw"

_NEWS: Final = 1.1  # units; after a move of this size some books take their quotes down
_SHY: Final = 0.5  # chance that a book does
_SLOW_OPENER: Final = 0.35  # of the time before the start, the latest that a book opens
_PULLS_EARLY: Final = 0.25  # chance that a book takes a market down just before the start
_LONGEST_SHOT: Final = 0.035  # no side is given less of a chance
_SUREST: Final = 0.985  # nor priced above this
_CERTAIN_MARGIN: Final = 0.012  # what rounding may not eat
_TEAM_OPINION: Final = 0.6  # share of a book's opinion that is about the teams, for good
_STILL_QUOTED: Final = 0.93  # of a game, after which nobody quotes any more
_IN_PLAY_MARGIN: Final = 1.4


class Outcome(NamedTuple):
    """One side of a market: its name, American price and, where there is one, its point."""

    name: str
    price: int
    point: float | None = None


class Quote(NamedTuple):
    """A market of one book as it stands; ``updated`` is when the book last said so."""

    market: str
    updated: int
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class _Stance:
    """How a book stands to one game: decided once."""

    opens: int
    margin_bias: float  # points
    total_bias: float
    shy: bool
    gone: tuple[tuple[str, int, int], ...]  # market, from, to
    phase: int


def quotes(game: Game, book: Book, at: int) -> tuple[Quote, ...]:
    """Return what a book quotes of a listed game; empty where it has nothing up."""
    rhythm = game.fixture.rhythm
    stance = _stance(game, book)
    every = rhythm.quote_in_play if game.in_play(at) else rhythm.quote_every
    updated = at - (at - stance.phase) % every
    if game.in_play(at) and updated < game.starts:
        updated = game.starts
    if updated < stance.opens:
        return ()
    if game.in_play(at):
        return _in_play(game, book, stance, updated)
    if game.is_suspended(updated):
        return ()
    looked = updated - int(book.lag * rhythm.slowest)
    if stance.shy and _after_news(game, looked):
        return ()
    belief = game.belief(looked)
    margin = (belief.margin + stance.margin_bias) * (1 + book.favours_favourites)
    total = belief.total + stance.total_bias + book.favours_overs * game.rules.unit
    margins = game.rules.code.margins(margin, total)
    gone = {name for name, since, until in stance.gone if since <= updated < until}
    made = (
        Quote(SPREADS, updated, _spread(game, book, margins, margin)),
        Quote(TOTALS, updated, _total(book, game.rules.code.totals(margin, total), total)),
        Quote(H2H, updated, _winner(game, book, margins, book.winner_margin)),
    )
    return tuple(sorted(quote for quote in made if quote.market not in gone))


@lru_cache(maxsize=8192)
def _stance(game: Game, book: Book) -> _Stance:
    """Everything about a book and a game that does not change with time."""
    chance = Stream(game.seed, game.id, book.key)
    rhythm = game.fixture.rhythm
    ahead = game.starts - game.listed
    unit = game.rules.unit
    stubborn = unit * book.stubborn * sqrt(1 - _TEAM_OPINION)
    loyal = unit * book.stubborn * sqrt(_TEAM_OPINION / 2)
    home, away = (
        _opinion(game.seed, book.key, team) for team in (game.fixture.home, game.fixture.away)
    )
    gone = []
    for market in FEATURED:
        if chance.happens(book.forgetful):
            length = int(chance.between(*rhythm.gone_for))
            since = game.listed + int(chance.share() * ahead)
            gone.append((market, since, since + length))
        if not book.sharp and chance.happens(_PULLS_EARLY / 3):
            gone.append((market, game.starts - rhythm.gone_for[0] // 4, game.ends))
    return _Stance(
        opens=game.listed + (0 if book.sharp else int(chance.share() * _SLOW_OPENER * ahead)),
        margin_bias=loyal * (home[0] - away[0]) + chance.normal(stubborn),
        total_bias=loyal * (home[1] + away[1]) + chance.normal(stubborn),
        shy=not book.sharp and chance.happens(_SHY),
        gone=tuple(gone),
        phase=chance.whole(0, rhythm.quote_every - 1),
    )


@lru_cache(maxsize=1024)
def _opinion(seed: str, book_key: str, team: int) -> tuple[float, float]:
    """What a book always thinks of a team, in standard deviations: margin, total."""
    chance = Stream(seed, book_key, "opinion", team)
    return chance.normal(), chance.normal()


def _after_news(game: Game, at: int) -> bool:
    moved = game.last_move(at)
    return (
        moved is not None
        and moved[1] >= _NEWS * game.rules.unit
        and at - moved[0] < game.fixture.rhythm.gone_for[0] // 2
    )


def _spread(game: Game, book: Book, curve: Curve, margin: float) -> tuple[Outcome, Outcome]:
    fixed = game.rules.fixed_line
    if fixed is None:
        keys = dict(game.rules.keys)
        line, fair = _nearest_to_even(curve, margin, book.dislikes_whole, keys)
    else:
        line = fixed if margin >= 0 else -fixed
        fair = curve.above(line).fair
    home, away = _prices(fair, book.margin, book.price_step)
    return _ordered(book, Outcome(game.home, home, -line), Outcome(game.away, away, line))


def _total(book: Book, curve: Curve, total: float) -> tuple[Outcome, Outcome]:
    line, fair = _nearest_to_even(curve, total, book.dislikes_whole, {})
    over, under = _prices(fair, book.margin, book.price_step)
    return Outcome(OVER, over, line), Outcome(UNDER, under, line)


def _winner(game: Game, book: Book, curve: Curve, margin: float) -> tuple[Outcome, ...]:
    chances = curve.above(0)
    if not game.rules.three_way:
        home, away = _prices(chances.fair, margin, book.price_step)
        return _ordered(book, Outcome(game.home, home), Outcome(game.away, away))
    sides = (chances.win, chances.loss, chances.push)
    home, away, draw = (
        _american(min(max(side, _LONGEST_SHOT) + margin / 3, _SUREST), book.price_step, round)
        for side in sides
    )
    ordered = _ordered(book, Outcome(game.home, home), Outcome(game.away, away))
    return (*ordered, Outcome(DRAW, draw))


def _in_play(game: Game, book: Book, stance: _Stance, updated: int) -> tuple[Quote, ...]:
    """Quotes while the game runs: fewer books, wider margins, the score counted in."""
    told = game.reported(updated)
    left = 1 - game.share_played(updated)
    if told is None or book.forgetful > 0.1 or game.share_played(updated) > _STILL_QUOTED:
        return ()
    home, away = told[1]
    margin = home - away + game.belief(game.starts).margin * left
    curve = plain_margins(margin, max(game.rules.margin_sd * sqrt(left), 1.5 * game.rules.unit))
    winner = _winner(game, book, curve, book.winner_margin * _IN_PLAY_MARGIN)
    if stance.shy:
        return (Quote(H2H, updated, winner),)
    return (
        Quote(H2H, updated, winner),
        Quote(SPREADS, updated, _spread(game, book, curve, margin)),
    )


def _ordered(book: Book, home: Outcome, away: Outcome) -> tuple[Outcome, Outcome]:
    """Outcomes in the order of the book: home first, or by the alphabet."""
    if book.home_first or home.name < away.name:
        return home, away
    return away, home


def _nearest_to_even(
    curve: Curve, about: float, dislikes_whole: float, keys: Mapping[float, float]
) -> tuple[float, float]:
    """Return the line at which both sides are nearest to even, and the upper side's chance.

    A key number stays for long: stakes that return do not count, and no book likes to leave it.
    """
    best, best_cost, best_fair = 0.0, 9.0, 0.5
    middle = round(about * 2)
    for halves in range(middle - 5, middle + 6):
        line = halves / 2
        fair = curve.above(line).fair
        cost = abs(fair - 0.5) + (dislikes_whole if halves % 2 == 0 else 0.0)
        cost -= keys.get(abs(line), 0.0)
        if cost < best_cost:
            best, best_cost, best_fair = line, cost, fair
    return best, best_fair


def _prices(fair: float, margin: float, step: int) -> tuple[int, int]:
    """Put the margin on both sides alike and round to American prices."""
    fair = min(max(fair, _LONGEST_SHOT), 1 - _LONGEST_SHOT)
    sides = [fair + margin / 2, 1 - fair + margin / 2]
    sides = [min(side, _SUREST) for side in sides]
    prices = [_american(side, step, round) for side in sides]
    if sum(map(_implied, prices)) < 1 + _CERTAIN_MARGIN:
        prices = [_american(side, step, ceil if side > 0.5 else floor) for side in sides]
    return prices[0], prices[1]


def _american(probability: float, step: int, rounded: Callable[[float], int]) -> int:
    """Return a price close by, in steps that grow with its size."""
    if probability > 0.5:
        size = 100 * probability / (1 - probability)
    else:
        size = 100 * (1 - probability) / probability
    for limit, factor in ((200, 1), (400, 2), (1000, 5)):
        if size < limit:
            step *= factor
            break
    else:
        step *= 20
    size = max(rounded(size / step) * step, 100)
    # Even money has one name.
    return -size if probability > 0.5 and size > 100 else size


def _implied(american: int) -> float:
    return 100 / (100 + american) if american > 0 else -american / (100 - american)
