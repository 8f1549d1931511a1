"""Made-up seasons with their markets, as JSON: `python -m sandbox.export --seasons N FILE`.

What a model is measured on: every game before the epoch with its final and with what the books
said when it opened, six hours before the start and last of all. Each season is a world of its
own, begun like a fresh one. The file is the whole hand-over: who measures needs nothing else.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from sandbox.world import Game, World
from sandbox.world.consensus import Pooled, consensus
from sandbox.world.instants import iso
from sandbox.world.leagues import SFL
from sandbox.world.market import FEATURED

FORMAT: Final = "sandbox-seasons-1"
BOOKS_NEEDED: Final = 3  # before a market counts as open
_HOUR: Final = 3600
_MIDDLE: Final = 6 * _HOUR  # before the start
_FIRST_EPOCH: Final = datetime(2020, 3, 4, 12, 0, tzinfo=UTC)
_BETWEEN_SEASONS: Final = timedelta(days=84)


def export(count: int, seed: int) -> dict[str, Any]:
    """Return what the file holds.

    A chance is the pooled one of the side that is named, the margin removed, at the line that
    most books have; a market that nobody quoted is null. A season's seed is one more than that
    of the season before.
    """
    return {
        "format": FORMAT,
        "league": SFL.sport.title,
        "seed": seed,
        "teams": [team.name for team in SFL.teams],
        "seasons": list(_seasons(count, seed)),
    }


def _seasons(count: int, seed: int) -> Iterator[dict[str, Any]]:
    for number in range(count):
        world = World(seed=seed + number, epoch=_FIRST_EPOCH + number * _BETWEEN_SEASONS)
        yield {
            "season": number + 1,
            "epoch": iso(world.calendar.epoch),
            "games": [_game(world, game, number + 1) for game in world.before_epoch()],
        }


def _game(world: World, game: Game, season: int) -> dict[str, Any]:
    start = datetime.fromtimestamp(game.starts, UTC)
    return {
        "id": game.id,
        "season": season,
        "start": iso(game.starts),
        "day": start.astimezone(ZoneInfo(SFL.sport.timezone)).date().isoformat(),
        "home": game.home,
        "away": game.away,
        "home_score": game.final[0],
        "away_score": game.final[1],
        "open": _opening(world, game),
        "mid": consensus(world, game, game.starts - _MIDDLE),
        "close": consensus(world, game, game.starts - 1),
    }


def _opening(world: World, game: Game) -> dict[str, Pooled | None]:
    """Return each market as it stood when enough books had it for the first time."""
    found: dict[str, Pooled | None] = dict.fromkeys(FEATURED)
    for at in range(game.listed, game.starts, _HOUR):
        for market, pooled in consensus(world, game, at).items():
            if pooled and found[market] is None and (pooled["books"] or 0) >= BOOKS_NEEDED:
                found[market] = pooled
        if all(found.values()):
            break
    return found


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m sandbox.export", description=__doc__)
    parser.add_argument("--seasons", type=int, required=True, help="each of 336 games or so")
    parser.add_argument("--seed", type=int, default=1_000, help="of the first season")
    parser.add_argument("file", type=Path)
    asked = parser.parse_args(arguments)
    exported = export(asked.seasons, asked.seed)
    asked.file.write_text(json.dumps(exported, separators=(",", ":")) + "\n")
    games = sum(len(season["games"]) for season in exported["seasons"])
    sys.stdout.write(f"{games} games, {asked.seasons} seasons: {asked.file}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
