"""What may be wrong with a body of odds or scores: one thing each, the rest as it was."""

import copy
import json
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

Board = list[dict[str, Any]]
Options = Mapping[str, Any]

SPELLINGS: Final[Mapping[str, Callable[[str], str]]] = {
    # Two that are the same name, written otherwise: they must be found all the same.
    "nfd": lambda name: unicodedata.normalize("NFD", name),
    "case": str.upper,
    # And those that are nobody's name.
    "right_to_left": lambda name: f"\u202e{name}\u202c",
    "zero_width": lambda name: name[:2] + "\u200b" + name[2:],
    "homoglyph": lambda name: name.replace("a", "\u0430"),
    "emoji": lambda name: f"{name} \N{AMERICAN FOOTBALL}",
    "markup": lambda name: f"<b>{name}</b> & *_[",
    "long": lambda name: name * (10_000 // len(name) + 1),
}
TOKEN: Final = '"@a number that no parser of JSON may read@"'


class NothingToSpoil(Exception):
    """The body holds no such game, book or market: it goes out as it is."""


def event_of(board: Board, options: Options) -> dict[str, Any]:
    """Return the game that is meant: the first, or that of a place, that has what is meant."""
    games = board if "event" not in options else board[options["event"] :][:1]
    wanted = options.get("book"), options.get("market", "spreads")
    for game in games:
        if "bookmakers" not in game or _markets(game, *wanted):
            return game
    raise NothingToSpoil


def market_of(board: Board, options: Options) -> dict[str, Any]:
    found = _markets(
        event_of(board, options), options.get("book"), options.get("market", "spreads")
    )
    if not found:
        raise NothingToSpoil
    return found[0]


def _markets(game: dict[str, Any], book: str | None, market: str) -> list[dict[str, Any]]:
    return [
        each
        for bookmaker in game.get("bookmakers", [])
        if book in (None, bookmaker["key"])
        for each in bookmaker["markets"]
        if each["key"] == market
    ]


def price(board: Board, options: Options) -> None:
    """Write a price as any text at all; ``token`` is put into the body as it stands."""
    market_of(board, options)["outcomes"][options.get("side", 0)]["price"] = TOKEN[1:-1]


def decimals(board: Board, options: Options) -> None:
    """Write the prices of a market the other way."""
    for outcome in market_of(board, options)["outcomes"]:
        outcome["price"] = 1.91


def missing_side(board: Board, options: Options) -> None:
    market_of(board, options)["outcomes"].pop()


def third_side(board: Board, options: Options) -> None:
    market = market_of(board, {"market": "h2h", **options})
    market["outcomes"].append({"name": "Draw", "price": 1200})


def swapped(board: Board, options: Options) -> None:
    """Turn home and away."""
    game = event_of(board, options)
    game["home_team"], game["away_team"] = game["away_team"], game["home_team"]


def same_sign(board: Board, options: Options) -> None:
    market = market_of(board, options)
    if market["outcomes"][0]["point"] == 0:
        market["outcomes"][0]["point"] = -3.5
    for outcome in market["outcomes"]:
        outcome["point"] = -abs(market["outcomes"][0]["point"])


def totals_differ(board: Board, options: Options) -> None:
    market_of(board, {"market": "totals", **options})["outcomes"][0]["point"] += 1


def twice_book(board: Board, options: Options) -> None:
    """Name a book twice, the second time with other prices, said earlier."""
    game = event_of(board, options)
    again = copy.deepcopy(game["bookmakers"][0])
    again["last_update"] = _earlier(again["last_update"])
    for market in again["markets"]:
        market["last_update"] = _earlier(market["last_update"])
        for outcome in market["outcomes"]:
            outcome["price"] += 2 if outcome["price"] > 0 else -2
    game["bookmakers"].append(again)


def twice_outcome(board: Board, options: Options) -> None:
    outcomes = market_of(board, options)["outcomes"]
    outcomes.append({**outcomes[0], "price": outcomes[0]["price"] + 5})


def spelling(board: Board, options: Options) -> None:
    """Spell the home side otherwise, wherever the game names it."""
    game = event_of(board, options)
    name = game["home_team"]
    written = SPELLINGS[options.get("how", "homoglyph")](name)
    game["home_team"] = written
    for market in [m for book in game.get("bookmakers", []) for m in book["markets"]]:
        for outcome in market["outcomes"]:
            if outcome["name"] == name:
                outcome["name"] = written
    for told in game.get("scores") or []:
        if told["name"] == name:
            told["name"] = written


def last_update(board: Board, options: Options) -> None:
    """Say of a market that it was seen at an instant that cannot be."""
    market = market_of(board, options)
    moment = datetime.fromisoformat(market["last_update"])
    market["last_update"] = {
        "future": _iso(moment + timedelta(minutes=6)),
        "epoch": "1970-01-01T00:00:00Z",
        "milliseconds": int(moment.timestamp() * 1000),
        "no_zone": market["last_update"].removesuffix("Z"),
        "missing": None,
    }[options.get("when", "future")]


def reused_id(board: Board, options: Options) -> None:
    """Give the id of one game to another."""
    game = event_of(board, options)
    other = next((each for each in board if _sides(each).isdisjoint(_sides(game))), None)
    if other is None:
        raise NothingToSpoil
    board.remove(other)
    game["bookmakers"] = []
    game["home_team"], game["away_team"] = other["home_team"], other["away_team"]


def moved_start(board: Board, options: Options) -> None:
    game = event_of(board, options)
    moment = datetime.fromisoformat(game["commence_time"])
    game["commence_time"] = _iso(moment + timedelta(hours=options.get("hours", 30)))


def many(board: Board, options: Options) -> None:
    """Repeat a game under other ids until there are so many."""
    [game] = board[:1] or [{}]
    board += [{**game, "id": f"{number:032x}"} for number in range(options.get("count", 100_000))]


def empty(board: Board, options: Options) -> None:
    board.clear()


def wrong_score(board: Board, options: Options) -> None:
    """Tell a final that is corrected as soon as the fault is over."""
    for game in board:
        if game.get("completed") and game["scores"]:
            game["scores"][0]["score"] = str(int(game["scores"][0]["score"]) + 3)
            return
    raise NothingToSpoil


def spoiled(body: bytes, spoil: Callable[[Board, Options], None], options: Options) -> bytes:
    """Return a body with one thing wrong with it; what cannot be spoiled stays.

    What is refused or is no list is nobody's board.
    """
    board = json.loads(body)
    inside = board["data"] if isinstance(board, dict) and "data" in board else board
    if not isinstance(inside, list):
        return body
    try:
        spoil(inside, options)
    except NothingToSpoil:
        return body
    text = json.dumps(board, separators=(",", ":"), ensure_ascii=False)
    return text.replace(TOKEN, str(options.get("token", "null"))).encode("utf-8", "surrogatepass")


def _sides(game: dict[str, Any]) -> set[str]:
    return {game["home_team"], game["away_team"]}


def _earlier(moment: str) -> str:
    return _iso(datetime.fromisoformat(moment) - timedelta(seconds=30))


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
