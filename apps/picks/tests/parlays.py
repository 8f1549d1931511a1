"""Slates that parlays are made from: published picks on games of different teams."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from apps.core.actor import Actor
from apps.picks import actions
from apps.picks.models import Parlay, Pick
from apps.picks.tests.factories import NOON_BEFORE, Game, make_pick
from apps.rulebook.evaluation import value
from apps.rulebook.lifecycle import PickStatus
from apps.rulebook.markets import MarketType, Side
from apps.simulations.models import SimulationRun

SOON = NOON_BEFORE + timedelta(minutes=2)  # the quotes of noon are still fresh
PAIRINGS = (
    ("Kansas City Chiefs", "Buffalo Bills"),
    ("Green Bay Packers", "Chicago Bears"),
    ("Dallas Cowboys", "New York Giants"),
    ("Seattle Seahawks", "Los Angeles Rams"),
    ("Baltimore Ravens", "Cleveland Browns"),
    ("Denver Broncos", "Las Vegas Raiders"),
    ("Miami Dolphins", "New York Jets"),
    ("Detroit Lions", "Minnesota Vikings"),
)


def game(number: int, **columns: Any) -> Game:
    home, away = PAIRINGS[number % len(PAIRINGS)]
    return Game(home=home, away=away, **columns)


def leg(number: int, *, on: Game | None = None, **columns: Any) -> Pick:
    """A published pick that may be a leg; a smaller number is the heavier one."""
    return make_pick(
        on or game(number),
        **{
            "status": PickStatus.PUBLISHED,
            "volatility": 0.06,
            "win": round(0.57 - 0.002 * number, 3),
            **columns,
        },
    )


def slate(count: int) -> list[Pick]:
    return [leg(number) for number in range(count)]


def judged_leg(
    run: SimulationRun,
    on: Game,
    market_type: MarketType,
    side: Side,
    line: str | None,
    *,
    price: str = "2.1",
    **columns: Any,
) -> Pick:
    """A published pick with the numbers that its run gives it, judged by the model alone."""
    at = None if line is None else Decimal(line)
    abv = run.scores().price(market_type, side, at)
    found = value(abv, fair_prob=0.44, weight=1.0, price=float(price))
    judged = {
        **{"a": found.a, "b": found.b, "v": found.v, "model_prob": found.model_prob},
        **{"fair_prob": found.fair_prob, "decision_prob": found.decision_prob},
        **{"edge_prob": found.edge_prob, "ev": found.ev, "playable_to_price": Decimal("1.01")},
    }
    return leg(
        0,
        on=on,
        market_type=market_type,
        side=side,
        line=line,
        price=price,
        american=None,
        run_id=run.pk,
        **{**judged, **columns},
    )


def generate(ops: Actor, key: str = "a", **asked: Any) -> Parlay:
    return actions.generate_parlay(
        **{"key": key, "profile": "balanced", "by": ops, "at": SOON, **asked}
    )


def reasons(parlay: Parlay) -> dict[str, str]:
    """Why each rejected pick is no leg: the reason that decides."""
    return {one["pick"]: one["reasons"][0] for one in parlay.rejections}
