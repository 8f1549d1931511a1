"""Whether what is stored of a pick still gives the pick: keys, ids and copies, computed again."""

from collections.abc import Iterator
from typing import NamedTuple

from apps.core.tenancy import current_schema
from apps.picks.models import Pick
from apps.rulebook import keys
from apps.rulebook.evaluation.value import PLACES
from apps.rulebook.markets import MarketType, Period, QuoteStatus
from apps.simulations.models import MarketEvaluation, SimulationRun
from apps.snapshots.models import RawPayload


class Check(NamedTuple):
    name: str
    holds: bool


def checks(
    pick: Pick,
    *,
    provider: str,
    run: SimulationRun | None,
    evaluation: MarketEvaluation | None,
    payload: RawPayload | None,
) -> list[Check]:
    """Compute again what can be; evidence that was dropped with its day is no failure."""
    return [
        Check(name, holds)
        for name, holds in (
            *_of_itself(pick),
            *_of_the_quote(pick, provider),
            *_of_the_run(pick, run),
            *_of_the_evaluation(pick, evaluation),
            *([("payload", payload is not None)] if pick.payload_sha256 else []),
        )
    ]


def _of_itself(pick: Pick) -> Iterator[tuple[str, bool]]:
    key = keys.pick_key(
        current_schema(),
        pick.event_id,
        MarketType(pick.market_type),
        Period(pick.period),
        pick.pick_version,
    )
    yield "idempotency key", key == pick.idempotency_key
    yield "pick id", keys.pick_id(key) == pick.pk
    yield "win, push and loss sum to 1", abs(pick.a + pick.b + pick.v - 1) < 1e-9
    edge = pick.decision_prob - pick.fair_prob
    yield "edge", abs(edge - pick.edge_prob) < 1e-9
    yield "EV", abs(pick.a * float(pick.price - 1) - pick.b - pick.ev) < 10.0 ** (2 - PLACES)


def _of_the_quote(pick: Pick, provider: str) -> Iterator[tuple[str, bool]]:
    if not provider:
        return
    name = keys.snapshot_id(
        pick.selection.uuid,
        provider,
        pick.book.key,
        pick.observed_at,
        pick.line,
        pick.price,
        QuoteStatus.OPEN,
    )
    yield "snapshot id", name == pick.snapshot_id


def _of_the_run(pick: Pick, run: SimulationRun | None) -> Iterator[tuple[str, bool]]:
    if pick.run_id is None:
        return
    name = keys.simulation_run_id(
        pick.event_id, pick.model_version, pick.data_version, pick.sim_config_hash
    )
    yield "run id", name == pick.run_id
    if run is not None:
        copied = (run.data_version, run.sim_config_hash, run.sim_count)
        yield "run's inputs", copied == (pick.data_version, pick.sim_config_hash, pick.sims)


def _of_the_evaluation(
    pick: Pick, evaluation: MarketEvaluation | None
) -> Iterator[tuple[str, bool]]:
    if evaluation is None:
        return
    numbers = ("a", "b", "v", "model_prob", "fair_prob", "weight", "decision_prob", "edge_prob")
    yield (
        "numbers of the evaluation",
        all(getattr(evaluation, name) == getattr(pick, name) for name in numbers),
    )
