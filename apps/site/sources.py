"""Where a pick comes from: each step names the one before it, and a file carries all of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.core import formats
from apps.core.canonical import fingerprint
from apps.core.local import Place
from apps.core.tenancy import current_schema
from apps.grading.models import Grade
from apps.picks.models import Pick
from apps.simulations.models import EvaluationBatch, SimulationRun
from apps.site.cards import american, title
from apps.snapshots.models import RawPayload

PROOF_VERSION = 1


class Step(NamedTuple):
    """One link of the chain: what it is, its identifier, and what it says."""

    name: str
    id: SafeString
    lines: list[str]


class Sources(NamedTuple):
    """The rows that a pick copied from, where they are still kept."""

    payload: RawPayload | None
    run: SimulationRun | None
    batch: EvaluationBatch | None


def read_sources(pick: Pick) -> Sources:
    runs = SimulationRun.objects.defer("distribution", "inputs").select_related("rating_day")
    return Sources(
        payload=RawPayload.objects.filter(sha256=pick.payload_sha256).first(),
        run=runs.filter(pk=pick.run_id).first() if pick.run_id else None,
        batch=EvaluationBatch.objects.filter(pk=pick.batch_id).first() if pick.batch_id else None,
    )


def chain(pick: Pick, sources: Sources, *, place: Place, at: datetime) -> list[Step]:
    """Payload, quote, simulation, evaluation, configuration: down to the bytes that came."""
    payload, run, batch = sources

    def when(instant: datetime) -> str:
        return place.moment(instant, at, seconds=True)

    config, line = pick.config_version, formats.line(pick.market_type, pick.line)
    return [
        Step(
            "Payload",
            _code(f"sha256 {formats.short_id(pick.payload_sha256)}", pick.payload_sha256),
            ["Odds as received" + (f", {when(payload.first_captured_at)}" if payload else "")],
        ),
        Step(
            "Quote",
            formats.identifier(pick.snapshot_id),
            [
                ", ".join(
                    part
                    for part in (
                        f"{line} at {american(pick)}" if line else american(pick),
                        pick.book.title,
                        when(pick.observed_at),
                    )
                )
            ],
        ),
        Step(
            "Simulation",
            formats.identifier(pick.run_id),
            [
                f"{formats.count(pick.sims)} games, model {pick.model_version or 'not named'}",
                f"seed 0x{int(run.seed):x}" if run and run.seed is not None else "run not kept",
            ],
        ),
        Step(
            "Evaluation",
            formats.identifier(pick.batch_id),
            [
                f"Edge {formats.points(pick.edge_prob)}, {formats.named_ev(pick.ev)}",
                when(batch.evaluated_at) if batch else "",
            ],
        ),
        Step(
            "Configuration",
            _code(
                f"v{config.number}, {formats.short_id(config.document_hash)}", config.document_hash
            ),
            [f"{pick.tier} from {formats.points(_needed(pick))}"],
        ),
    ]


def _needed(pick: Pick) -> float:
    return float(pick.config_version.document[pick.tier.lower()]["edge_prob_min"])


def _code(shown: str, whole: str) -> SafeString:
    return format_html('<code class="bv-id" title="{}">{}</code>', whole, shown)


def proof(pick: Pick, sources: Sources, grades: Sequence[Grade]) -> dict[str, Any]:
    """Everything that the pick says and was made from, as plain values under one hash.

    ``sha256`` is over the canonical form (docs/domain.md section 2) of everything beside it.
    """
    _payload, run, batch = sources
    told: dict[str, Any] = {
        "proof_version": PROOF_VERSION,
        "tenant": current_schema(),
        "pick": {
            "id": pick.pk,
            "idempotency_key": pick.idempotency_key,
            "version": pick.pick_version,
            "bet": title(pick),
            "event": pick.event_id,
            "provider_event": f"{pick.provider}/{pick.source_event_id}",
            "selection": pick.selection.uuid,
            "market": pick.market_type,
            "period": pick.period,
            "side": pick.side,
            "tier": pick.tier,
            "published_at": pick.published_at,
            "game_starts_at": pick.expires_at,
        },
        "quote": {
            "snapshot": pick.snapshot_id,
            "payload_sha256": pick.payload_sha256,
            "book": pick.book.key,
            "line": pick.line,
            "price_decimal": pick.price,
            "price_american": pick.price_american,
            "observed_at": pick.observed_at,
            "last_seen_at": pick.last_seen_at,
        },
        "run": {
            "id": pick.run_id,
            "model_version": pick.model_version,
            "data_version": pick.data_version,
            "sim_config_hash": pick.sim_config_hash,
            "games": pick.sims,
            "seed": None if run is None or run.seed is None else str(int(run.seed)),
            "distribution_sha256": run.distribution_sha256 if run else None,
        },
        "evaluation": {
            "batch": pick.batch_id,
            "evaluated_at": batch.evaluated_at if batch else None,
            **{
                name: getattr(pick, name)
                for name in (
                    *("a", "b", "v", "model_prob", "fair_prob", "weight", "decision_prob"),
                    *("edge_prob", "edge_points", "fair_line", "ev"),
                    *("market_config_hash", "model_config_hash"),
                )
            },
        },
        "configuration": {
            "version": pick.config_version.number,
            "sha256": pick.config_version.document_hash,
            "document": pick.config_version.document,
        },
        "grades": [
            {
                "revision": grade.revision_no,
                "outcome": grade.outcome,
                "profit": grade.profit,
                "home_score": grade.home_score,
                "away_score": grade.away_score,
                "result_sha256": grade.result_sha256,
                "payload_sha256": grade.payload_sha256,
                "rules": grade.settlement_ruleset.version,
                "graded_at": grade.graded_at,
            }
            for grade in grades
        ],
    }
    return {**told, "sha256": fingerprint(told)}
