"""Filling in a pick from an evaluation that a tenant keeps: copies of all it was made from."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from apps.core.db import fetch_all
from apps.core.tenancy import current_schema
from apps.picks.board import Evaluated
from apps.picks.deciding import Outlook, Verdict
from apps.picks.models import Pick
from apps.rulebook import keys
from apps.rulebook.lifecycle import PickStatus
from apps.rulebook.markets import LINED_MARKETS, MarketType, Period, QuoteStatus, Side
from apps.rulebook.scoring import ScoreDistribution
from apps.rulebook.validity import worst_line, worst_price
from apps.simulations.models import SimulationRun

# One value per poll that changed the market: its spread in log-odds is how restless it was. In
# order, because the last digit of a sum of floats depends on it.
_VOLATILITY = """
SELECT selection_id,
    stddev_samp(ln(fair_prob / (1 - fair_prob)) ORDER BY captured_at, fair_prob)
FROM consensus
WHERE selection_id = ANY(%(selections)s) AND captured_at > %(since)s AND captured_at <= %(at)s
GROUP BY selection_id
"""


class Drafts:
    """Makes picks of verdicts; what they need besides is read once for all of them."""

    def __init__(
        self, verdicts: Iterable[Verdict], outlook: Outlook, *, batch_id: UUID, at: datetime
    ) -> None:
        rows = [verdict.row for verdict in verdicts]
        self.outlook = outlook
        self.batch_id = batch_id
        self.at = at
        self.volatility = _volatility(rows, outlook.market.document.volatility_window_h, at)
        self.scores = _scores(rows)

    def draft(self, verdict: Verdict, *, version: int) -> Pick:
        """Make an unsaved pick: waiting, or blocked where the verdict holds violations."""
        row, outlook = verdict.row, self.outlook
        key = keys.pick_key(
            current_schema(),
            row.event_id,
            MarketType(row.market_type),
            Period(row.period),
            version,
        )
        pick = Pick(
            id=keys.pick_id(key),
            idempotency_key=key,
            pick_version=version,
            event_id=row.event_id,
            selection_id=row.selection_id,
            league=outlook.league.code,
            market_type=row.market_type,
            period=row.period,
            side=row.side,
            provider=row.source_provider,
            source_event_id=row.source_event_id,
            home_team_id=row.home_id,
            away_team_id=row.away_id,
            book_id=row.book_id,
            snapshot_id=_snapshot_id(row),
            snapshot_seq=row.seq,
            observed_at=row.observed_at,
            last_seen_at=row.quote_last_seen_at,
            line=row.line,
            price=row.price,
            price_american=row.quote_american,
            payload_sha256=row.payload_sha256,
            run_id=row.run_id,
            batch_id=self.batch_id,
            model_version=row.model_version,
            data_version=row.data_version,
            sim_config_hash=row.sim_config_hash,
            sims=row.sims,
            market_config_hash=outlook.market.hash,
            model_config_hash=outlook.model.hash,
            a=row.a,
            b=row.b,
            v=row.v,
            model_prob=row.model_prob,
            fair_prob=row.fair_prob,
            weight=row.weight,
            decision_prob=row.decision_prob,
            edge_prob=row.edge_prob,
            edge_points=row.edge_points,
            fair_line=row.fair_line,
            ev=row.ev,
            config_version_id=outlook.version,
            tier=verdict.tier.value,
            uncapped_tier=verdict.uncapped.value,
            risk_flags=[flag.value for flag in verdict.flags],
            volatility=self.volatility.get(row.selection_id),
            proposed_at=self.at,
            expires_at=row.start_time,
        )
        if verdict.violations:
            pick.born_blocked, pick.status = True, PickStatus.BLOCKED.value
            pick.block_reasons = [violation.value for violation in verdict.violations]
            pick.block_reason = pick.block_reasons[0]
        else:
            pick.playable_to_price = worst_price(row.a, row.b)
            pick.playable_to_line = self._worst_line(row)
        return pick

    def _worst_line(self, row: Evaluated) -> Decimal | None:
        market_type = MarketType(row.market_type)
        if row.line is None or market_type not in LINED_MARKETS or row.run_id is None:
            return None
        return worst_line(
            self.scores[row.run_id].axis(market_type),
            market_type=market_type,
            side=Side(row.side),
            line=row.line,
            price=row.price,
            decision_prob=row.decision_prob,
        )


def _volatility(rows: Iterable[Evaluated], window_h: int, at: datetime) -> dict[int, float]:
    selections = [row.selection_id for row in rows]
    if not selections:
        return {}
    found = fetch_all(
        _VOLATILITY,
        {"selections": selections, "since": at - timedelta(hours=window_h), "at": at},
    )
    return {selection_id: spread for selection_id, spread in found if spread is not None}


def _scores(rows: Iterable[Evaluated]) -> dict[UUID, ScoreDistribution]:
    runs = {row.run_id for row in rows if row.line is not None and row.run_id is not None}
    return {run.pk: run.scores() for run in SimulationRun.objects.done().filter(pk__in=runs)}


def _snapshot_id(row: Evaluated) -> UUID:
    assert row.selection_uuid is not None  # of no selection there is no draft
    return keys.snapshot_id(
        row.selection_uuid,
        row.provider,
        row.book,
        row.observed_at,
        row.line,
        row.price,
        QuoteStatus.OPEN,
    )
