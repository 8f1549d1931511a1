"""Run and evaluation made again from what is stored: strengths, seed, snapshots, configuration.

Reads only. What is made again never looks at what was made then but for the names of its inputs,
so that equality means something; an input that is not kept any more is named, and nothing is
assumed in its place.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from apps.catalog.models import Selection
from apps.core.canonical import fingerprint
from apps.governance.models import ConfigVersion
from apps.rulebook import keys, ratings
from apps.rulebook.errors import RuleBroken
from apps.rulebook.forecasting import MODEL_ARTEFACTS
from apps.rulebook.markets import MARKET_SIDES, BookKind, MarketType, Period
from apps.rulebook.scoring import ScoreDistribution, simulate
from apps.rulebook.thresholds import MarketConfig, ModelConfig
from apps.simulations.board import Market
from apps.simulations.finals import fixture_of
from apps.simulations.models import EvaluationBatch, MarketEvaluation, SimulationRun
from apps.simulations.offers import BookRow, MarketKey, Quote
from apps.simulations.pricing import price_board
from apps.snapshots.models import MarketSnapshot

# What an evaluation says, by the names that evaluation and pick give it.
NUMBERS = (
    *("overround", "model_prob", "fair_prob", "weight", "decision_prob"),
    *("a", "b", "v", "edge_prob", "ev", "edge_points", "fair_line"),
)


class InputNotKept(RuleBroken):
    """Something that went in is not stored any more: there is nothing to compute from."""

    code = "INPUT_NOT_KEPT"


@dataclass(frozen=True, slots=True)
class RunAgain:
    """A simulation made again, and its fingerprints."""

    data_version: str
    seed: int
    distribution_sha256: str
    scores: ScoreDistribution


def run_again(run: SimulationRun) -> RunAgain:
    """Simulate a game again from the strengths of its morning and the seed of its identity.

    Raises:
        InputNotKept: model, configuration or strengths are not what can be computed from.
    """
    code = run.model_version.code if run.model_version else ""
    artefact = MODEL_ARTEFACTS.get(code)
    if artefact is None:
        raise InputNotKept(f"The fitted numbers of model {code or 'none'} are not kept here.")
    told = run.inputs
    if (told.get("model") or {}).get("sha256") != artefact.fingerprint():
        raise InputNotKept(f"Model {code} is not what the run was made with.")
    if run.rating_day is None:
        raise InputNotKept("The strengths of that morning are not kept.")
    learned = ratings.from_bytes(bytes(run.rating_day.state), artefact.ratings)
    fixture = fixture_of(
        UUID(told["event"]), UUID(told["home"]), UUID(told["away"]), told["neutral"]
    )
    expected = learned.on(date.fromisoformat(told["league_day"])).expect(fixture)
    data_version = fingerprint(told)
    seed = keys.simulation_seed(run.event_id, code, data_version, run.sim_config_hash)
    sampled = simulate(
        artefact.score_model(), artefact.targets(expected), seed=seed, sims=run.sim_count
    ).sampled
    return RunAgain(data_version, seed, sampled.digest(), sampled)


def evaluation_again(
    evaluation: MarketEvaluation, scores: ScoreDistribution
) -> Mapping[str, float | None]:
    """Value a quote again among the quotes that its batch held beside it.

    Lines and prices come from the snapshots, margins and weight from the configurations that
    the batch names. Returns the numbers by ``NUMBERS``.

    Raises:
        InputNotKept: a snapshot or a configuration is not kept.
    """
    batch = EvaluationBatch.objects.get(pk=evaluation.batch_id)
    selection = Selection.objects.select_related("event").get(pk=evaluation.selection_id)
    key = MarketKey(selection.event_id, MarketType(selection.market_type), Period(selection.period))
    market = _document(batch.market_config_id, MarketConfig)
    model = _document(batch.model_config_id, ModelConfig)
    rule = market.rule(key.market_type, key.period)
    if rule is None:
        raise InputNotKept(f"The market configuration does not know {key.market_type}.")
    start = selection.event.start_time
    blend = model.weight(key.market_type, (start - batch.evaluated_at).total_seconds() / 3600)
    again = Market(
        key=key,
        rule=rule,
        run=evaluation.run,
        weight=float(blend.weight) if blend else 0.0,
        risk_flags=evaluation.risk_flags,
        rows=_book_rows(key, _quotes(evaluation, selection)),
    )
    priced = price_board([again], market, {evaluation.run_id: scores}, defaultdict(int))
    for number, quote in enumerate(priced.quotes):
        if (quote.selection_id, quote.book_id) == (selection.pk, evaluation.book_id):
            return {name: _plain(priced.columns[name][number]) for name in NUMBERS}
    raise InputNotKept("The quote cannot be valued from the snapshots beside it.")


def _document(version_id: Any, kind: Any) -> Any:
    version = ConfigVersion.objects.filter(pk=version_id).first()
    if version is None:
        raise InputNotKept("The configuration of the batch is not kept.")
    document = kind.model_validate(version.document)
    if document.fingerprint() != version.document_hash:
        raise InputNotKept(f"{version} does not have the hash that it was stored under.")
    return document


def _quotes(evaluation: MarketEvaluation, selection: Selection) -> list[Quote]:
    """The snapshots of every quote of the market that the batch valued."""
    beside = MarketEvaluation.objects.filter(
        batch_id=evaluation.batch_id,
        selection__event=selection.event_id,
        selection__market_type=selection.market_type,
        selection__period=selection.period,
        selection__participant=selection.participant,
    ).select_related("selection")
    rows = {(row.selection_id, row.book_id): row for row in beside}
    snapshots = MarketSnapshot.objects.filter(
        selection__in={row.selection_id for row in rows.values()},
        observed_at__in={row.observed_at for row in rows.values()},
    )
    known = {
        (shot.selection_id, shot.book_id, shot.observed_at, shot.seq): shot for shot in snapshots
    }
    found = []
    for row in rows.values():
        shot = known.get((row.selection_id, row.book_id, row.observed_at, row.seq))
        if shot is None or shot.price_decimal is None:
            raise InputNotKept("A snapshot that the evaluation was made from is not kept.")
        found.append(
            Quote(
                selection_id=row.selection_id,
                book_id=row.book_id,
                event_id=selection.event_id,
                market_type=selection.market_type,
                period=selection.period,
                side=row.selection.side,
                line=shot.line,
                price=shot.price_decimal,
                observed_at=shot.observed_at,
                seq=shot.seq,
                last_seen_at=row.last_seen_at,
                book_kind=BookKind.SPORTSBOOK.value,
                book_status="ACTIVE",
                max_age_s=0,
            )
        )
    return found


def _book_rows(key: MarketKey, quotes: Iterable[Quote]) -> tuple[BookRow, ...]:
    by_book: dict[int, dict[str, Quote]] = defaultdict(dict)
    for quote in quotes:
        by_book[quote.book_id][quote.side] = quote
    sides = MARKET_SIDES[key.market_type]
    return tuple(
        BookRow(tuple(by_book[book][side] for side in sides))
        for book in sorted(by_book)
        if all(side in by_book[book] for side in sides)
    )


def _plain(number: Any) -> float | None:
    return None if number != number else float(number)
