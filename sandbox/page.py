"""The page for people: what this is, what time it is, and today's games. No script."""

from html import escape

from sandbox.clock import SandboxClock
from sandbox.protocol.account import Account
from sandbox.world import Game, World
from sandbox.world.instants import iso
from sandbox.world.league import SFL, TEAMS


def page(world: World, account: Account, clock: SandboxClock) -> str:
    at = clock.now()
    rows = "".join(
        f"<tr><td>{iso(g.commence(at))}<td>{escape(_title(g))}<td>{_score(g, at)}"
        for g in [*world.ended(at, since=at - 86_400), *world.listed(at)]
    )
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>Sandbox</title>"
        f"<h1>{SFL.description}</h1><p>{iso(at)}</p><table>{rows}</table></html>"
    )


def _title(game: Game) -> str:
    return f"{TEAMS[game.fixture.away].name} at {TEAMS[game.fixture.home].name}"


def _score(game: Game, at: int) -> str:
    told = game.reported(at)
    return "" if told is None else f"{told[1][1]}-{told[1][0]}"
