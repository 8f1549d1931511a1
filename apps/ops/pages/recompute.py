"""A pick computed again from what is stored, field by field beside what was stored then."""

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any, NamedTuple

from apps.core import formats
from apps.ops.pages.checks import Check, checks
from apps.picks.models import Pick
from apps.rulebook.errors import RuleBroken
from apps.rulebook.evaluation import PLACES, RiskFlag, classify
from apps.rulebook.markets import LINED_MARKETS, MarketType, Side
from apps.rulebook.odds import expected_value
from apps.rulebook.scoring import ScoreDistribution
from apps.rulebook.thresholds import OpinionConfig
from apps.rulebook.validity import worst_line, worst_price
from apps.simulations.models import MarketEvaluation, RunStatus, SimulationRun
from apps.simulations.recomputing import NUMBERS, InputNotKept, evaluation_again, run_again
from apps.snapshots.models import RawPayload

# What each number is called where people read it.
_CALLED: Mapping[str, str] = {
    "overround": "Margin of the book",
    "model_prob": "Model alone",
    "fair_prob": "Market, no-vig",
    "weight": "Weight of the model",
    "decision_prob": "Chance it is judged by",
    "a": "Wins the stake",
    "b": "Loses the stake",
    "v": "Returns the stake",
    "edge_prob": "Edge",
    "ev": "EV",
    "edge_points": "Edge in points",
    "fair_line": "Fair line",
}


class Field(NamedTuple):
    """One value as it was stored and as it comes out now."""

    group: str
    name: str
    stored: str
    again: str

    @property
    def equal(self) -> bool:
        return self.stored == self.again


class Comparison(NamedTuple):
    """Every field that could be computed again, and why others could not."""

    fields: list[Field]
    gaps: list[str]

    @property
    def equal(self) -> int:
        return sum(field.equal for field in self.fields)

    @property
    def holds(self) -> bool:
        return bool(self.fields) and self.equal == len(self.fields)


def compare(pick: Pick, evidence: Mapping[str, Any]) -> Comparison:
    """Simulate, value, classify and identify a pick again; values are held whole, unrounded."""
    fields: list[Field] = []
    gaps: list[str] = []
    run = _whole(evidence["run"])
    scores = _again(run, fields, gaps)
    evaluation: MarketEvaluation | None = evidence["evaluation"]
    if scores is not None:
        if evaluation is None:
            gaps.append("The evaluation's row was dropped with its day: its numbers stand alone.")
        else:
            try:
                again = evaluation_again(evaluation, scores)
            except InputNotKept as gap:
                gaps.append(gap.sentence)
            else:
                again = _at_its_price(pick, evaluation, again)
                fields += _numbers(pick, evaluation, again)
                fields += _opinion(pick, evaluation, again, scores)
    payload: RawPayload | None = evidence["payload"]
    fields += [
        Field("Identity and copies", f"{check.name[:1].upper()}{check.name[1:]}", *_said(check))
        for check in checks(
            pick, provider=evidence["provider"], run=run, evaluation=evaluation, payload=payload
        )
    ]
    return Comparison(fields, gaps)


def _said(check: Check) -> tuple[str, str]:
    return "holds", "holds" if check.holds else "does not hold"


def _whole(run: SimulationRun | None) -> SimulationRun | None:
    """Read what the page of a pick leaves out: inputs, strengths, and the distribution."""
    if run is None:
        return None
    whole = SimulationRun.objects.select_related("model_version", "rating_day")
    return whole.filter(pk=run.pk).first()


def _again(
    run: SimulationRun | None, fields: list[Field], gaps: list[str]
) -> ScoreDistribution | None:
    """Simulate again where that is possible, else go by the distribution that is stored."""
    if run is None or run.status != RunStatus.DONE:
        gaps.append("The run is not kept: nothing can be simulated again.")
        return None
    try:
        again = run_again(run)
    except RuleBroken as gap:
        gaps.append(f"{gap.sentence} What is stored of the run is gone by.")
        return run.scores()
    fields += [
        Field("Simulation", "Hash of the inputs", run.data_version, again.data_version),
        Field("Simulation", "Seed", f"0x{int(run.seed or 0):x}", f"0x{again.seed:x}"),
        Field(
            "Simulation",
            f"Hash of {formats.count(run.sim_count)} games",
            run.distribution_sha256,
            again.distribution_sha256,
        ),
    ]
    return again.scores


def _numbers(
    pick: Pick, evaluation: MarketEvaluation, again: Mapping[str, float | None]
) -> Iterator[Field]:
    """The pick's own copies beside what comes out now; the margin stands with the evaluation."""
    for name in NUMBERS:
        stored = getattr(pick if hasattr(pick, name) else evaluation, name)
        yield Field("Evaluation", _CALLED[name], _exact(stored), _exact(again[name]))


def _at_its_price(
    pick: Pick, evaluation: MarketEvaluation, again: Mapping[str, float | None]
) -> Mapping[str, float | None]:
    """A pick that waited went out at the price of that moment: its value follows the price."""
    a, b = again["a"], again["b"]
    if pick.price == evaluation.price_decimal or a is None or b is None:
        return again
    return {**again, "ev": round(float(expected_value(a, b, float(pick.price))), PLACES)}


def _opinion(
    pick: Pick,
    evaluation: MarketEvaluation,
    again: Mapping[str, float | None],
    scores: ScoreDistribution,
) -> Iterator[Field]:
    """Tier and limits, from the numbers that came out now and the configuration of then."""
    opinion = OpinionConfig.model_validate(pick.config_version.document)
    edge_points = again["edge_points"]
    classified = classify(
        opinion,
        market_type=MarketType(pick.market_type),
        edge_prob=again["edge_prob"] or 0.0,
        ev=again["ev"] or 0.0,
        edge_points=float("nan") if edge_points is None else edge_points,
        flags=[RiskFlag(flag) for flag in pick.risk_flags],
        violations=[],
    )
    yield Field(
        "Opinion", "Hash of the configuration", pick.config_version.document_hash, _hash(pick)
    )
    yield Field("Opinion", "Tier", pick.tier, classified.tier.value)
    a, b = again["a"], again["b"]
    if pick.playable_to_price is not None and a and b is not None:
        yield Field(
            "Opinion", "Playable to, price", f"{pick.playable_to_price}", f"{worst_price(a, b)}"
        )
    if pick.playable_to_line is not None and pick.market_type in LINED_MARKETS:
        yield Field(
            "Opinion",
            "Playable to, line",
            formats.line(pick.market_type, pick.playable_to_line),
            formats.line(pick.market_type, _worst_line(pick, evaluation, again, scores)),
        )


def _worst_line(
    pick: Pick,
    evaluation: MarketEvaluation,
    again: Mapping[str, float | None],
    scores: ScoreDistribution,
) -> Any:
    assert pick.line is not None
    return worst_line(
        scores.axis(MarketType(pick.market_type)),
        market_type=MarketType(pick.market_type),
        side=Side(pick.side),
        line=pick.line,
        price=evaluation.price_decimal,  # the limit was set at the price that was valued
        decision_prob=again["decision_prob"] or 0.0,
    )


def _hash(pick: Pick) -> str:
    """Hash the document as it is stored, whatever today's form of one would add to it."""
    stored = json.dumps(
        pick.config_version.document, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    return sha256(stored.encode()).hexdigest()


def _exact(number: float | None) -> str:
    if number is None:
        return formats.MISSING
    return repr(number + 0.0).replace("-", formats.MINUS)  # nought has no sign
