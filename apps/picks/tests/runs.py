"""Runs that picks are made from: a game simulated once, with the means that a test wants."""

from datetime import datetime
from functools import lru_cache
from typing import Any

from apps.catalog.models import Event
from apps.rulebook import keys
from apps.rulebook.markets import HomeMargin
from apps.rulebook.scoring import ScoreDistribution, TargetMeans, score_model, simulate
from apps.simulations.models import ModelVersion, SimulationRun

SIMS = 100_000
_MODEL = "nfl-test"


@lru_cache(maxsize=32)
def scores(margin: float, total: float) -> ScoreDistribution:
    """A hundred thousand games whose means are those asked for."""
    model = score_model("football", "football-nfl-2015")
    means = TargetMeans(HomeMargin(margin), total)
    return simulate(model, means, seed=7, sims=SIMS).sampled


@lru_cache(maxsize=32)
def _stored(margin: float, total: float) -> bytes:
    return scores(margin, total).to_bytes()


def simulated(
    event: Event, *, at: datetime, margin: float = 7.0, total: float = 45.0, **columns: Any
) -> SimulationRun:
    """Store a run of the game: the home team is expected to win by ``margin``."""
    model, _ = ModelVersion.objects.get_or_create(
        code=_MODEL,
        defaults={
            **{"league": event.league, "variant": "LINE_INFORMED", "sport": "football"},
            **{"ratings_version": "test", "score_version": "test", "artefact_sha256": "a" * 64},
            **{"independent_of_market": False, "registered_at": at},
        },
    )
    data = f"{margin:+09.3f}{total:09.3f}".ljust(64, "0")
    made, _ = SimulationRun.objects.get_or_create(
        id=keys.simulation_run_id(event.pk, _MODEL, data, "c" * 64),
        defaults={
            **{"event": event, "model_version": model, "data_version": data, "inputs": {}},
            **{"sim_config_hash": "c" * 64, "simulated_at": at, "status": "DONE", "seed": 7},
            **{"sim_count": SIMS, "distribution": _stored(margin, total)},
            "outputs": {"fair_home_spread": -margin, "fair_total": total},
            **columns,
        },
    )
    return made
